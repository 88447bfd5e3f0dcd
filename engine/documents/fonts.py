"""The fonts that documents are set in, and which characters they have: a name with a box in it is not that name.

The fonts come with the build (`web/build.mjs`); fonts of one's own (仿宋, 小标宋) are put into the folder ONEWINDOW_FONTS and go
first. A character that none of them has keeps a document from being set: loudly, by its code point.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import typst

from engine.errors import Refused

BUILT = Path(__file__).parent / "fonts"
#: The order in which they are asked for a character.
FAMILIES = ("Noto Serif SC", "Noto Serif JP")
_FILES = ("*.ttf", "*.otf")
_SEGMENTED = 12  #: the format of a table that reaches beyond the basic plane


class FontsMissing(Refused):
    """The build did not bring the fonts. Params: folder."""

    code = "fonts-missing"
    zh = "{folder} 中没有字体，无法生成文书。请运行 make install。"
    en = "There are no fonts in {folder}, so no document can be set. Run 'make install'."


class CharacterMissing(Refused):
    """None of the fonts has a character. Params: characters, points."""

    code = "character-missing"
    zh = "字体中缺少字符“{characters}”（{points}），文书暂不能生成。请把含有该字的字体放入 ONEWINDOW_FONTS 文件夹。"
    en = "No font has “{characters}” ({points}), so the document can't be set. Put a font that has it into ONEWINDOW_FONTS."


@dataclass(frozen=True)
class FontSet:
    """Fonts, in the order in which they are asked, and the characters they have together."""

    fonts: typst.Fonts
    families: tuple[str, ...]
    characters: frozenset[int]

    def check(self, text: str) -> None:
        """Whether every character has a glyph. Raises CharacterMissing."""
        lacking = sorted({char for char in text if ord(char) > 0x20 and ord(char) not in self.characters})
        if lacking:
            points = ", ".join(f"U+{ord(char):04X}" for char in lacking[:10])
            raise CharacterMissing(characters="".join(lacking[:10]), points=points)


def font_set() -> FontSet:
    """The fonts of this installation."""
    return _load(os.environ.get("ONEWINDOW_FONTS") or "")


@cache
def _load(own: str) -> FontSet:
    folders = [Path(own), BUILT] if own else [BUILT]
    files = [sorted(path for pattern in _FILES for path in folder.glob(pattern)) for folder in folders]
    if not files[-1]:
        raise FontsMissing(folder=BUILT)
    first = typst.Fonts(False, False, [str(folders[0])]).families() if own else []
    families = (*dict.fromkeys(first), *FAMILIES)
    fonts = typst.Fonts(False, False, [str(folder) for folder in folders])
    characters = frozenset().union(*(characters_of(path.read_bytes()) for group in files for path in group))
    return FontSet(fonts, families, characters)


def characters_of(font: bytes) -> frozenset[int]:
    """The code points that a TrueType or OpenType font maps to a glyph: its segmented tables (format 12) and basic ones (4)."""
    found: set[int] = set()
    for format_, at in _tables(font):
        if format_ == _SEGMENTED:
            (groups,) = struct.unpack_from(">I", font, at + 12)
            for n in range(groups):
                first, last, _ = struct.unpack_from(">III", font, at + 16 + 12 * n)
                found.update(range(first, last + 1))
        elif format_ == 4:
            found.update(_basic(font, at))
    return frozenset(found - {0xFFFF})


def _tables(font: bytes) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">H", font, 4)
    heads = [struct.unpack_from(">4sIII", font, 12 + 16 * n) for n in range(count)]
    start = next((offset for tag, _, offset, _ in heads if tag == b"cmap"), None)
    if start is None:
        return []
    (tables,) = struct.unpack_from(">H", font, start + 2)
    offsets = {struct.unpack_from(">HHI", font, start + 4 + 8 * n)[2] + start for n in range(tables)}
    return [(struct.unpack_from(">H", font, at)[0], at) for at in sorted(offsets)]


def _basic(font: bytes, at: int) -> set[int]:
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + doubled)
    return {point for first, last in zip(starts, ends, strict=True) for point in range(first, last + 1)}
