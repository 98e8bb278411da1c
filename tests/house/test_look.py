"""Pages speak the vocabulary of docs/look.md: known classes, known icons, documented components and behaviours."""

import re

from invoiced.env import BASE_DIR
from tests.house.code import report

STATIC, TEMPLATES = BASE_DIR / "static", BASE_DIR / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts)
VOCABULARY = (BASE_DIR / "docs" / "look.md").read_text(encoding="utf-8")
STYLES = "".join(path.read_text(encoding="utf-8") for path in (STATIC / "css").glob("*.css"))


def test_every_class_is_in_the_style_sheets():
    known = set(re.findall(r"\.([a-z_][\w-]*)", STYLES))
    unknown = [
        f"{path.relative_to(BASE_DIR)}: {name}"
        for path in PAGES
        for classes in re.findall(r'\bclass="([^"]*)"', path.read_text(encoding="utf-8"))
        for name in re.sub(r"{%.*?%}|{{.*?}}", " ", re.sub(r"\S+{{.*?}}", " ", classes)).split()
        if name not in known
    ]
    assert not unknown, report(unknown)


def test_every_icon_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text(encoding="utf-8")))
    missing = [
        f"{path.relative_to(BASE_DIR)}: {name}"
        for path in PAGES
        for name in re.findall(
            r'(?:icon\.html" with name=|\bicon=)"([\w-]+)"|icons\.svg\' %}#([\w-]+)|icons }}#([\w-]+)',
            path.read_text(encoding="utf-8"),
        )
        for name in name
        if name and name not in drawn
    ]
    assert not missing, report(missing)


def test_every_component_is_in_the_vocabulary():
    shell = {"head", "navigation", "company_switcher", "user_menu", "messages", "fields"}
    names = {path.stem for path in (TEMPLATES / "components").glob("*.html")} - shell
    assert {name for name in names if f"components/{name}.html" not in VOCABULARY} == set()


def test_every_module_is_in_the_vocabulary():
    names = {path.stem for path in (STATIC / "js").glob("*.js")}
    assert {name for name in names if name not in VOCABULARY} == set()


def test_every_colour_comes_from_the_tokens():
    elsewhere = [path for path in (STATIC / "css").glob("*.css") if path.name != "tokens.css"]
    wrong = [
        f"{path.name}: {found}"
        for path in elsewhere
        for found in re.findall(
            r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|light-dark)\([^)]*\)", path.read_text(encoding="utf-8")
        )
    ]
    assert not wrong, report(wrong)
