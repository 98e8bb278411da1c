"""A demo makes its own settings, before anything reads them: `manage.py demo --port 8000 --data-dir var`."""

import argparse
import base64
import os
import secrets
from pathlib import Path

from invoiced.env import BASE_DIR, SETTINGS_FILE, SettingError, read_settings_file


def prepare(arguments: list[str]) -> None:
    """Write the demo's settings file, keep its secrets if it has one, and point this process at it."""
    options = read(arguments)
    folder = Path(options.data_dir).absolute()
    path = folder / SETTINGS_FILE
    kept = read_settings_file(path)
    if kept and kept.get("DEMO") != "true":
        raise SettingError(f"{folder} holds an installation that is not a demo. Choose another folder: --data-dir")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(path, {**new_secrets(), **kept, **places(options.port)})
    except OSError as error:
        raise SettingError(f"{folder} cannot be written ({error.strerror}). Choose another: --data-dir") from None
    os.environ["DATA_DIR"] = str(folder)


def read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    return parser.parse_known_args(arguments)[0]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port, default=8000, help="where the demo listens on this machine")
    parser.add_argument(
        "--data-dir",
        default=os.environ.get("DATA_DIR") or BASE_DIR / "var",
        help="the folder that holds the demo's database, files and settings",
    )


def port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f'"{text}" is not a port. Give a number from 1 to 65535.')
    return int(text)


def new_secrets() -> dict[str, str]:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {"SECRET_KEY": secrets.token_hex(32), "ENCRYPTION_KEYS": f"1:{key}"}


def places(number: int) -> dict[str, str]:
    return {"DEMO": "true", "SITE_URL": f"http://localhost:{number}", "LISTEN": f"127.0.0.1:{number}"}


def write(path: Path, values: dict[str, str]) -> None:
    """The whole file at once and for its owner only, so that a start that dies leaves the old one."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    fresh.replace(path)
