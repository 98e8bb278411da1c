"""Time is an argument: below the boundary nothing asks what time it is. And no float touches money."""

import ast
from collections.abc import Iterator

from tests.house.code import calls, dotted, modules, report

BELOW_THE_BOUNDARY = """
    models queries actions locks doors numbering ledger drafts documents emails letters mail gateways forms
    events errors currencies money lines taxation totals terms statuses aging access roles permissions registry
    values log actors
"""
CLOCKS = {
    "date.today",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "timezone.now",
    "timezone.localdate",
    "timezone.localtime",
    "time.time",
    "Now",
}
LOOKS_AT_THE_CLOCK = {
    "audit/models/tree.py": "since when an entry waits is the database's to say: whoever writes it does not choose it",
    "billing/gateways/sandbox.py": "it stands in for a payment provider, whose clock is its own",
    "portal/doors.py": "whether a link has expired is part of whether it is there at all",
}
FLOATS: dict[str, str] = {
    # place: the reason
}


def test_nothing_below_the_boundary_looks_at_the_clock():
    wrong = [
        f"{module.name}:{node.lineno} {name}"
        for module in modules(*BELOW_THE_BOUNDARY.split())
        if module.name not in LOOKS_AT_THE_CLOCK
        for node in outside_tasks(module.tree)
        if isinstance(node, ast.Attribute | ast.Name)
        for name in [".".join(dotted(node).split(".")[-2:])]
        if name in CLOCKS
    ]
    assert not wrong, report(wrong)


def outside_tasks(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those of queued tasks: a task is a boundary, where time comes in."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.FunctionDef) and "task" in map(decorator, child.decorator_list)):
            yield from outside_tasks(child)


def decorator(node: ast.expr) -> str:
    return dotted(node.func if isinstance(node, ast.Call) else node)


def test_no_float_in_billing():
    wrong = [
        f"{module.name}:{node.lineno}"
        for module in [*modules(app="billing"), *modules(app="portal")]
        if module.name not in FLOATS
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and dotted(node.func) == "float")
    ]
    assert not wrong, report(wrong)


def test_amounts_are_rounded_in_one_place():
    wrong = [
        f"{module.name}:{call.lineno}"
        for module in modules(app="billing")
        for call in calls(module)
        if dotted(call.func) == "round"
    ]
    assert not wrong, report(wrong)
