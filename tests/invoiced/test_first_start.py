import os
import stat

import pytest

from invoiced.demo import first_start
from invoiced.env import SettingError, read_settings_file


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("DATA_DIR", os.environ["DATA_DIR"])


def test_a_first_start_makes_settings_only_its_owner_can_read(tmp_path):
    first_start.prepare(["--port", "8123", "--data-dir", str(tmp_path / "demo")])

    path = tmp_path / "demo" / "settings.env"
    values = read_settings_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (values["DEMO"], values["SITE_URL"], values["LISTEN"]) == ("true", "http://localhost:8123", "127.0.0.1:8123")
    assert os.environ["DATA_DIR"] == str(tmp_path / "demo")


def test_a_second_start_keeps_the_secrets_and_takes_the_new_port(tmp_path):
    first_start.prepare(["--port", "8123", "--data-dir", str(tmp_path)])
    before = read_settings_file(tmp_path / "settings.env")

    first_start.prepare(["--port", "8124", "--data-dir", str(tmp_path)])

    assert read_settings_file(tmp_path / "settings.env") == {
        **before,
        "SITE_URL": "http://localhost:8124",
        "LISTEN": "127.0.0.1:8124",
    }


def test_two_demos_share_no_secret(tmp_path):
    first_start.prepare(["--data-dir", str(tmp_path / "one")])
    first_start.prepare(["--data-dir", str(tmp_path / "two")])

    one, two = (read_settings_file(tmp_path / name / "settings.env") for name in ("one", "two"))
    assert one["SECRET_KEY"] != two["SECRET_KEY"]
    assert one["ENCRYPTION_KEYS"] != two["ENCRYPTION_KEYS"]


def test_a_real_installation_is_never_made_a_demo(tmp_path):
    path = tmp_path / "settings.env"
    path.write_text("SITE_URL=https://invoices.example.com\n")
    path.chmod(0o600)

    with pytest.raises(SettingError, match="holds an installation that is not a demo"):
        first_start.prepare(["--data-dir", str(tmp_path)])

    assert path.read_text() == "SITE_URL=https://invoices.example.com\n"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(SettingError, match=r"file/demo cannot be written \(Not a directory\)"):
        first_start.prepare(["--data-dir", str(tmp_path / "file" / "demo")])


@pytest.mark.parametrize("port", ["0", "65536", "-1", "\u0661", "eight"])
def test_a_port_is_a_port(port, capsys):
    with pytest.raises(SystemExit) as ended:
        first_start.prepare(["--port", port])

    assert ended.value.code == 2
    assert "is not a port" in capsys.readouterr().err
