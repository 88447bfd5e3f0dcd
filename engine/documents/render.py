"""Sets a document as PDF. Pure: the same data, address and fonts give the same bytes, whenever and wherever.

The PDF is PDF/A-2b, tagged, with its fonts inside; its time is that of the document.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import segno
import typst

from engine.documents.fonts import FontSet, font_set

LAYOUT_VERSION = 1
LAYOUT = Path(__file__).with_name(f"layout.{LAYOUT_VERSION}.typ")
STANDARD = "a-2b"


def render(data: Mapping[str, Any], issued_at: datetime, address: str) -> bytes:
    """The PDF of a document; `address` is where anybody checks it.

    Raises:
        CharacterMissing: no font has a character of it.
        FontsMissing: there are no fonts.
    """
    fonts = font_set()
    link = f"{address}/verify/{data['code']}" if address else ""
    shown = dict(data) | {"code_shown": grouped(data["code"]), "verify": f"{address}/verify" if address else ""}
    fonts.check("".join(_texts(shown)))
    inputs = {
        "data": json.dumps(shown, ensure_ascii=False),
        "fonts": json.dumps(fonts.families, ensure_ascii=False),
        "qr": qr(link or data["code"]),
    }
    return compile_pdf(LAYOUT.read_bytes(), inputs, issued_at, fonts, standards=[STANDARD])


def compile_pdf(
    source: bytes,
    inputs: dict[str, str],
    at: datetime,
    fonts: FontSet,
    root: Path | None = None,
    standards: Sequence[str] = (),
) -> bytes:
    """Compile a layout with its inputs; nothing of the machine gets in."""
    compiler = typst.Compiler(
        source, root=root or Path(__file__).parent, font_paths=fonts.fonts, ignore_system_fonts=True, sys_inputs=inputs
    )
    instant = at.astimezone(timezone.utc).replace(microsecond=0)
    made = compiler.compile(format="pdf", timestamp=instant, pdf_standards=list(standards))  # type: ignore[arg-type]
    assert isinstance(made, bytes)
    return made


def grouped(code: str) -> str:
    """A code in groups of four, to be read aloud and typed."""
    return "-".join(code[n : n + 4] for n in range(0, len(code), 4))


def qr(content: str) -> str:
    """A QR code as SVG."""
    made = io.BytesIO()
    segno.make(content, error="m", micro=False).save(
        made, kind="svg", border=0, xmldecl=False, svgclass=None, lineclass=None
    )
    return made.getvalue().decode()


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return [text for one in inner for text in _texts(one)]
