#!/usr/bin/env python
"""Run a management command: `DATA_DIR=/some/dir manage.py COMMAND`."""

import os
import sys

from django.core.management import execute_from_command_line

from invoiced.env import load_settings_or_exit


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invoiced.settings")
    load_settings_or_exit()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
