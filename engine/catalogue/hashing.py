"""The hash of what is published: the same content gives the same hash, wherever and whenever it is computed."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def content_hash(content: Any) -> str:
    """SHA-256, in hexadecimal, of a JSON value in one spelling: keys sorted, no blanks, UTF-8."""
    spelled = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(spelled.encode()).hexdigest()
