"""The field's words, written out."""

import ast
import re
from collections.abc import Iterator

from tests.house.code import Module, modules, report

ABBREVIATIONS = """
    acct addr amt btn calc cb cfg cnt conf ctx curr cust desc dest dt elem err exc fmt fn func idx inv kw lbl lst mgr
    msg num obj param params pos prev proc pwd qty ref repo req res resp ret sess src stmt tmp txn usr utils val vals
    var vars
"""
PLACES = {"utils", "util", "helpers", "helper", "common", "base", "misc", "core", "lib", "manager", "managers"}

# One word for one thing: what is wrong, and the word to use.
OTHER_WORDS = {
    "client": "customer",
    "clients": "customer",
    "bill": "invoice",
    "bills": "invoice",
    "cancel": "void, reverse or release",
    "cancelled": "voided, reversed or released",
}

KEPT: dict[str, str] = {
    "bill_to": "what stands above the customer's address on an invoice",
}


def test_no_module_is_named_for_nothing():
    wrong = [module.name for module in modules() if PLACES & set(module.path.with_suffix("").parts)]
    assert not wrong, report(wrong)


def test_names_are_written_out():
    wrong = [
        f"{module.name}:{line} {name}"
        for module in modules()
        for line, name in names(module)
        if name not in KEPT and words(name).intersection(ABBREVIATIONS.split())
    ]
    assert not wrong, report(wrong)


def test_one_word_for_one_thing():
    wrong = [
        f"{module.name}:{line} {name}: say {OTHER_WORDS[word]}"
        for module in [*modules(app="billing"), *modules(app="portal")]
        for line, name in names(module)
        for word in sorted(words(name) & OTHER_WORDS.keys())
        if name not in KEPT
    ]
    assert not wrong, report(wrong)


def words(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))


def names(module: Module) -> Iterator[tuple[int, str]]:
    """Every name this module gives to something."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
