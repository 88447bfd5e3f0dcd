"""The port for seals: what puts a seal on a document, from which on it counts (行政许可法 32, 39).

Two ways. An *electronic-seal service* takes the PDF and gives it back sealed; it is called by a job, outside any
transaction, may be called again for the same document (`call_id` is the same at every try), and its answer is recorded.
Without one, the paper is *printed and stamped*, and a clerk records that it was, with a scan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SealRequest:
    """What a service is told: the PDF, whose document it is, and when it was issued."""

    call_id: str  #: the document's number
    pdf: bytes
    sha256: str
    body: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class SealedPdf:
    """The PDF as it came back, and the name of the seal that is on it."""

    pdf: bytes
    seal: str


class SealService(Protocol):
    """An electronic-seal service. An exception means: not now; it is called again with growing pauses."""

    def seal(self, asked: SealRequest) -> SealedPdf: ...
