"""What collectstatic makes can be served: each reference resolves, and a user who did not make it may read it."""

import stat

from django.core.management import call_command
from django.test import Client

from invoiced import settings as production


def test_static_files_are_collected_readable_and_kept_by_browsers(settings, tmp_path, db):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = production.STORAGES

    call_command("collectstatic", interactive=False, verbosity=0)

    made = [settings.STATIC_ROOT, *settings.STATIC_ROOT.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o755}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o644}
    [named] = settings.STATIC_ROOT.glob("css/tokens.????????????.css")
    answer = Client().get(f"/static/css/{named.name}", secure=True)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "max-age=315360000, public, immutable")
    assert "Access-Control-Allow-Origin" not in answer
    answer.close()
