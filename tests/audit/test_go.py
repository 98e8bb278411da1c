"""Another implementation accepts what we seal: that of Go's checksum database, golang.org/x/mod/sumdb."""

import os
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from audit import log_keys, proofs
from audit.models import Checkpoint
from audit.published import published_note
from security.ids import uuid7
from tests import programs
from tests.audit import sealed

pytestmark = pytest.mark.django_db
CODE = Path("/usr/share/gocode")
SUMDB = CODE / "src/golang.org/x/mod/sumdb"


@pytest.fixture(scope="session")
def check(tmp_path_factory):
    """The program in go/check.go."""
    go = programs.needed("go", install="golang-go golang-golang-x-mod-dev", file=SUMDB / "tlog" / "tlog.go")
    made = tmp_path_factory.mktemp("go")
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": str(CODE)}
    source = Path(__file__).parent / "go" / "check.go"
    subprocess.run([go, "build", "-o", made / "check", source], env=environment, cwd=made, check=True)
    return made / "check"


@pytest.mark.parametrize(("first", "more"), [(1, 1), (5, 2), (200, 100), (256, 300)])
def test_go_accepts_checkpoint_tiles_and_proofs(check, tmp_path, settings, first, more):
    entry, *_ = sealed.entries(uuid7(), first, reason="Größe \x7f 😀")
    older = sealed.seal()
    sealed.entries(uuid7(), more)
    newer = sealed.seal(sealed.LATER + timedelta(seconds=9))
    unpack(entry, tmp_path)
    (tmp_path / "older").write_text(published_note(older))
    (tmp_path / "consistency").write_text(proofs.consistency(older.size, newer))

    result = run(check, settings.LOG_DIR, tmp_path)

    assert (result.stdout, result.stderr) == (f"entry 0 of {first + more}, which begins with {first}\n", "")


def test_go_refuses_what_is_not_so(check, tmp_path, settings):
    """So that the test above means something."""
    entry, *_ = sealed.entries(uuid7(), 3)
    checkpoint = sealed.seal()
    unpack(entry, tmp_path)
    (tmp_path / "older").write_text(published_note(checkpoint))
    (tmp_path / "consistency").write_text(proofs.consistency(checkpoint.size, Checkpoint.objects.get()))
    (tmp_path / "entry.json").write_bytes((tmp_path / "entry.json").read_bytes() + b" ")

    assert run(check, settings.LOG_DIR, tmp_path).returncode == 1


def run(check, log, folder):
    key = str(log_keys.verifiers()[-1])
    arguments = [check, log, key, folder, folder / "older", folder / "consistency"]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def unpack(entry, folder):
    with proofs.of_entry("billing", entry) as file, zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
