"""A BPMN file as a text, for who sends it on inside something else: what it declares of its encoding goes."""

from __future__ import annotations

import codecs
import re

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENCODING = re.compile(r"""^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""")


def text_of(data: bytes) -> str:
    """The text of a file's bytes, by the byte order mark, else by what it declares, else as UTF-8. Never fails."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        declared = _DECLARED.match(data[:200])
        encoding = declared[1].decode() if declared else "utf-8"
    try:
        text = data.decode(encoding, "replace")
    except LookupError:
        text = data.decode("utf-8", "replace")
    return _ENCODING.sub(r'\1 encoding="UTF-8"', text.removeprefix("\ufeff"), count=1)


def bytes_of(text: str) -> bytes:
    """The bytes of a file that came as a text, inside something else: in UTF-8, whatever it was declared to be before."""
    found = _ENCODING.match(text)
    if found and not re.search(r"""["']utf-?8["']""", found[0], re.IGNORECASE):
        text = _ENCODING.sub(r'\1 encoding="UTF-8"', text, count=1)
    return text.encode()
