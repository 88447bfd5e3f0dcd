"""The console script `onewindow`, also `python -m onewindow`.

`lint` and `convert` need neither database nor web, and start without them: a designer's editor, or a check of many files,
calls them often. Every other command is `server.py`'s.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from engine.commands.start import run_alone


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and answer its exit code."""
    words = sys.argv[1:] if argv is None else argv
    code = run_alone(words)
    if code is not None:
        return code
    import server

    return server.main(words)


if __name__ == "__main__":
    sys.exit(main())
