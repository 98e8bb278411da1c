"""The web server's door into the product."""

import os

import django

from invoiced.env import load_settings_or_exit
from security import checks
from security.requests import Handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invoiced.settings")
load_settings_or_exit()
django.setup(set_prefix=False)
application = Handler()
checks.stop_if_unsafe()
