"""The grounds on which a permit is taken away: those of article 69, and those of what was promised. Data, with their articles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground. `kind` is what goes on the credit record of whoever is at fault for it; None where the authority is."""

    zh: str
    en: str
    article: str
    kind: str | None


_69 = "行政许可法第六十九条"
GROUNDS: Mapping[str, Ground] = MappingProxyType(
    {
        "69-1-1": Ground(
            "工作人员滥用职权、玩忽职守作出准予许可决定", "abuse of office or neglect by an official", _69, None
        ),
        "69-1-2": Ground("超越法定职权作出准予许可决定", "granted beyond the body's powers", _69, None),
        "69-1-3": Ground("违反法定程序作出准予许可决定", "granted against the statutory procedure", _69, None),
        "69-1-4": Ground(
            "对不具备申请资格或者不符合法定条件的申请人准予许可",
            "granted to somebody who does not meet the conditions",
            _69,
            None,
        ),
        "69-1-5": Ground("依法可以撤销行政许可的其他情形", "another case in which the law allows it", _69, None),
        "69-2": Ground("以欺骗、贿赂等不正当手段取得许可", "obtained by deceit or bribery", _69, "obtained-by-deceit"),
        "promise-false": Ground("承诺内容虚假", "the promise was false", "国办发〔2020〕42号", "false-promise"),
        "promise-broken": Ground(
            "未在期限内整改或者整改后仍不符合条件",
            "not rectified in time, or still not as promised",
            "国办发〔2020〕42号",
            "broken-promise",
        ),
        "no-show": Ground(
            "未在约定时间接受核查", "the check was not undergone in time", "国办发〔2020〕42号", "no-show"
        ),
    }
)
#: Where the authority is at fault, the holder whose lawful interests suffer is compensated (69, last paragraph).
COMPENSATED = frozenset({"69-1-1", "69-1-2", "69-1-3", "69-1-4", "69-1-5"})
