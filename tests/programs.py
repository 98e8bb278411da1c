"""Programs that some tests need beside Python. Without one a test is skipped at the desk, and fails in CI."""

import os
import shutil

import pytest


def needed(*names: str) -> str:
    """The path of the first of these programs that is installed."""
    for name in names:
        if path := shutil.which(name):
            return path
    missing = f"{names[0]} is not installed. Install it, for example: apt-get install {names[0]}"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
