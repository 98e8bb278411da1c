"""Ask the web server of this machine whether it is well: python -m invoiced.health"""

import http.client
import os
import sys

from django.conf import settings

from invoiced.env import load_settings_or_exit


def answer() -> int:
    """The status of /health/, asked for as the proxy would ask."""
    port = int(settings.LISTEN.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    connection.request("GET", "/health/", headers={"Host": settings.SITE.netloc})
    return connection.getresponse().status


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invoiced.settings")
    load_settings_or_exit()
    try:
        status = answer()
    except OSError as error:
        sys.exit(f"The web server does not answer at {settings.LISTEN}: {error}")
    sys.exit(None if status == http.client.OK else f"The web server answers {status}.")


if __name__ == "__main__":
    main()
