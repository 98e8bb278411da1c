#!/usr/bin/env python
"""Run a management command: `DATA_DIR=/some/dir manage.py COMMAND`."""

import os
import sys

from django.core.management import execute_from_command_line

from invoiced.demo import first_start
from invoiced.env import load_settings_or_exit, wrong_settings_end_in_a_sentence


def main() -> None:
    # The database, mail and settings are for their owner; static files are for whoever serves them.
    os.umask(0o022 if sys.argv[1:2] == ["collectstatic"] else 0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invoiced.settings")
    if sys.argv[1:2] == ["demo"]:
        with wrong_settings_end_in_a_sentence():
            first_start.prepare(sys.argv[2:])
    load_settings_or_exit()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
