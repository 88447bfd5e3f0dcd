"""Settings: what can't be meant is refused with a sentence in both languages."""

import pytest

from engine.settings import (
    DataPlaceMissing,
    PortInvalid,
    ProcessesMissing,
    SecretMissing,
    check_production,
    read_settings,
)
from engine.store.database import DatabaseUrlInvalid, connect_engine


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "²", "80 ", "9" * 30])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(PortInvalid):
        read_settings({"PORT": port})


def test_a_folder_of_processes_that_is_not_there_is_refused():
    with pytest.raises(ProcessesMissing):
        read_settings({"ONEWINDOW_PROCESSES": "/no/such/folder"})


@pytest.mark.parametrize("url", ["nonsense", "mysql://a@b/c", "postgresql://a:b@h:port/x"])
def test_what_is_no_postgresql_url_is_refused(url):
    with pytest.raises(DatabaseUrlInvalid):
        connect_engine(url)


def test_nothing_secret_or_lasting_is_chosen_by_default():
    with pytest.raises(SecretMissing):
        check_production({"DATABASE_URL": "postgresql://x"})
    with pytest.raises(SecretMissing):
        check_production({"ONEWINDOW_SECRET_KEY": "short"})
    with pytest.raises(DataPlaceMissing):
        check_production({"ONEWINDOW_SECRET_KEY": "x" * 16})
    check_production({"ONEWINDOW_SECRET_KEY": "x" * 16, "ONEWINDOW_DATA": "/somewhere"})
