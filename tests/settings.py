"""The real settings, with given secrets, a cheap password hasher and mail in memory."""

import os
import tempfile
from pathlib import Path

_folder = tempfile.TemporaryDirectory(prefix="invoiced-tests-")
_given = "ALLOWED_HOSTS DEMO EMAIL_FROM EMAIL_URL ENCRYPTION_KEYS LOG_DIR LOG_LEVEL OUTBOUND_ALLOWED SEALER_DIR"
_given += " SECRET_KEY SECRET_KEY_FALLBACKS SITE_URL STATIC_ROOT TRUSTED_PROXIES WITNESS_KEY WITNESS_URL"
for _name in _given.split():
    os.environ.pop(_name, None)
    os.environ.pop(f"{_name}_FILE", None)
os.environ.update(
    DATA_DIR=_folder.name,
    SECRET_KEY="tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ENCRYPTION_KEYS="1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    SITE_URL="https://testserver",
    EMAIL_URL="console:",
)

from invoiced.settings import *  # noqa: E402, F403
from invoiced.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: threads in a test then meet the same locks.
    DATABASES["default"]["TEST"] = {"NAME": Path(_folder.name) / "test.sqlite3"}
