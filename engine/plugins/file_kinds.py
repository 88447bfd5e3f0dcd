"""What a file is, by its content: never by its name alone. Archives are looked into without being unpacked on the disk."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.errors import Invalid

MOST_NAME = 200
MOST_ENTRIES = 5_000
MOST_UNPACKED = 512 * 1024**2
#: Text packs to a twentieth; what packs to less than a hundredth was made to.
MOST_RATIO = 100
#: Below this, a ratio says nothing: an empty form packs well.
RATIO_COUNTS_FROM = 1 * 1024**2
_HEAD = 16
_PIECE = 1 << 16
#: Turns the direction of what is read, so that a name looks like another one.
_BIDIRECTIONAL = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class FileEmpty(Invalid):
    """A file without any content."""

    code = "file-empty"
    zh = "文件是空的（0 字节），可能上传中断或选错了文件。请检查后重新上传。"
    en = "The file is empty (0 bytes): the upload broke off, or it is the wrong file. Check it and send it again."


class FileNameInvalid(Invalid):
    """A file name with a path or with characters that can't be in one."""

    code = "file-name-invalid"
    zh = "文件名不可用：不能为空、超过 200 个字符，也不能含有路径或控制字符。请重命名后重新上传。"
    en = "The file's name can't be used: it may not be empty, over 200 characters, hold a path or control characters."


class FileKindUnknown(Invalid):
    """The content is of no kind that is taken, or of another kind than the name says. Params: name, allowed."""

    code = "file-kind-refused"
    zh = "文件“{name}”的内容与扩展名不符，或不是可接收的类型。可接收：{allowed}。请另存为其中一种格式后上传。"
    en = "The content of “{name}” is not what its name says, or of a kind not taken. Taken: {allowed}. Save it as one of them."


class ArchiveRefused(Invalid):
    """An archive that unpacks to far too much, is damaged, locked, or holds paths. Params: name."""

    code = "archive-refused"
    zh = "压缩类文件“{name}”无法接收：已损坏、加密、含有异常路径，或解压后过大。请检查后重新生成并上传。"
    en = "“{name}” can't be taken: it is damaged, locked, holds odd paths, or unpacks to far too much. Make it anew."


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: its media type, the endings its name may have, and how its content begins."""

    media_type: str
    endings: tuple[str, ...]
    begins: tuple[bytes, ...]
    inside: tuple[str, ...] = ()  #: entries that an archive of this kind has; a name ending in `/` is a folder's

    def is_begun_by(self, head: bytes) -> bool:
        """Whether a content begins like one of this kind."""
        return head.startswith(self.begins)


_ZIP = (b"PK\x03\x04",)
KINDS = (
    FileKind("application/pdf", ("pdf",), (b"%PDF-",)),
    FileKind("image/jpeg", ("jpg", "jpeg"), (b"\xff\xd8\xff",)),
    FileKind("image/png", ("png",), (b"\x89PNG\r\n\x1a\n",)),
    FileKind("image/tiff", ("tif", "tiff"), (b"II*\x00", b"MM\x00*")),
    FileKind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ("docx",),
        _ZIP,
        ("[Content_Types].xml", "word/"),
    ),
    FileKind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ("xlsx",),
        _ZIP,
        ("[Content_Types].xml", "xl/"),
    ),
    FileKind("application/ofd", ("ofd",), _ZIP, ("OFD.xml",)),
    FileKind("application/zip", ("zip",), _ZIP),
    FileKind("application/acad", ("dwg",), (b"AC10",)),
)
TEXT = FileKind("text/plain", ("txt",), ())
MOST_TEXT = 1024**2
BY_ENDING: Mapping[str, FileKind] = {ending: kind for kind in KINDS for ending in kind.endings}
ALLOWED = ", ".join(BY_ENDING)


def check_name(name: str) -> str:
    """A file name that is one and nothing else. Raises FileNameInvalid."""
    odd = any(char in "/\\" or char in _BIDIRECTIONAL or not (char.isprintable() or char == " ") for char in name)
    if odd or not name.strip(" .") or len(name) > MOST_NAME:
        raise FileNameInvalid(detail="file", fields={"file": ["name"]})
    return name.strip()


def kind_of(path: Path, name: str) -> FileKind:
    """The kind of a file, which its content and its name agree on.

    Raises:
        FileEmpty, FileKindUnknown, ArchiveRefused: the content is nothing, something else, or dangerous.
    """
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise FileEmpty(detail="file", fields={"file": ["0"]})
    kind = BY_ENDING.get(PurePosixPath(name).suffix.removeprefix(".").lower())
    if kind is None or not kind.is_begun_by(head):
        raise _unknown(name)
    if kind.begins == _ZIP:
        _look_inside(path, name, kind)
    return kind


def text_kind(path: Path, name: str) -> FileKind:
    """A plain text, which only keepers of the catalogue hand in. Raises FileEmpty, FileKindUnknown: it is empty, or no text."""
    with open(path, "rb") as file:
        content = file.read(MOST_TEXT + 1)
    if not content:
        raise FileEmpty(detail="file", fields={"file": ["0"]})
    try:
        written = content.decode("utf-8")
    except UnicodeDecodeError:
        raise _unknown(name) from None
    if len(content) > MOST_TEXT or any(not (char.isprintable() or char in "\n\r\t\ufeff\u3000") for char in written):
        raise _unknown(name)
    return TEXT


def _unknown(name: str) -> FileKindUnknown:
    return FileKindUnknown(name=name, allowed=ALLOWED, detail=name, fields={"file": ["kind"]})


def _look_inside(path: Path, name: str, kind: FileKind) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if not _is_bounded(entries, path.stat().st_size) or not all(_is_plain(one) for one in entries):
                raise ArchiveRefused(name=name, detail=name, fields={"file": ["archive"]})
            if not all(_holds(entries, wanted) for wanted in kind.inside):
                raise _unknown(name)
            for entry in entries:
                _read_through(archive, entry)
    except _BROKEN as broken:
        raise ArchiveRefused(name=name, detail=name, fields={"file": ["archive"]}) from broken


#: What `zipfile` raises at damaged, unknown or locked entries.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def _is_bounded(entries: list[zipfile.ZipInfo], packed: int) -> bool:
    """By what the archive says of itself; what it hides is not read beyond that, either."""
    unpacked = sum(entry.file_size for entry in entries)
    fine = unpacked <= RATIO_COUNTS_FROM or unpacked <= MOST_RATIO * packed
    return 0 < len(entries) <= MOST_ENTRIES and unpacked <= MOST_UNPACKED and fine


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.replace("\\", "/").split("/")
    locked = bool(entry.flag_bits & 0x1)
    return not (locked or entry.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0])


def _holds(entries: list[zipfile.ZipInfo], wanted: str) -> bool:
    return any(one.filename.startswith(wanted) if wanted.endswith("/") else one.filename == wanted for one in entries)


def _read_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack to nowhere, so that damage is found now and not by the officer who opens it."""
    with archive.open(entry) as file:
        read: Callable[[int], bytes] = file.read
        while read(_PIECE):
            pass
