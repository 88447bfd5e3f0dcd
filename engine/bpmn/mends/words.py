"""What labels on drawings mean: yes and no, and how long a timer waits, in the languages people label in."""

from __future__ import annotations

import re

_YES = "yes y ja j oui si sí sim da tak true ok okay positive positiv approved"
_YES_ZH = "是 对 有 同意 通过 合格 批准 成功 是的 符合"
_NO = (
    "no n nein non não nao nee net nie false not otherwise else sonst ansonsten default other others negative rejected"
)
_NO_ZH = "否 不 无 没有 不同意 不通过 不合格 不批准 失败 不是 不符合 其他 其它 否则"
YES = frozenset(f"{_YES} {_YES_ZH}".split())
NO = frozenset(f"{_NO} {_NO_ZH}".split())

_UNITS = (
    (r"working\s*hours?|hours?|hrs?|h|stunden?|std|heures?|uur|小时|钟头", "PT{}H"),
    (r"minutes?|minuten?|mins?|分钟|分", "PT{}M"),
    (r"seconds?|secs?|sekunden?|sek|secondes?|秒钟|秒", "PT{}S"),
    (
        r"(?:business|working|calendar)?\s*days?|(?:arbeits|werk|kalender)?tage?n?|jours?|dagen|dag|d"
        r"|天|日|个?工作日|个?自然日",
        "P{}D",
    ),
    (r"weeks?|wochen?|semaines?|weken|week|周|个?星期", "P{}W"),
    (r"months?|monate?n?|mois|maanden|maand|个月|月", "P{}M"),
    (r"years?|jahre?n?|années?|ans?|jaar|年", "P{}Y"),
)
_NUMBERS = {
    **{"one": 1, "a": 1, "an": 1, "ein": 1, "eine": 1, "einer": 1, "einen": 1, "einem": 1, "un": 1, "une": 1, "一": 1},
    **{"two": 2, "zwei": 2, "deux": 2, "twee": 2, "两": 2, "二": 2, "three": 3, "drei": 3, "trois": 3, "三": 3},
    **{"four": 4, "vier": 4, "quatre": 4, "四": 4, "five": 5, "fünf": 5, "cinq": 5, "五": 5, "six": 6, "sechs": 6},
    **{"六": 6, "seven": 7, "sieben": 7, "sept": 7, "七": 7, "eight": 8, "acht": 8, "八": 8, "nine": 9, "neun": 9},
    **{"九": 9, "ten": 10, "zehn": 10, "dix": 10, "十": 10, "fourteen": 14, "vierzehn": 14, "十五": 15, "thirty": 30},
}
_DURATION = re.compile(
    r"(?<![\w.,:])(?P<number>\d{1,4}|"
    + "|".join(sorted(map(re.escape, _NUMBERS), key=len, reverse=True))
    + r")\s*-?\s*(?:"
    + "|".join(f"(?P<u{n}>{words})" for n, (words, _) in enumerate(_UNITS))
    + r")(?![a-zäöüß])",
    re.IGNORECASE,
)


def plain(text: str | None) -> str:
    """A label on one line."""
    return " ".join((text or "").split())


def is_chinese(text: str) -> bool:
    """Whether a text has Chinese characters."""
    return any("一" <= character <= "鿿" for character in text)


def is_yes(text: str | None) -> bool:
    """Whether a label says yes."""
    return plain(text).strip(" .!?:;[]()。！？").lower() in YES


def is_no(text: str | None) -> bool:
    """Whether a label says no, or otherwise."""
    return plain(text).strip(" .!?:;[]()。！？").lower() in NO


def duration_in(text: str | None) -> str | None:
    """The ISO 8601 duration that a label such as “after 5 minutes”, “14 Tage” or “3 个工作日” tells of."""
    found = _DURATION.search(plain(text).lower())
    if found is None:
        return None
    number = found["number"]
    amount = int(number) if number.isdigit() else _NUMBERS[number]
    if not amount:
        return None
    form = next(form for n, (_, form) in enumerate(_UNITS) if found[f"u{n}"])
    return form.format(amount)


def code_of(label: str, taken: set[str]) -> str:
    """A code for a label: yes and no by their meaning, others by their letters; not one that is taken."""
    if is_yes(label):
        stem = "yes"
    elif is_no(label):
        stem = "no"
    else:
        stem = re.sub(r"\W+", "_", plain(label).lower()).strip("_")[:40].strip("_") or "way"
    number, code = 1, stem
    while code in taken:
        number += 1
        code = f"{stem}_{number}"
    taken.add(code)
    return code


def label_of(text: str) -> str:
    """A label that can stand in a list of code=label pairs."""
    return re.sub("[,，]", "、", plain(text))[:80]
