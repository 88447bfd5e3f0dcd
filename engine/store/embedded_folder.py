"""Where the embedded server lives and as whom it runs: a private folder, an account, files and locks in it.

The folder belongs to the account that the server runs as. When we are root that account is somebody else, so whatever
root opens in there is opened without following links, and only what root itself has just made is given away. Folders
above are never changed; those that had to be made are.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from engine.store.embedded_errors import FolderNotEmpty, FolderOfAnother, FolderOutOfReach, FolderUnusable, NoSystemUser

SYSTEM_USER = "onewindow"
#: Taken, in this order, where no user can be made (a read-only system, no rights in a container).
STAND_INS = ("postgres", "nobody")
#: The first file made in a folder; whoever holds it locked is starting or stopping the server.
LOCK = "lock"
#: The server sees nothing of our environment: no PG* variables that change it, no secrets of ours.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """The user that owns the folder and runs the server; `switched` when that isn't the one we are (we are root)."""

    uid: int
    gid: int
    name: str
    switched: bool

    def run(
        self,
        command: list[str],
        *,
        cwd: Path,
        stdin: int = subprocess.DEVNULL,
        detached: bool = False,
        pass_fds: tuple[int, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account; gives its exit status and its output (none of a detached one)."""
        return subprocess.run(  # noqa: S603 - programs of the wheel or of the system, arguments are ours
            command,
            cwd=cwd,
            env=ENVIRONMENT,
            stdin=stdin,
            stdout=subprocess.DEVNULL if detached else subprocess.PIPE,
            stderr=subprocess.DEVNULL if detached else subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            umask=0o077,
            start_new_session=detached,
            pass_fds=pass_fds,
            user=self.uid if self.switched else None,
            group=self.gid if self.switched else None,
            extra_groups=[] if self.switched else None,
        )

    def open(self, path: Path) -> int:
        """A descriptor on a private file (0600) of this account, made when it isn't there; links are refused."""
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            made = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return os.open(path, flags)
        if self.switched:
            os.fchown(made, self.uid, self.gid)
        return made

    def make_folder(self, path: Path) -> None:
        """Make a folder that only this account may enter; one that is there already must be exactly that.

        Raises:
            FolderOfAnother: somebody else made it (it may lie in a folder that everybody writes to).
        """
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)
        if self.switched and os.lstat(path).st_uid == os.geteuid():
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        found = os.lstat(path)
        if found.st_uid != self.uid or found.st_mode & 0o170077 != 0o040000:
            raise FolderOfAnother(folder=path, owner=_account(found.st_uid, found.st_gid).name)


def claim(folder: Path) -> Account:
    """Make `folder` (absolute, links resolved) ours alone, and say as whom the server runs.

    Not as root: as ourselves. As root: as the folder's owner, which for a new folder is the system user.

    Raises:
        FolderUnusable, FolderOfAnother, FolderNotEmpty, FolderOutOfReach, NoSystemUser: nothing was started.
    """
    try:
        _make_with_parents(folder)
        if LOCK not in (inside := os.listdir(folder)) and inside:
            raise FolderNotEmpty(folder=folder)
        return _take_over(folder)
    except OSError as refusal:
        raise FolderUnusable(folder=folder, reason=refusal.strerror) from refusal


def _make_with_parents(folder: Path) -> None:
    """Root's new parents let others pass (the server's user must) but not look; a person's are private."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        mode = 0o711 if os.geteuid() == 0 and path != folder else 0o700
        try:
            os.mkdir(path, mode)
        except FileExistsError:  # by another starter, who sets its mode too
            continue
        os.chmod(path, mode)  # whatever the umask made of it


def _take_over(folder: Path) -> Account:
    found = os.stat(folder)
    if os.geteuid() == found.st_uid == 0:
        account = _system_account()
        os.chown(folder, account.uid, account.gid)
    else:
        account = _account(found.st_uid, found.st_gid)
    if account.uid != os.geteuid() and not account.switched:
        raise FolderOfAnother(folder=folder, owner=account.name)
    if found.st_mode & 0o777 != 0o700:
        os.chmod(folder, 0o700)
    _check_reach(folder, account)
    return account


def _check_reach(folder: Path, account: Account) -> None:
    entering = ["/bin/sh", "-c", 'cd -- "$1" && test -w .', "sh", str(folder)]
    if account.switched and account.run(entering, cwd=Path("/")).returncode != 0:
        raise FolderOutOfReach(folder=folder, user=account.name)


def _account(uid: int, gid: int) -> Account:
    try:
        known = pwd.getpwuid(uid)
    except KeyError:
        return Account(uid, gid, str(uid), switched=os.geteuid() == 0)
    return Account(uid, known.pw_gid, known.pw_name, switched=os.geteuid() == 0)


def _system_account() -> Account:
    if not _exists(SYSTEM_USER):
        _make_system_user()
    for name in (SYSTEM_USER, *STAND_INS):
        if _exists(name):
            known = pwd.getpwnam(name)
            return Account(known.pw_uid, known.pw_gid, name, switched=True)
    raise NoSystemUser()


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _make_system_user() -> None:
    """With the tool of this system; retried, as two starters at once fight for the lock on the user table."""
    useradd = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    adduser = ["adduser", "-S", "-D", "-H", SYSTEM_USER]  # BusyBox
    tool = next((t for t in (useradd, adduser) if shutil.which(t[0], path=ENVIRONMENT["PATH"])), None)
    for _ in range(5 if tool else 0):
        subprocess.run(tool or [], env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603
        if _exists(SYSTEM_USER):
            return
        sleep(0.2)


@contextmanager
def locked(path: Path, account: Account) -> Iterator[None]:
    """Hold the file for ourselves, waiting for it."""
    descriptor = account.open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Said aloud, since a process forked meanwhile would keep the lock that merely closing leaves to it.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def share(path: Path, account: Account) -> int:
    """A descriptor that holds the file shared until it, and every copy that other processes inherit, is closed."""
    descriptor = account.open(path)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


@contextmanager
def sharing(path: Path, account: Account) -> Iterator[int]:
    """`share` for as long as the block; programs started in it that are passed the descriptor hold on to it."""
    descriptor = share(path, account)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(path: Path, account: Account) -> bool:
    """Whether anybody shares the file. Ask only while holding the folder's lock: asking takes it for a moment."""
    descriptor = account.open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
