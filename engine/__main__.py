"""`python -m engine`: the commands that need no web server."""

import sys

from engine.cli import main

sys.exit(main())
