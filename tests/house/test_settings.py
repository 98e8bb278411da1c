"""Every setting that is missing or wrong ends in its sentence; what is right is safe."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from invoiced.env import BASE_DIR

SECRET_KEY = "kP3xW9aZ7qL2mN5vB8cR4tY6uI1oE0sDfGhJ-kP3xW9aZ7qL2mN5vB8c"
COSIGNING_KEY = "witness.example.com+00651b21+BAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
NO_COSIGNING_KEY = "witness.example.com+85919484+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
GIVEN = {
    "SITE_URL": "https://invoices.example.com",
    "SECRET_KEY": SECRET_KEY,
    "ENCRYPTION_KEYS": "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "EMAIL_URL": "smtps://mail.example.com",
}

WRONG = [
    # what is set, and what the sentence says
    ({"SITE_URL": None}, "SITE_URL is not set. Write it like SITE_URL=https://invoices.example.com"),
    ({"SITE_URL": ""}, "SITE_URL is set but empty."),
    ({"SITE_URL": "invoices.example.com"}, "SITE_URL does not say what kind of address it is."),
    ({"SITE_URL": "ftp://invoices.example.com"}, "SITE_URL is not the address of a web site."),
    ({"SITE_URL": "https://me:you@invoices.example.com"}, "SITE_URL is not the address of a web site."),
    ({"SITE_URL": "https://*.example.com"}, "SITE_URL is not the address of a web site."),
    ({"SITE_URL": "https://invoices.example.com:no"}, "SITE_URL is not an address."),
    ({"SITE_URL": "https://invoices.example.com/"}, "SITE_URL must end after the host"),
    ({"SITE_URL": "http://invoices.example.com"}, "SITE_URL is not https."),
    ({"SITE_URL": "http://localhost:8000"}, "SITE_URL is not https."),
    ({"SITE_URL": "http://invoices.example.com", "DEMO": "true"}, "SITE_URL is not https."),
    (
        {"SITE_URL": "http://127.0.0.1:8000", "DEMO": "true"},
        "SITE_URL is a number. Browsers keep passkeys for names only: write http://localhost.",
    ),
    ({"SECRET_KEY": None}, "SECRET_KEY is not set. Make one with: openssl rand -hex 32"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY is too short or too simple; it needs 50 random characters."),
    ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY is too short or too simple"),
    ({"SECRET_KEY": f" {SECRET_KEY}"}, "SECRET_KEY begins or ends with white space."),
    ({"SECRET_KEY": f"{SECRET_KEY}\nand more"}, "SECRET_KEY holds a line end"),
    ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY and SECRET_KEY_FILE are both set."),
    ({"SECRET_KEY": None, "SECRET_KEY_FILE": ""}, "SECRET_KEY_FILE is set but empty."),
    (
        {"SECRET_KEY": None, "SECRET_KEY_FILE": "/nowhere"},
        "The file /nowhere of SECRET_KEY_FILE cannot be read (No such file or directory).",
    ),
    ({"SECRET_KEY_FALLBACKS": f"{SECRET_KEY},"}, "SECRET_KEY_FALLBACKS has an empty entry between commas."),
    ({"SECRET_KEY_FALLBACKS": "short"}, "SECRET_KEY_FALLBACKS is too short or too simple"),
    ({"ENCRYPTION_KEYS": None}, "ENCRYPTION_KEYS is not set. Make one with:"),
    ({"ENCRYPTION_KEYS": "1:short"}, "ENCRYPTION_KEYS is too short or too simple"),
    ({"ENCRYPTION_KEYS": "x" + GIVEN["ENCRYPTION_KEYS"]}, "ENCRYPTION_KEYS has an entry that cannot be read."),
    ({"ENCRYPTION_KEYS": GIVEN["ENCRYPTION_KEYS"][:-6] + "CE=="}, "ENCRYPTION_KEYS"),
    ({"EMAIL_URL": None}, "EMAIL_URL is not set. Write smtp://"),
    ({"EMAIL_URL": "carrier-pigeon://loft"}, 'EMAIL_URL begins with "carrier-pigeon:", which is not known.'),
    ({"EMAIL_URL": "smtp://"}, "EMAIL_URL names no mail server."),
    ({"EMAIL_URL": "smtp://host/?tls=maybe"}, "EMAIL_URL asks for tls=maybe."),
    ({"EMAIL_URL": "smtp://me:you@host/?tls=none"}, "EMAIL_URL would send its password in clear."),
    ({"EMAIL_URL": "smtp://host/?speed=fast"}, 'EMAIL_URL has "speed" after its question mark; known there: tls.'),
    ({"EMAIL_URL": "smtp://host/?tls"}, "EMAIL_URL has a part after its question mark that is not name=value."),
    ({"EMAIL_URL": "file://host/mail"}, "EMAIL_URL names no folder by its whole path."),
    ({"EMAIL_FROM": "Acme"}, 'EMAIL_FROM is "Acme", not a mailbox.'),
    ({"DATABASE_URL": "mysql://host/name"}, 'DATABASE_URL begins with "mysql:", which is not known.'),
    ({"DATABASE_URL": "sqlite:relative.sqlite3"}, "DATABASE_URL names no SQLite file by its whole path."),
    ({"DATABASE_URL": "postgresql://host"}, "DATABASE_URL names no database."),
    ({"DATABASE_URL": "postgresql://host:port/name"}, "DATABASE_URL is not an address."),
    ({"DATABASE_URL": "postgresql://host/name?options=-csearch_path"}, 'DATABASE_URL has "options" after its question'),
    (
        {"DATABASE_URL": "postgresql://me:one@host/name", "DATABASE_PASSWORD": "two"},
        "DATABASE_URL holds a password and DATABASE_PASSWORD is set too.",
    ),
    ({"ALLOWED_HOSTS": "*"}, 'ALLOWED_HOSTS has "*". Write whole host names'),
    ({"ALLOWED_HOSTS": ".example.com"}, 'ALLOWED_HOSTS has ".example.com".'),
    ({"ALLOWED_HOSTS": "example.com:8000"}, 'ALLOWED_HOSTS has "example.com:8000".'),
    ({"TRUSTED_PROXIES": "-1"}, 'TRUSTED_PROXIES is "-1". Write a whole number from 0 to 5.'),
    ({"TRUSTED_PROXIES": "127.0.0.1"}, "TRUSTED_PROXIES is"),
    ({"TRUSTED_PROXIES": "\u0661"}, "TRUSTED_PROXIES is"),
    ({"LISTEN": "8000"}, 'LISTEN is "8000". Write a host and a port, like LISTEN=127.0.0.1:8000'),
    ({"LISTEN": "127.0.0.1:65536"}, "LISTEN is"),
    ({"WEB_WORKERS": "0"}, 'WEB_WORKERS is "0". Write a whole number from 1 to 64.'),
    ({"WEB_THREADS": "many"}, 'WEB_THREADS is "many".'),
    ({"LOG_LEVEL": "loud"}, 'LOG_LEVEL is "loud". Choose one of: DEBUG, INFO, WARNING, ERROR.'),
    ({"DEMO": "maybe"}, 'DEMO is "maybe", which is neither yes nor no. Write true or false.'),
    ({"STATIC_ROOT": ""}, "STATIC_ROOT is set but empty."),
    ({"DATA_DIR": ""}, "DATA_DIR is set but empty."),
    ({"LOG_DIR": ""}, "LOG_DIR is set but empty."),
    ({"OUTBOUND_ALLOWED": "10.4.0.1/16"}, 'OUTBOUND_ALLOWED has "10.4.0.1/16". Write host names, IP addresses'),
    ({"OUTBOUND_ALLOWED": "https://logs.internal"}, 'OUTBOUND_ALLOWED has "https://logs.internal".'),
    ({"OUTBOUND_ALLOWED": "logs.internal:65536"}, 'OUTBOUND_ALLOWED has "logs.internal:65536".'),
    ({"WITNESS_URL": "https://witness.example.com"}, "WITNESS_URL and WITNESS_KEY belong together."),
    ({"WITNESS_KEY": COSIGNING_KEY}, "WITNESS_URL and WITNESS_KEY belong together."),
    (
        {"WITNESS_URL": "https://me:you@witness.example.com", "WITNESS_KEY": COSIGNING_KEY},
        "WITNESS_URL is not the address of a witness.",
    ),
    ({"WITNESS_URL": "https://witness.example.com", "WITNESS_KEY": "key"}, "WITNESS_KEY is not a verifier key."),
    (
        {"WITNESS_URL": "https://witness.example.com", "WITNESS_KEY": NO_COSIGNING_KEY},
        "WITNESS_KEY is not a key for cosignatures.",
    ),
    ({"SEALER_DIR": ""}, "SEALER_DIR is set but empty."),
]

WRONG_FILE = [
    ("SITE_URL https://invoices.example.com", 0o600, "line 1 is not KEY=VALUE."),
    ("DEMO=true\nDEMO=true", 0o600, "line 2 sets DEMO a second time."),
    ("DEMO=true", 0o644, "holds secrets and others may read it. Run: chmod 600"),
    ("DEMO=", 0o600, "DEMO is set but empty."),
    ("SITE_ULR=https://invoices.example.com", 0o600, "sets SITE_ULR, which is not a setting."),
]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in documented():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def read_settings() -> dict:
    return runpy.run_path(str(BASE_DIR / "invoiced" / "settings.py"))


def documented() -> list[str]:
    return re.findall(r"^\| `([A-Z_]+)` \|", (BASE_DIR / "docs" / "settings.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_a_wrong_setting_ends_in_its_sentence(environment, change, sentence):
    for name, value in change.items():
        if value is None:
            environment.delenv(name)
        else:
            environment.setenv(name, value)

    with pytest.raises(ImproperlyConfigured) as refusal:
        read_settings()

    assert sentence in str(refusal.value)
    assert all(secret not in str(refusal.value) for secret in (SECRET_KEY, GIVEN["ENCRYPTION_KEYS"], "you@", "one@"))


@pytest.mark.parametrize(("text", "mode", "sentence"), WRONG_FILE)
def test_a_wrong_settings_file_ends_in_its_sentence(environment, tmp_path, text, mode, sentence):
    write(tmp_path / "settings.env", text, mode)

    with pytest.raises(ImproperlyConfigured) as refusal:
        read_settings()

    assert sentence in str(refusal.value)


def test_every_setting_has_a_wrong_value_in_the_table():
    tried = {name.removesuffix("_FILE") for change, _ in WRONG for name in change}
    assert tried == set(documented())


def test_the_documented_settings_are_the_ones_that_are_read(environment):
    assert sorted(documented()) == sorted(read_settings()["env"].names)


def test_the_environment_wins_over_the_settings_file(environment, tmp_path):
    write(tmp_path / "settings.env", "# made by hand\n\nLISTEN=127.0.0.1:9000\nWEB_THREADS=7\n", 0o600)
    environment.setenv("LISTEN", "127.0.0.1:9001")

    settings = read_settings()

    assert (settings["LISTEN"], settings["WEB_THREADS"]) == ("127.0.0.1:9001", 7)


def test_a_secret_may_stand_in_a_file(environment, tmp_path):
    write(tmp_path / "key", f"{SECRET_KEY}\n", 0o600)
    environment.delenv("SECRET_KEY")
    environment.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))

    assert read_settings()["SECRET_KEY"] == SECRET_KEY


def test_unset_means_safe(environment):
    settings = read_settings()

    assert {name: settings[name] for name in settings if name.startswith(("SESSION_COOKIE", "CSRF_COOKIE"))} == {
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_AGE": 43_200,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_AGE": None,
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
    }
    assert (settings["DEBUG"], settings["DEMO"], settings["ALLOWED_HOSTS"]) == (False, False, ["invoices.example.com"])
    assert (settings["SECURE_SSL_REDIRECT"], settings["SECURE_HSTS_SECONDS"]) == (True, 63_072_000)
    assert settings["SECURE_PROXY_SSL_HEADER"] is None


def test_a_demo_on_this_machine_works_without_https(environment):
    environment.setenv("DEMO", "yes")
    environment.setenv("SITE_URL", "http://localhost:8123")
    environment.delenv("EMAIL_URL")

    settings = read_settings()

    assert (settings["SESSION_COOKIE_NAME"], settings["CSRF_COOKIE_NAME"]) == ("session", "csrf")
    assert (settings["SECURE_SSL_REDIRECT"], settings["SECURE_HSTS_SECONDS"]) == (False, 0)
    assert settings["EMAIL_FILE_PATH"] == settings["DATA_DIR"] / "mail"


def test_sqlite_waits_in_line_and_loses_nothing(environment):
    database = read_settings()["DATABASES"]["default"]

    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in database["OPTIONS"]["init_command"]


def test_a_postgresql_address_is_read_whole(environment):
    environment.setenv("DATABASE_URL", "postgresql://in%40voiced@db:5433/books?sslmode=verify-full")
    environment.setenv("DATABASE_PASSWORD", "p:w/d")

    database = read_settings()["DATABASES"]["default"]

    assert [database[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "books",
        "in@voiced",
        "p:w/d",
        "db",
        "5433",
    ]
    assert database["OPTIONS"]["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["-c", "import invoiced.wsgi"],
        ["-m", "gunicorn", "--config", "python:invoiced.gunicorn", "--check-config"],
    ],
)
def test_a_wrong_setting_stops_each_door_without_a_traceback(environment, command):
    environment.delenv("SITE_URL")

    ended = run(command)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "SITE_URL is not set. Write it like SITE_URL=https://invoices.example.com\n"


def test_the_web_server_does_not_start_where_nobody_could_reach_it(environment):
    command = ["-m", "gunicorn", "--config", "python:invoiced.gunicorn", "--check-config"]

    alone = run(command)
    environment.setenv("TRUSTED_PROXIES", "1")
    behind_a_proxy = run(command)

    assert (alone.returncode, behind_a_proxy.returncode) == (2, 0), behind_a_proxy.stderr
    assert alone.stderr.endswith("Put a proxy in front (docs/operations) and set TRUSTED_PROXIES=1.\n")


def test_the_deploy_check_is_clean_with_nothing_but_what_must_be_given(environment):
    ended = run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"])

    assert (ended.returncode, ended.stdout) == (0, "System check identified no issues (0 silenced).\n"), ended.stderr


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, *command], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )


def write(path: Path, text: str, mode: int) -> None:
    path.write_text(text)
    path.chmod(mode)
