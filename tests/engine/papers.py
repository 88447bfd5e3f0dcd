"""Small files of every kind that is taken, and of some that are not."""

from __future__ import annotations

import io
import zipfile

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40
TIFF = b"II*\x00" + b"\0" * 40
DWG = b"AC1032" + b"\0" * 40
PROGRAM = b"MZ\x90\x00" + b"\0" * 60


def archive(**entries: bytes | str) -> bytes:
    """A zip file; `_` in a name stands for `/`, `__` for a dot."""
    return packed({name.replace("__", ".").replace("_", "/"): content for name, content in entries.items()})


def packed(entries: dict[str, bytes | str]) -> bytes:
    """A zip file with these entries."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return made.getvalue()


DOCX = packed({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
XLSX = packed({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"})
OFD = packed({"OFD.xml": "<OFD/>", "Doc_0/Document.xml": "<d/>"})
ZIP = packed({"plan.txt": "a plan"})
#: 300 MB of nothing in a third of one.
BOMB = packed({"[Content_Types].xml": "<Types/>", "word/document.xml": b"\0" * (300 * 1024**2)})
CROWDED = packed({f"{n}.txt": "" for n in range(5_001)})
CLIMBING = packed({"../../etc/passwd": "x"})
DAMAGED = DOCX[: len(DOCX) // 2]

GOOD = {"a.pdf": PDF, "b.PNG": PNG, "c.jpg": JPEG, "d.tif": TIFF, "e.dwg": DWG, "f.docx": DOCX} | {
    "g.xlsx": XLSX,
    "h.ofd": OFD,
    "i.zip": ZIP,
}
