"""The doors of the engine: the use cases of one area each, as one class that `Engine` holds (see `assemble.py`)."""
