"""Settings are read from the environment, strictly: a wrong one stops the start with a sentence that says what to do.

Every setting NAME may instead be given as NAME_FILE, the path of a file that holds the value. `<DATA_DIR>/settings.env`
holds KEY=VALUE lines that count where the environment says nothing.
"""

import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:]+\]")
SETTING_LINE = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$")


class SettingError(ImproperlyConfigured):
    """A setting is missing or wrong; the text says which, why and what to do."""


def load_settings_or_exit() -> None:
    """Read the settings now, so that a wrong one is a sentence and exit code 2, never a traceback."""
    try:
        settings._setup()  # type: ignore[misc]
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def read_settings_file(path: Path) -> dict[str, str]:
    """The KEY=VALUE lines of a settings file that only its owner can read; nothing when there is no such file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingError(f"{path} cannot be read ({error.strerror}). Make it readable to this user.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise SettingError(f"{path} holds secrets and others may read it. Run: chmod 600 {path}")
    values: dict[str, str] = {}
    for number, line in enumerate(read_text(path, "settings file").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = SETTING_LINE.match(line)
        if not found:
            raise SettingError(
                f"{path} line {number} is not KEY=VALUE. Write for example: SITE_URL=https://example.com"
            )
        name, value = found.groups()
        if name in values:
            raise SettingError(f"{path} line {number} sets {name} a second time. Keep one of the two lines.")
        values[name] = value
    return values


def read_text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingError(
            f"The {what} {path} cannot be read ({error.strerror}). Check the path and who may read it."
        ) from None
    except UnicodeDecodeError:
        raise SettingError(f"The {what} {path} is not UTF-8 text. Save it as UTF-8.") from None


class Environment:
    """What the environment and the settings file say; it remembers every name it was asked for."""

    def __init__(self, variables: Mapping[str, str], file_path: Path | None = None) -> None:
        self.variables = variables
        self.file_path = file_path
        self.from_file = read_settings_file(file_path) if file_path else {}
        self.names: set[str] = set()

    def raw(self, name: str) -> str | None:
        """The value as it was given, from the first place that gives one."""
        self.names.add(name)
        for place in (self.variables, self.from_file):
            value, file = place.get(name), place.get(f"{name}_FILE")
            if value is not None and file is not None:
                raise SettingError(f"{name} and {name}_FILE are both set. Keep one of them.")
            if file is not None:
                value = self._from_named_file(name, file)
            if value is None:
                continue
            if not value.strip():
                raise SettingError(f"{name} is set but empty. Give it a value or leave it out.")
            if value != value.strip() or any(ord(character) < 32 for character in value):
                raise SettingError(f"{name} has white space or a control character around or in its value. Remove it.")
            return value
        return None

    def _from_named_file(self, name: str, file: str) -> str:
        if not file.strip():
            raise SettingError(f"{name}_FILE is set but empty. Give the path of a file or leave it out.")
        text = read_text(Path(file), f"{name}_FILE")
        return text[:-1] if text.endswith("\n") else text

    def text(self, name: str, default: str) -> str:
        value = self.raw(name)
        return default if value is None else value

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.raw(name)
        if value is None:
            return default
        if value.lower() in TRUE | FALSE:
            return value.lower() in TRUE
        raise SettingError(f'{name} is "{value}", which is neither yes nor no. Write true or false.')

    def integer(self, name: str, *, default: int, low: int, high: int) -> int:
        value = self.raw(name)
        if value is None:
            return default
        if re.fullmatch(r"[0-9]{1,9}", value) and low <= int(value) <= high:
            return int(value)
        raise SettingError(f'{name} is "{value}". Write a whole number from {low} to {high}.')

    def choice(self, name: str, *, default: str, options: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value in options:
            return value
        raise SettingError(f'{name} is "{value}". Choose one of: {", ".join(options)}.')

    def words(self, name: str, *, default: list[str]) -> list[str]:
        """A list separated by commas."""
        value = self.raw(name)
        if value is None:
            return default
        words = [word.strip() for word in value.split(",")]
        if not all(words):
            raise SettingError(f"{name} has an empty entry between commas. Write the entries as one,two,three.")
        return words

    def secret(self, name: str, *, least: int, hint: str) -> str:
        """A value that must be given and never appears in a message."""
        value = self.raw(name)
        if value is None:
            raise SettingError(f"{name} is not set. {hint}")
        if len(value) < least or len(set(value)) < least // 5:
            raise SettingError(f"{name} is too short or too simple; it needs {least} random characters. {hint}")
        return value

    def address(self, name: str, *, default: str | None = None, hint: str) -> SplitResult:
        """An address; what is wrong with it is said without repeating it, since it may hold a password."""
        value = self.raw(name) or default
        if value is None:
            raise SettingError(f"{name} is not set. {hint}")
        try:
            address = urlsplit(value)
            address.port  # noqa: B018 (reading the port is what checks it)
        except ValueError:
            raise SettingError(f"{name} is not an address. {hint}") from None
        if not address.scheme:
            raise SettingError(f"{name} does not say what kind of address it is. {hint}")
        return address

    def site(self, name: str, *, demo: bool) -> SplitResult:
        """Where people reach the product: https, except for a demo on this machine."""
        hint = f"Write it as {name}=https://invoices.example.com"
        site = self.address(name, hint=hint)
        if site.scheme not in ("http", "https") or not site.hostname or "@" in site.netloc:
            raise SettingError(f"{name} is not the address of a web site. {hint}")
        if site.path or site.query or site.fragment:
            raise SettingError(f"{name} must end after the host, without a path or a slash. {hint}")
        if site.scheme == "http" and not (demo and site.hostname in ("localhost", "127.0.0.1")):
            raise SettingError(f"{name} is not https. Only a demo on localhost may do without. {hint}")
        return site

    def hosts(self, name: str, *, default: list[str]) -> list[str]:
        """The host names that are answered, each written out."""
        hosts = self.words(name, default=default)
        for host in hosts:
            if not HOST_NAME.fullmatch(host):
                raise SettingError(f'{name} has "{host}", not a whole host name. Write each out, without * or port.')
        return hosts

    def refuse_unknown(self) -> None:
        """A line in the settings file that nothing reads is a typing error, and says so."""
        known = self.names | {f"{name}_FILE" for name in self.names}
        for name in self.from_file:
            if name not in known:
                raise SettingError(
                    f"{self.file_path} sets {name}, which is not a setting. docs/settings.md lists them."
                )


def data_dir() -> Path:
    """The folder that holds the database, the files and the settings file of this installation."""
    value = os.environ.get("DATA_DIR")
    if value is None:
        return BASE_DIR / "var"
    if not value.strip() or value != value.strip():
        raise SettingError("DATA_DIR is empty or has white space around it. Give the path of a folder or leave it out.")
    return Path(value).absolute()
