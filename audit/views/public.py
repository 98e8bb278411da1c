"""What everybody may read of the log, signed in or not: what it signed, its hashes, its keys; never an entry.

The addresses are those of c2sp.org/tlog-tiles, so that programs of others can follow and witness it.
"""

import re
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from audit import log_keys, proofs, queries, signed
from audit.tiles import HASH, WIDTH, relative_path, tile_folder
from security.guards import public

TEXT = "text/plain; charset=utf-8"
FOR_SECONDS = "public, max-age=5"
FOR_EVER = "public, max-age=31536000, immutable"
TILE = re.compile(r"([0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")
HIGHEST_LEVEL = 63
FORMATS = settings.BASE_DIR / "docs" / "log-format.md"


@public
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """What the log is, for people."""
    latest = queries.latest_checkpoint()
    context = {
        "origin": log_keys.origin(),
        "keys": [{"key": key, "size": f"{key.size:,}"} for key in queries.keys_of_the_log()],
        "latest": latest,
        "size": f"{latest.size:,}" if latest else "",
        "note": _latest_note(),
        "address": f"{settings.SITE_URL}/log",
    }
    return TemplateResponse(request, "audit/public/log.html", context)


@public
@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    note = _latest_note()
    if not note:
        return HttpResponse("The log has signed nothing yet.\n", status=404, content_type=TEXT)
    return HttpResponse(note, content_type=TEXT, headers={"Cache-Control": FOR_SECONDS})


@public
@require_safe
def tile(request: HttpRequest, name: str) -> HttpResponse:
    """The hashes of a tile. A part of one that is full by now is cut from it."""
    level, index, width = _read(name)
    found = b""
    for wider in dict.fromkeys([width, WIDTH]):
        found = found or _content(tile_folder() / relative_path(level, index, wider))
    if len(found) < width * HASH:
        raise Http404
    headers = {"Cache-Control": FOR_EVER}
    return HttpResponse(found[: width * HASH], content_type="application/octet-stream", headers=headers)


@public
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Every verifier key of the log, the latest first."""
    return HttpResponse(proofs.verifier_keys(), content_type=TEXT, headers={"Cache-Control": FOR_SECONDS})


@public
@require_safe
def tool(request: HttpRequest) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{proofs.TOOL.name}"'}
    return HttpResponse(proofs.TOOL.read_bytes(), content_type=TEXT, headers=headers)


@public
@require_safe
def formats(request: HttpRequest) -> HttpResponse:
    return HttpResponse(FORMATS.read_bytes(), content_type=TEXT)


def _latest_note() -> str:
    """The latest checkpoint with all its signatures, as the sealer wrote it; nothing before the first."""
    return _content(signed.shown()).decode()


def _read(name: str) -> tuple[int, int, int]:
    """Level, index and width of a tile. An address that is written in any other way is none."""
    match = TILE.fullmatch(name)
    if not match:
        raise Http404
    level, index = int(match[1]), int(re.sub("[x/]", "", match[2]))
    width = WIDTH if match[3] is None else int(match[3])
    if level > HIGHEST_LEVEL or width == 0 or relative_path(level, index, width) != name:
        raise Http404
    return level, index, width


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
