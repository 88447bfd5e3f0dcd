"""Commands of the command line, a file for each area; `line.py` is what they stand on. `engine/cli.py` puts them together."""
