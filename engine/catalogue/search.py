"""Finding items by any of the many names people use: normalised names, looked up exactly or by how they begin.

Of each name the table keeps the whole and the rest from every character (Chinese) or word (others) on, so that what stands in
the middle of a name is found by how it begins, with a plain index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from engine.catalogue.items import ServiceItem

NAME, ALIAS, WITHIN = 0, 1, 2
MOST_KEY = 100
_LEFT_OUT = re.compile(r"[\s\W_]+")
_PIECES = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff_]+")


def normalised(text: str) -> str:
    """A name as it is compared: full and half width alike, no case, no blanks, no punctuation."""
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKC", text).casefold())[:MOST_KEY]


def search_keys(item: ServiceItem, aliases: Iterable[str] = ()) -> dict[str, int]:
    """Every key that an item is found by, with its rank; `aliases` are those that regions use."""
    found: dict[str, int] = {}
    named = [(item.name, NAME), (item.name_en, NAME), (item.code, NAME), (item.listing.base_code, NAME)]
    named += [(one, ALIAS) for one in (*item.aliases, *aliases)]
    for name, rank in named:
        _keep(found, normalised(name), rank)
        for rest in _rests(name):
            _keep(found, normalised(rest), WITHIN)
    return found


def pattern(text: str) -> str:
    """How the keys of what is searched for begin, as a LIKE pattern; "" when nothing is left to search for."""
    key = normalised(text)
    return re.sub(r"([\\%_])", r"\\\1", key) + "%" if key else ""


def _rests(name: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", name)
    for piece in list(_PIECES.finditer(plain))[1:]:
        yield plain[piece.start() :]


def _keep(found: dict[str, int], key: str, rank: int) -> None:
    if key and found.get(key, WITHIN + 1) > rank:
        found[key] = rank
