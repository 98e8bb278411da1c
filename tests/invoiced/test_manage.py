import os
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def made(folder: Path, *command: str) -> set[int]:
    """The modes of the files a command makes in the folder, whoever's umask it was started with."""
    settings = {"DJANGO_SETTINGS_MODULE": "invoiced.settings", "DATA_DIR": str(folder)}
    subprocess.run(
        [sys.executable, "manage.py", *command, "--verbosity=0"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | settings,
        umask=0o022,
        check=True,
    )
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}


def test_the_database_is_made_for_its_owner_only(tmp_path):
    assert made(tmp_path, "migrate", "security") == {0o600}


def test_static_files_are_made_for_whoever_serves_them(tmp_path):
    assert made(tmp_path, "collectstatic", "--noinput") == {0o644}
