"""The web server's door into the product."""

import os

from django.core.wsgi import get_wsgi_application

from invoiced.env import load_settings_or_exit
from security import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invoiced.settings")
load_settings_or_exit()
application = get_wsgi_application()
checks.stop_if_unsafe()
