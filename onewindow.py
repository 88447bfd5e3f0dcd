"""The console script `onewindow`, also `python -m onewindow`.

`lint` and `convert` need neither database nor web, and start without them: a designer's editor, or a check of many files,
calls them often. Every other command is `server.py`'s. Nothing is imported before `main`, so that Ctrl-C is heard from there on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

INTERRUPTED = 130  #: `engine.commands.words` says the same, where it is loaded


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and answer its exit code."""
    words = sys.argv[1:] if argv is None else argv
    try:
        from engine.commands.start import run_alone

        code = run_alone(words)
        if code is not None:
            return code
        import server

        return server.main(words)
    except KeyboardInterrupt:  # while all that is being loaded
        print("已中断。/ Interrupted.", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
