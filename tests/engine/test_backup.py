"""A backup is a whole installation in one file: what it holds goes on where it is restored."""

from __future__ import annotations

import io
import stat

import pytest

from engine.assemble import open_engine
from engine.background.worker import run_dry
from engine.cases.add_material import NewMaterial
from engine.cli import main
from engine.settings import Settings
from engine.store.backup import BackupFailed, DatabaseInUse, DatabaseNotEmpty, RestoreFailed, backup, restore
from engine.store.database import connect_engine
from engine.store.files import FileStore
from engine.store.schema import migrate
from tests.engine.papers import PDF
from tests.engine.stories import REVIEWERS, SYSTEM, accepted, complete, open_tasks


@pytest.fixture
def saved(engine, actor, server, database_url, tmp_path):
    """A case in the hands of the departments, saved to a file: its number and the file."""
    number = accepted(engine, actor)
    size = backup(database_url, tmp_path / "saved.backup", server.binaries)
    assert size == (tmp_path / "saved.backup").stat().st_size > 0
    return number, tmp_path / "saved.backup"


def test_a_case_goes_on_to_its_certificate_where_it_is_restored(saved, server, empty_url):
    number, file = saved
    restore(empty_url, file, server.binaries)
    database = connect_engine(empty_url, 0)
    migrate(database)
    database.dispose()
    restored = open_engine(Settings(demo=True), empty_url, pool_size=4)
    try:
        assert restored.verify_record(number).whole
        assert set(open_tasks(restored, number)) == set(REVIEWERS)
        for node in REVIEWERS:
            complete(restored, SYSTEM, number, node, "passed")
        for node, outcome in (("merge", "merged"), ("decide", "granted"), ("certificate", "issued")):
            complete(restored, SYSTEM, number, node, outcome)
        run_dry(restored)  # the jobs that waited when it was saved, and those since
        assert restored.case_file(number)["result"] == "granted"
        assert restored.verify_record(number).whole
        with restored.database.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM jobs.procrastinate_jobs").scalar() == 0
    finally:
        restored.close()


def test_a_backup_is_for_its_owner_alone_and_replaces_an_older_one_at_once(saved, server, database_url):
    _, file = saved
    file.write_bytes(b"older")
    backup(database_url, file, server.binaries)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes().startswith(b"PGDMP")
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_backup_that_fails_leaves_nothing_behind(server, tmp_path):
    with pytest.raises(BackupFailed, match="nowhere"):
        backup(server.url("nowhere"), tmp_path / "saved.backup", server.binaries)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BackupFailed, match="No such file"):
        backup(server.url(), tmp_path / "missing" / "saved.backup", server.binaries)


def test_data_is_replaced_only_when_that_is_said_and_nobody_uses_it(saved, engine, actor, server, database_url):
    number, file = saved
    later = accepted(engine, actor)
    with pytest.raises(DatabaseNotEmpty, match="--replace"):
        restore(database_url, file, server.binaries)
    with pytest.raises(DatabaseInUse):
        restore(database_url, file, server.binaries, replace=True)
    engine.close()
    restore(database_url, file, server.binaries, replace=True)
    with engine.database.connect() as connection:
        numbers = connection.exec_driver_sql("SELECT number FROM cases").scalars().all()
    assert numbers == [number]
    assert later != number


@pytest.mark.parametrize(
    "damage", [lambda whole: b"not a backup", lambda whole: whole[: len(whole) // 3], lambda whole: whole[:-99]]
)
def test_a_damaged_file_changes_nothing(saved, engine, server, database_url, damage):
    number, file = saved
    file.write_bytes(damage(file.read_bytes()))
    engine.close()
    with pytest.raises(RestoreFailed):
        restore(database_url, file, server.binaries, replace=True)
    assert engine.verify_record(number).whole


def test_a_backup_has_the_files_and_gives_them_back(engine, actor, server, database_url, empty_url, tmp_path):
    number, kept = accepted(engine, actor), FileStore(tmp_path / "files")
    engine.files = engine.materials.files = kept
    with engine.materials.receiving(io.BytesIO(PDF), "a.pdf") as incoming:
        engine.materials.add(actor("clerk.chen"), NewMaterial(number, "completion-report"), incoming)
    saved, elsewhere = tmp_path / "saved.backup", FileStore(tmp_path / "elsewhere")
    backup(database_url, saved, server.binaries, kept)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    restore(empty_url, saved, server.binaries, files=elsewhere)
    assert list(elsewhere.hashes()) == list(kept.hashes())
    restored = open_engine(Settings(demo=True, files=elsewhere.folder), empty_url, pool_size=4)
    try:
        with restored.materials.open(SYSTEM, number, 1).file as file:
            assert file.read() == PDF
    finally:
        restored.close()


@pytest.mark.parametrize("damage", [lambda whole: whole.replace(PDF, PDF[::-1]), lambda whole: whole[:2000]])
def test_a_damaged_file_in_a_backup_is_found(engine, actor, server, database_url, empty_url, tmp_path, damage):
    number, kept = accepted(engine, actor), FileStore(tmp_path / "files")
    engine.files = engine.materials.files = kept
    with engine.materials.receiving(io.BytesIO(PDF), "a.pdf") as incoming:
        engine.materials.add(actor("clerk.chen"), NewMaterial(number, "completion-report"), incoming)
    saved = tmp_path / "saved.backup"
    backup(database_url, saved, server.binaries, kept)
    saved.write_bytes(damage(saved.read_bytes()))
    with pytest.raises(RestoreFailed):
        restore(empty_url, saved, server.binaries, files=FileStore(tmp_path / "elsewhere"))


def test_the_commands_take_the_files_along(engine, actor, database_url, empty_url, tmp_path, monkeypatch):
    kept, elsewhere = FileStore(tmp_path / "files"), FileStore(tmp_path / "elsewhere")
    with kept.receiving(io.BytesIO(PDF), 100) as received:
        kept.keep(received)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ONEWINDOW_FILES", str(kept.folder))
    assert main(["backup", str(tmp_path / "saved.backup")]) == 0
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setenv("ONEWINDOW_FILES", str(elsewhere.folder))
    assert main(["restore", str(tmp_path / "saved.backup")]) == 0
    assert list(elsewhere.hashes()) == list(kept.hashes()) != []
