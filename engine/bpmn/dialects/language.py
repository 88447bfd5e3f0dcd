"""Expressions of other tools in ours: JUEL (`${…}`, `#{…}`), FEEL (`=…`), Java that answers one value (`return …;`), and
names without a root.

What has a counterpart is written in our language; what has none is refused by its name. A name that is none of ours
is read as a field of the form, and said to be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.bpmn.dialects.parser import Local, NoCounterpart, Parser, tokens_of
from engine.bpmn.expression_values import FUNCTIONS
from engine.bpmn.expressions import MAX_LENGTH, ROOTS, ExpressionError, Names, compile_expression


@dataclass(frozen=True, slots=True)
class Translated:
    """An expression in our language. `bare` are the names that were read as fields of the form."""

    text: str
    dialect: str  #: "" when it was ours as it stood, else JUEL, FEEL, Java or "names"
    bare: tuple[str, ...] = ()


class _Every(frozenset[str]):
    """A set of ids that has them all: whether a task exists is the lint's to say."""

    def __contains__(self, _: object) -> bool:
        return True


_ANY = Names(_Every(), in_loop=True)


_RETURN = re.compile(r"return\b\s*(.+?)\s*;?", re.DOTALL)
_CODE = re.compile(r"java|mvel|ecmascript", re.IGNORECASE)


def translate(text: str, local: Local | None = None, declared: str = "") -> Translated:
    """An expression of any of the dialects in our language. `declared` is the `language` that its element names.

    Raises:
        NoCounterpart: it holds what our language has not.
    """
    plain = text.strip()
    local = local or Local()
    if not plain or len(plain) > MAX_LENGTH or (not _mentions(plain, local) and _is_ours(plain)):
        return Translated(plain, "")
    if plain[:2] in ("${", "#{") and plain.endswith("}"):
        dialect, inner = "JUEL", plain[2:-1]
    elif plain.startswith("=") and not plain.startswith("=="):
        dialect, inner = "FEEL", plain[1:]
    elif returned := _RETURN.fullmatch(plain):
        dialect, inner = "Java", returned[1]
    else:
        found = _with_roots(plain, local)
        dialect = "FEEL" if "feel" in declared.lower() else "Java" if _CODE.search(declared) else ""
        if found.dialect or not dialect:
            return found
        inner = plain.rstrip("; ") if dialect == "Java" else plain
    parser = Parser(tokens_of(inner, dialect), dialect, local)
    made = parser.whole()
    if not _is_ours(made):
        raise NoCounterpart(inner.strip()[:60])
    return Translated(made, dialect, tuple(dict.fromkeys(parser.bare)))


def _mentions(text: str, local: Local) -> bool:
    return any(re.search(rf"\b{re.escape(name)}\b", text) for name in local.names)


def _is_ours(text: str) -> bool:
    try:
        compile_expression(text, _ANY)
    except ExpressionError:
        return False
    return True


# --- our own language, but with names that have no root

_WORD = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|[^\W\d]\w*|\s+|.", re.DOTALL)
_RESERVED = frozenset({"true", "false", "null", "True", "False", "None", "and", "or", "not", "in", "if", "else", "is"})


def _with_roots(text: str, local: Local) -> Translated:
    pieces = _WORD.findall(text)
    solid = [n for n, piece in enumerate(pieces) if not piece.isspace()]
    bare: list[str] = []
    for place, n in enumerate(solid):
        piece = pieces[n]
        before = pieces[solid[place - 1]] if place else ""
        after = pieces[solid[place + 1]] if place + 1 < len(solid) else ""
        if not re.fullmatch(r"[^\W\d]\w*", piece) or before == "." or piece in _RESERVED:
            continue
        if piece in local.names:
            pieces[n] = local.names[piece]
        elif piece not in ROOTS and not (after == "(" and piece in FUNCTIONS):
            bare.append(piece)
            pieces[n] = f"form.{piece}"
    made = "".join(pieces)
    if not _is_ours(made):
        return Translated(text, "")  # not an expression at all: the lint says where it is wrong
    return Translated(made, "names", tuple(dict.fromkeys(bare)))
