"""Settings are read from the environment, strictly: a wrong one stops the start with a sentence that says what to do.

Every setting NAME may instead be given as NAME_FILE, the path of a file that holds the value. `<DATA_DIR>/settings.env`
holds KEY=VALUE lines that count where the environment says nothing.
"""

import re
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
SETTINGS_FILE = "settings.env"
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
SETTING_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


class SettingError(ImproperlyConfigured):
    """A setting is missing or wrong; the text says which, why and what to do."""


@contextmanager
def wrong_settings_end_in_a_sentence() -> Iterator[None]:
    """What is wrong with a setting goes to standard error, with exit code 2 and no traceback."""
    try:
        yield
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def load_settings_or_exit() -> None:
    """Read the settings now, before anything that would meet a wrong one later."""
    with wrong_settings_end_in_a_sentence():
        bool(settings.DEBUG)


class Environment:
    """What the environment and the settings file say; it remembers every name it was asked for."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.names: set[str] = set()
        self.from_file: dict[str, str] = {}
        self.data_dir = self.folder("DATA_DIR", default=BASE_DIR / "var")
        self.file = self.data_dir / SETTINGS_FILE
        self.from_file = read_settings_file(self.file)

    def given(self, name: str) -> str | None:
        """The value as it was given: the environment first, then the settings file."""
        self.names.add(name)
        for place in (self.variables, self.from_file):
            value = self._from(name, place)
            if value is not None:
                return value
        return None

    def _from(self, name: str, place: Mapping[str, str]) -> str | None:
        value, path = place.get(name), place.get(f"{name}_FILE")
        if value is not None and path is not None:
            raise SettingError(f"{name} and {name}_FILE are both set. Keep one of them.")
        if path is not None:
            if not path.strip():
                raise SettingError(f"{name}_FILE is set but empty. Give the path of a file or leave it out.")
            value = read_text(Path(path), f"file {path} of {name}_FILE").removesuffix("\n")
        if value is None:
            return None
        if not value.strip():
            raise SettingError(f"{name} is set but empty. Give it a value or leave it out.")
        if value != value.strip():
            raise SettingError(f"{name} begins or ends with white space. Remove it.")
        if not value.isprintable():
            raise SettingError(f"{name} holds a line end or another character that cannot be seen. Remove it.")
        return value

    def text(self, name: str, *, default: str) -> str:
        value = self.given(name)
        return default if value is None else value

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.given(name)
        if value is None:
            return default
        if value.lower() in TRUE | FALSE:
            return value.lower() in TRUE
        raise SettingError(f'{name} is "{value}", which is neither yes nor no. Write true or false.')

    def integer(self, name: str, *, default: int, low: int, high: int) -> int:
        value = self.given(name)
        if value is None:
            return default
        if re.fullmatch(r"[0-9]{1,9}", value) and low <= int(value) <= high:
            return int(value)
        raise SettingError(f'{name} is "{value}". Write a whole number from {low} to {high}.')

    def choice(self, name: str, *, default: str, options: tuple[str, ...]) -> str:
        value = self.text(name, default=default)
        if value in options:
            return value
        raise SettingError(f'{name} is "{value}". Choose one of: {", ".join(options)}.')

    def words(self, name: str, *, default: list[str]) -> list[str]:
        """A list separated by commas."""
        value = self.given(name)
        if value is None:
            return default
        words = [word.strip() for word in value.split(",")]
        if not all(words):
            raise SettingError(f"{name} has an empty entry between commas. Write the entries as one,two,three.")
        return words

    def folder(self, name: str, *, default: Path) -> Path:
        value = self.given(name)
        return default if value is None else Path(value).absolute()

    def secret(self, name: str, *, least: int, hint: str) -> str:
        """A value that must be given, be long enough to resist guessing, and never stands in a message."""
        value = self.given(name)
        if value is None:
            raise SettingError(f"{name} is not set. {hint}")
        return strong(name, value, least, hint)

    def secrets(self, name: str, *, least: int, hint: str) -> list[str]:
        return [strong(name, value, least, hint) for value in self.words(name, default=[])]

    def address(self, name: str, *, default: str | None = None, hint: str) -> SplitResult:
        """An address; what is wrong with it is said without repeating it, since it may hold a password."""
        value = self.given(name) or default
        if value is None:
            raise SettingError(f"{name} is not set. {hint}")
        try:
            address = urlsplit(value)
            bool(address.port)
        except ValueError:
            raise SettingError(f"{name} is not an address. {hint}") from None
        if not address.scheme:
            raise SettingError(f"{name} does not say what kind of address it is. {hint}")
        return address

    def refuse_unknown(self) -> None:
        """A line in the settings file that nothing reads is a typing error, and says so."""
        known = self.names | {f"{name}_FILE" for name in self.names}
        for name in self.from_file:
            if name not in known:
                raise SettingError(f"{self.file} sets {name}, which is not a setting. docs/settings.md lists them.")


def strong(name: str, value: str, least: int, hint: str) -> str:
    """The secret, if it is long and mixed enough."""
    if len(value) < least or len(set(value)) < 10:
        raise SettingError(f"{name} is too short or too simple; it needs {least} random characters. {hint}")
    return value


def read_settings_file(path: Path) -> dict[str, str]:
    """The KEY=VALUE lines of a settings file that only its owner can read; nothing when there is no such file."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingError(f"{path} cannot be read ({error.strerror}). Make it readable to this user.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise SettingError(f"{path} holds secrets and others may read it. Run: chmod 600 {path}")
    values: dict[str, str] = {}
    for number, line in enumerate(read_text(path, f"settings file {path}").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        found = SETTING_LINE.fullmatch(line)
        if not found:
            raise SettingError(f"{path} line {number} is not KEY=VALUE. Write it like DEMO=true")
        name, value = found.groups()
        if name in values:
            raise SettingError(f"{path} line {number} sets {name} a second time. Keep one of the two lines.")
        values[name] = value
    return values


def read_text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingError(f"The {what} cannot be read ({error.strerror}). Check its path and its owner.") from None
    except UnicodeDecodeError:
        raise SettingError(f"The {what} is not UTF-8 text. Save it as UTF-8.") from None
