"""The ways around a safety rail stay closed."""

import ast

from tests.house.code import calls, dotted, modules, report

CLOSED = {
    "mark_safe": "use format_html or a template",
    "csrf_exempt": "every POST carries its token",
    "csp_exempt": "one policy for every page",
    "raw": "use the ORM",
    "extra": "use the ORM",
    "RawSQL": "use the ORM",
    "eval": "data is never code",
    "exec": "data is never code",
    "DecimalField": "SQLite stores decimals as floats: use MoneyField or ScaledField",
    "FloatField": "amounts and rates are whole numbers of small units",
}
OPEN = {
    # place, name: the reason
}


def test_nothing_goes_around_the_safety_rails():
    wrong = [
        f"{module.name}:{node.lineno} {name}: {CLOSED[name]}"
        for module in modules()
        for node in ast.walk(module.tree)
        for name in [written(node)]
        if name in CLOSED and (module.name, name) not in OPEN
    ]
    assert not wrong, report(wrong)


def written(node: ast.AST) -> str | None:
    """The last word of what is called or decorated with."""
    if isinstance(node, ast.Call):
        return dotted(node.func).rpartition(".")[2]
    if isinstance(node, ast.FunctionDef):
        return next((dotted(one).rpartition(".")[2] for one in node.decorator_list if dotted_or_none(one)), None)
    return None


def dotted_or_none(node: ast.expr) -> bool:
    return dotted(node).rpartition(".")[2] in CLOSED


def test_scopes_are_never_disabled_in_the_product():
    wrong = [
        f"{module.name}:{call.lineno}"
        for module in modules()
        for call in calls(module)
        if dotted(call.func).endswith("scopes_disabled") and module.name not in SCOPES_DISABLED
    ]
    assert not wrong, report(wrong)


SCOPES_DISABLED: dict[str, str] = {
    # place: the reason
}
