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
OPEN: dict[tuple[str, str], str] = {
    # (place, name): the reason
}
SCOPES_DISABLED = {
    "billing/actions/attempts.py": "a provider's call names a charge, and only the charge says which company it is in",
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
        decorators = [dotted(one).rpartition(".")[2] for one in node.decorator_list]
        return next((name for name in decorators if name in CLOSED), None)
    return None


def test_scopes_are_never_disabled_in_the_product():
    wrong = [
        f"{module.name}:{call.lineno}"
        for module in modules()
        for call in calls(module)
        if dotted(call.func).endswith("scopes_disabled") and module.name not in SCOPES_DISABLED
    ]
    assert not wrong, report(wrong)


def test_people_are_signed_in_in_one_place():
    """Which asks for all factors of theirs: another caller of `login` would be another answer to who may come in."""
    callers = [
        module.name for module in modules() for call in calls(module) if dotted(call.func).split(".")[-1] == "login"
    ]
    assert callers == ["accounts/sessions.py"]
