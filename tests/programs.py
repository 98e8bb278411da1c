"""Programs that some tests need beside Python. Without one a test is skipped at the desk, and fails in CI."""

import os
import shutil
from pathlib import Path

import pytest


def needed(*names: str, install: str = "", file: Path | None = None) -> str:
    """The path of the first of these programs that is installed, and with it a file of what it needs."""
    for name in names:
        if (path := shutil.which(name)) and (file is None or file.exists()):
            return path
    missing = f"{names[0]} is not installed. Install it, for example: apt-get install {install or names[0]}"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
