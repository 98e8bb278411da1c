"""What the product imports is what it asks for, and nothing it asks for goes unused."""

import re
import sys
from importlib.metadata import packages_distributions

import pytest

from invoiced.env import BASE_DIR
from tests.house.code import APPS, Module, imports, modules, report

# Asked for without an import of ours: each with who needs it.
NOT_IMPORTED = {
    "brotli": "whitenoise compresses with it",
    "django-htmx": "an installed app: its middleware and its script",
    "fontpkg-ibm-plex-sans-arabic": "documents are set in it",
    "fontpkg-inter": "documents are set in it",
    "manimgx-fonts": "documents are set in them",
    "manimgx-fonts-cjk": "documents are set in them",
    "psycopg": "Django's PostgreSQL backend",
    "whitenoise": "middleware and storage, named in the settings",
}
BESIDE = ("bench", "tests")
LISTS = {"requirements.txt": "requirements.in", "requirements-dev.txt": "requirements-dev.in"}


def asked_for(name: str = "requirements.in") -> set[str]:
    lines = (BASE_DIR / name).read_text().splitlines()
    return {normal(re.split(r"[\[<>=!~; ]", line)[0]) for line in lines if line and line[0] not in "#-"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(by: list[Module]) -> set[str]:
    homes = packages_distributions()
    roots = {name.split(".")[0] for module in by for _, name in imports(module)}
    return {normal(homes[root][0]) for root in roots - {*APPS, *BESIDE, *sys.stdlib_module_names}}


def test_what_the_product_imports_is_asked_for():
    assert imported(modules()) - asked_for() == set()


def test_what_the_product_asks_for_is_used():
    assert asked_for() - imported(modules()) == NOT_IMPORTED.keys()


def test_what_the_tests_import_is_asked_for():
    beside = [Module(path) for folder in BESIDE for path in (BASE_DIR / folder).rglob("*.py")]
    assert imported(beside) - asked_for() - asked_for("requirements-dev.in") == set()


@pytest.mark.parametrize("name", LISTS)
def test_every_requirement_is_pinned_and_hashed(name):
    lines = re.sub(r"\\\n\s*", " ", (BASE_DIR / name).read_text()).splitlines()
    entries = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    wrong = [line[:60] for line in entries if not re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:", line)]
    assert not wrong, report(wrong)


@pytest.mark.parametrize("name", LISTS)
def test_no_list_names_a_registry(name):
    assert "://" not in (BASE_DIR / name).read_text()


@pytest.mark.parametrize(("name", "source"), LISTS.items())
def test_the_lists_are_made_from_what_is_asked_for(name, source):
    listed = set(re.findall(r"^([a-z0-9-]+)==", (BASE_DIR / name).read_text(), re.MULTILINE))
    assert asked_for(source) - listed == set()
