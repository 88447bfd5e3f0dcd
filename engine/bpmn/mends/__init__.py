"""Mends: what the lint offers to do about what it finds, and how it is done to a file.

A family of mends a file, keyed by rule id; `offers.py` puts them together, `apply.py` does them until nothing is left
to do. A mend works on a `Sheet`: the file's own tree, so that pictures, comments and other tools' content stay.
"""
