"""Numbers that identify people and bodies in China, checked by their own check digits. Pure.

A number that passes may still be nobody's: only its register can say. One that fails can't be anybody's.
"""

from __future__ import annotations

import re
from datetime import date

#: GB 32100-2015: digits and capitals without I, O, S, V, Z; the last one is modulo 31 over powers of 3.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
#: GB 11643-1999: seventeen digits and a check character, ISO 7064 MOD 11-2.
_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9X]")
_RESIDENT_CHECKS = "10X98765432"
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_OLDEST_YEAR = 1880


def is_credit_code(text: str) -> bool:
    """Whether a text is a unified social credit code (统一社会信用代码, GB 32100-2015) with the right check character."""
    if not _CREDIT.fullmatch(text):
        return False
    total = sum(_CREDIT_ALPHABET.index(char) * pow(3, n, 31) for n, char in enumerate(text[:17]))
    return _CREDIT_ALPHABET[-total % 31] == text[17]


def is_resident_number(text: str, today: date | None = None) -> bool:
    """Whether a text is a resident identity number (公民身份号码, GB 11643-1999): a real day of birth and check character.

    With `today`, a day of birth after it is refused, too.
    """
    if not _RESIDENT.fullmatch(text):
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    if born.year < _OLDEST_YEAR or (today is not None and born > today):
        return False
    total = sum(int(char) * pow(2, 17 - n, 11) for n, char in enumerate(text[:17]))
    return _RESIDENT_CHECKS[total % 11] == text[17]


def is_mobile_number(text: str) -> bool:
    """Whether a text is a mobile number of the mainland: eleven digits from 13 to 19."""
    return _MOBILE.fullmatch(text) is not None
