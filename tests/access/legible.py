"""What somebody can read in an answer, whatever kind of file it is."""

import io
import subprocess
import zipfile
from typing import Any

from tests import programs


def legible(response: Any) -> bytes:
    """The body of an answer, and the text of a PDF; of a zip its directory and all that is packed in it."""
    kind = response.headers.get("Content-Type", "")
    if kind == "application/pdf":
        return pdf_text(response.body)
    if kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(response.body)) as files:
            return b"\n".join(part for name in files.namelist() for part in (name.encode(), files.read(name)))
    return bytes(response.body)


def pdf_text(document: bytes) -> bytes:
    command = [programs.needed("pdftotext"), "-layout", "-", "-"]
    return subprocess.run(command, input=document, capture_output=True, check=True).stdout
