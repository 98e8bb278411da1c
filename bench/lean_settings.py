"""The leanest Django that may show a signed-in page: sessions and users, nothing else."""

from bench.settings import *  # noqa: F403

ROOT_URLCONF = "bench.lean"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
