"""How the web server runs: gunicorn --config python:invoiced.gunicorn"""

import os

from django.conf import settings
from gunicorn.http import wsgi

from invoiced.env import SettingError, wrong_settings_end_in_a_sentence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invoiced.settings")
with wrong_settings_end_in_a_sentence():
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        raise SettingError(
            "SITE_URL is https, but this server speaks plain http and TRUSTED_PROXIES is 0, so nobody would get past "
            "the redirect to https. Put a proxy in front (docs/operations) and set TRUSTED_PROXIES=1."
        )

# The name of the server in answers; its kind and version are nobody's business.
wsgi.SERVER = "invoiced"

wsgi_app = "invoiced.wsgi:application"
bind = [settings.LISTEN]
worker_class = "gthread"
workers = settings.WEB_WORKERS
threads = settings.WEB_THREADS
# A start that fails stops the master instead of starting workers again and again.
preload_app = True
control_socket_disable = True

timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 5000
max_requests_jitter = 500

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
header_map = "drop"
# Django reads the proxy's headers, and only when TRUSTED_PROXIES says there is one.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
umask = 0o077

logconfig_dict = settings.LOGGING
