"""The real settings on the bench's own PostgreSQL, plain http on loopback."""

from invoiced.settings import *  # noqa: F403

ALLOWED_HOSTS = ["127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGGING = {"version": 1, "disable_existing_loggers": True}
