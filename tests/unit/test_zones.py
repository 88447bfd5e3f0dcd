"""One zone, China's, wherever the server stands: the tests of the calendar pass under other zones of the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CALENDAR_TESTS = ("test_calendar.py", "test_units.py")


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_the_calendar_is_the_same_in_another_zone_of_the_process(zone):
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    asked = [*command, *(str(HERE / name) for name in CALENDAR_TESTS)]
    done = subprocess.run(asked, env=os.environ | {"TZ": zone}, capture_output=True, text=True, cwd=HERE.parents[1])
    assert done.returncode == 0, done.stdout[-3000:]
