"""Templates are inert: no inline style, script or handler, no other origin, nothing unescaped; and all compile."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import find
from django.template.loader import get_template

from invoiced.env import BASE_DIR
from tests.house.code import report

FORBIDDEN = {
    r"<style\b": "an inline style sheet",
    r"\sstyle\s*=": "an inline style",
    r"<script\b(?![^>]*\bsrc=)": "an inline script",
    r"<script\b(?![^>]*\bnonce=)": "a script without the nonce",
    r"\son[a-z]+\s*=": "an inline handler",
    r"\bhx-on": "an inline handler",
    r"\bhx-vals\s*=\s*['\"]?js:": "code in an attribute",
    r"javascript:": "a javascript: address",
    r"<(?:base|iframe|object|embed)\b": "an element the policy forbids",
    r"(?:src|href|action)\s*=\s*['\"]?(?:https?:)?//": "something of another origin",
    r"\|\s*safe\b|\bsafeseq\b|\bautoescape\s+off": "unescaped output",
    r"\bcsrf_exempt\b": "a form without its token",
    r"<form\b[^>]*\bmethod\s*=\s*['\"]?post\b(?:(?!</form>).)*?(?=</form>)": "a form without its token",
}

# Plain text has nothing to escape.
PLAIN_TEXT = {"unescaped output"}

# Mail programs know neither our style sheets nor our policy: an e-mail carries its own styles.
MAIL = {"an inline style sheet", "an inline style"}

TEMPLATES = sorted(path for path in BASE_DIR.glob("*/templates/**/*.html")) + sorted(
    (BASE_DIR / "templates").rglob("*.*")
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(BASE_DIR).as_posix())
def test_a_template_compiles_and_is_inert(path: Path):
    get_template(path.as_posix().partition("/templates/")[2])
    wrong = [f"{what}: {found}" for what, found in faults(path)]
    assert not wrong, report(wrong)


def faults(path: Path):
    text = path.read_text(encoding="utf-8")
    allowed = PLAIN_TEXT if path.suffix == ".txt" else MAIL if "emails" in path.parts else set()
    for pattern, what in FORBIDDEN.items():
        for found in re.finditer(pattern, text, re.IGNORECASE | re.DOTALL):
            if what == "a form without its token" and "{% csrf_token %}" in found[0]:
                continue
            if what not in allowed:
                yield what, found[0].strip()[:80]
    for address in re.findall(r"{% static ['\"]([^'\"]+)['\"]", text):
        if find(address) is None:
            yield "a static file that is not there", address
