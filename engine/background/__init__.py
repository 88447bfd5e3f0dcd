"""What happens after the commit: the jobs of the queue (`app.py`, `tasks.py`), what comes due (`sweep.py`), the process
that works on both (`worker.py`), and the one that keeps such processes alive (`supervise.py`)."""
