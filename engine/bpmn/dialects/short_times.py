"""Times as jBPM writes them (`5m10s`, `30d`, `1h###1h` for again and again), in ISO 8601."""

from __future__ import annotations

import re

_SHORT = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?(?:(\d{1,6})ms)?")


def iso(text: str, element: str) -> str:
    """A time that stands in a `timeDuration` or `timeCycle`; empty where it is none that means one thing only."""
    if element == "timeDuration":
        return _duration(text)
    first, _, again = text.partition("###")
    period = _duration(again)
    return f"R/{period}" if element == "timeCycle" and period and _duration(first) == period else ""


def _duration(text: str) -> str:
    found = _SHORT.fullmatch(re.sub(r"\s", "", text).lower())
    if found is None or not any(found.groups()):
        return ""
    days, hours, minutes, seconds, thousandths = (int(part or 0) for part in found.groups())
    seconds += thousandths // 1000
    parts = [f"{hours}H" * bool(hours), f"{minutes}M" * bool(minutes)]
    exact = f"{seconds}.{thousandths % 1000:03}".rstrip("0").rstrip(".")
    parts.append(f"{exact}S" if exact != "0" else "")
    time = "".join(parts)
    return f"P{days}D" * bool(days and not time) or f"P{f'{days}D' * bool(days)}T{time or '0S'}"
