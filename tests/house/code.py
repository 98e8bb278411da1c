"""The source files of the product, read as syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from invoiced.env import BASE_DIR

APPS = ("security", "audit", "accounts", "billing", "portal", "invoiced")


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def name(self) -> str:
        """As people name it: billing/actions/invoices.py"""
        return self.path.relative_to(BASE_DIR).as_posix()

    @property
    def app(self) -> str:
        return self.name.split("/")[0]

    @property
    def layer(self) -> str:
        """The module or package directly inside the app: models, actions, money, ..."""
        return self.name.split("/")[1].removesuffix(".py")

    @property
    def tree(self) -> ast.Module:
        return parse(self.path)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules(*layers: str, app: str | None = None) -> list[Module]:
    """The modules of the product; only some layers, or one app, if named."""
    found = [Module(path) for name in APPS for path in sorted((BASE_DIR / name).rglob("*.py"))]
    return [
        module
        for module in found
        if module.name.count("/") >= 1 and (not layers or module.layer in layers) and (app is None or module.app == app)
    ]


def imports(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Each import of a module with the dotted name it reaches for."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            if source in APPS:
                yield from ((node, f"{source}.{name.name}") for name in node.names)
            else:
                yield node, source


def dotted(node: ast.expr) -> str:
    """The name a call or attribute is written with: timezone.now"""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(module: Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def report(wrong: list[str]) -> str:
    """What a failing house test prints: one place a line."""
    return "\n".join(["", *wrong])
