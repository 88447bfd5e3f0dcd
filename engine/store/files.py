"""Files outside the database, kept by the hash of their content: what was uploaded, and the PDFs of documents.

`<folder>/ab/cd/abcd…` holds the content with that SHA-256. A file is received into `incoming/` piece by piece, looked at
there, and given its place only when all is well: written to the disk, then renamed, so that a place holds the whole
content or nothing. Whoever places or removes a file holds the store's lock for that moment. A file that no row names is
removed when it is a day old: until then, the transaction that is to name it may still be on its way.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.clock import wall_now
from engine.errors import ApprovalError

CHUNK = 1 << 16
BATCH = 500
#: A file without a row is kept for this long (seconds): a transaction may still be about to name it.
GRACE_SECONDS = 24 * 3600
_HASH = re.compile(r"[0-9a-f]{64}")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StorageFull(ApprovalError):
    """The disk is too full to take files; what is left is the database's."""

    code = "storage-full"
    status = 507
    zh = "存储空间不足，暂时不能接收文件，办件未受影响。请稍后再试，或联系管理员。"
    en = "There is no room for files now; the case is untouched. Try again later, or tell the administrator."


class FileTooLarge(ApprovalError):
    """A file is over the limit. Params: most (MB)."""

    code = "file-too-large"
    status = 413
    zh = "文件超过 {most} MB 的上限。请压缩、拆分或降低扫描分辨率后重新上传。"
    en = "The file is over the limit of {most} MB. Compress it, split it or scan it at a lower resolution."


class FileMissing(ApprovalError):
    """A row names a file that the store does not have. Params: hash."""

    code = "file-missing"
    status = 500
    zh = "文件 {hash} 不在存储中。请联系管理员从备份恢复。"
    en = "The file {hash} is not in the store. Tell the administrator: it has to be restored from a backup."


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has come in whole and has no place yet."""

    path: Path
    sha256: str
    size: int


class FileStore:
    """The files of one installation. `floor` is what has to stay free on the disk, in bytes."""

    def __init__(self, folder: Path, floor: int = 0) -> None:
        self.folder, self.floor = folder, floor

    # -- taking in

    @contextlib.contextmanager
    def receiving(self, source: Readable, most: int) -> Iterator[Received]:
        """Take in a file of up to `most` bytes; it is gone after the block unless `keep` gave it a place.

        Raises:
            FileTooLarge, StorageFull: nothing is left of it.
        """
        path = self._incoming() / uuid.uuid4().hex
        try:
            try:
                received = self._receive(source, path, most)
            except OSError as error:
                if error.errno in _FULL:
                    raise StorageFull() from error
                raise
            yield received
        finally:
            path.unlink(missing_ok=True)

    def _receive(self, source: Readable, path: Path, most: int) -> Received:
        digest, size = hashlib.sha256(), 0
        with open(path, "xb", opener=_private) as file:
            while piece := source.read(CHUNK):
                size += len(piece)
                if size > most:
                    raise FileTooLarge(most=most // 1024**2)
                self.check_room(len(piece))
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        return Received(path, digest.hexdigest(), size)

    def check_room(self, size: int) -> None:
        """Whether `size` bytes more may come in, here and where the web server puts them first. Raises StorageFull."""
        if self.free() - size < self.floor or shutil.disk_usage(tempfile.gettempdir()).free < size:
            raise StorageFull()

    def free(self) -> int:
        """The bytes that are free on the store's disk."""
        there = next(one for one in (self.folder, *self.folder.absolute().parents) if one.exists())
        return shutil.disk_usage(there).free

    def keep(self, received: Received) -> None:
        """Give a received file its place. The same content again has the place already, and counts as new from now on."""
        place = self.place(received.sha256)
        with self._locked():
            fresh = _make_folders(place.parent, self.folder)
            os.replace(received.path, place)
            for folder in {place.parent, *fresh}:
                _flush_folder(folder)

    # -- giving out

    def place(self, sha256: str) -> Path:
        """Where the content with that hash is, or would be."""
        if not _HASH.fullmatch(sha256):
            raise ValueError(sha256)
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def open(self, sha256: str) -> BinaryIO:
        """The content with that hash, to be read. Raises FileMissing."""
        try:
            return open(self.place(sha256), "rb")
        except FileNotFoundError:
            raise FileMissing(hash=sha256[:12]) from None

    def has(self, sha256: str) -> bool:
        """Whether the content with that hash is there."""
        return self.place(sha256).is_file()

    def hashes(self) -> Iterator[str]:
        """The hashes of all that is there."""
        if self.folder.is_dir():
            yield from (path.name for path in self.folder.glob("??/??/*") if _HASH.fullmatch(path.name))

    # -- cleaning

    def clean(self, named: Callable[[list[str]], Collection[str]], grace: float = GRACE_SECONDS) -> int:
        """Remove what no row names and is older than `grace` seconds, and what broke off; answers how many files.

        `named` tells which of some hashes a row names: it is asked a few hundred at a time.
        """
        if not self.folder.is_dir():
            return 0
        before = wall_now().timestamp() - grace
        broken_off = [path for path in self._incoming().iterdir() if _remove_old(path, before)]
        removed = 0
        old = [one for one in self.hashes() if self.place(one).stat().st_mtime < before]
        for n in range(0, len(old), BATCH):
            batch = old[n : n + BATCH]
            for sha256 in set(batch) - set(named(batch)):
                with self._locked():
                    removed += _remove_old(self.place(sha256), before)
        return removed + len(broken_off)

    def _incoming(self) -> Path:
        folder = self.folder / "incoming"
        _make_folders(folder, self.folder)
        return folder

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _remove_old(path: Path, before: float) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_mtime < before:
            path.unlink()
            return True
    return False


def _make_folders(folder: Path, top: Path) -> list[Path]:
    """Make a private folder with those above it; answers the folders that have something new in them."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    return [one.parent for one in missing if one != top and top in one.parents]


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
