"""The demonstration's seal: a visible 演示章 on the last page of the PDF that it is given. It is no signature of anybody."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typst

from engine.documents.fonts import FAMILIES, font_set
from engine.documents.render import compile_pdf
from engine.plugins.seals import SealedPdf, SealRequest

SEAL = "演示章 demonstration seal"
_OVERLAY = f"""
#set document(title: sys.inputs.title)
#set page(paper: "a4", margin: 0pt)
#let pages = int(sys.inputs.pages)
#let stamp = rotate(-10deg, circle(radius: 1.9cm, stroke: 2.4pt + rgb("#c8102e"), {{
  set align(center + horizon)
  set text(font: "{FAMILIES[0]}", fill: rgb("#c8102e"), weight: "bold")
  stack(spacing: 7pt, text(size: 17pt)[演示章], text(size: 6.5pt)[仅供演示 不具效力])
}}))
#for n in range(1, pages + 1) {{
  page(
    background: image("paper.pdf", page: n, width: 100%, alt: "page " + str(n)),
    if n == pages {{ place(bottom + right, dx: -4.2cm, dy: -4.4cm, stamp) }},
  )
}}
"""


class DemonstrationSealService:
    """Seals at once, and says on the paper that it is a demonstration."""

    def seal(self, asked: SealRequest) -> SealedPdf:
        """The PDF with the demonstration's stamp on its last page."""
        fonts = font_set()
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "paper.pdf").write_bytes(asked.pdf)
            inputs = {"pages": str(page_count(Path(folder))), "title": asked.call_id}
            return SealedPdf(compile_pdf(_OVERLAY.encode(), inputs, asked.issued_at, fonts, Path(folder)), SEAL)


def page_count(folder: Path) -> int:
    """How many pages `paper.pdf` in the folder has: as many as can be looked at."""
    pages = 0
    while pages < 500:
        source = f'#image("paper.pdf", page: {pages + 1})'.encode()
        try:
            typst.Compiler(source, root=folder, font_paths=font_set().fonts, ignore_system_fonts=True).compile(
                format="svg"
            )
        except typst.TypstError:
            break
        pages += 1
    return pages
