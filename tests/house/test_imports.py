"""Imports run one way: between apps, and between the layers of an app."""

import ast

import pytest

from tests.house.code import APPS, Module, imports, modules, report

# Each app sees itself and those before it: security <- audit <- accounts <- billing <- portal <- invoiced
VISIBLE = {app: APPS[: position + 1] for position, app in enumerate(APPS)}

# Modules that know no rows and no requests: they work on values, and import nothing of Django.
VALUES = "currencies countries colours custom_values money formats lines taxation totals terms statuses aging"


def usual(pure: str) -> dict[str, str]:
    """The layers of an app, each with what it may import from its own app: itself, and what stands here."""
    return dict.fromkeys(pure.split(), pure) | {
        "models": pure,
        "queries": f"{pure} models",
        "doors": f"{pure} models",
        "locks": f"{pure} models",
        "emails": f"{pure} models queries",
        "forms": f"{pure} models queries",
        "actions": f"{pure} models queries locks emails",
        "views": f"{pure} models queries doors forms actions",
        "urls": "views",
        "management": f"{pure} models queries actions",
        "templatetags": pure,
        "apps": "checks models queries actions",
        "migrations": "models triggers",
    }


PURE = "errors events"
BILLING = f"{PURE} {VALUES}"

# What an app adds to that. A module that is in neither table may import nothing, and is asked for its place.
LAYERS = {
    "security": usual("")
    | {
        "ids": "",
        "address": "",
        "tokens": "",
        "visits": "ids tokens user_agents",
        "user_agents": "",
        "text": "",
        "redirects": "",
        "redaction": "",
        "headers": "guards",
        "cookies": "",
        "spreadsheet": "",
        "guessing": "",
        "leaked_passwords": "",
        "passwords": "guessing leaked_passwords",
        "keyring": "",
        "guards": "",
        "json_errors": "",
        "encryption": "keyring",
        "fields": "encryption keyring",
        "models": "ids",
        "migrations": "ids",
        "ratelimit": "models",
        "requests": "",
        "destinations": "",
        "outbound": "destinations",
        "refused_ids": "",
        "middleware": "guards headers ids requests",
        "checks": "guards keyring",
    },
    "audit": usual("")
    | {
        "canonical": "",
        "durations": "",
        "merkle": "",
        "notes": "",
        "notices": "models",
        "tiles": "merkle",
        "tool": "",
        "trouble": "",
        "published": "log_keys models notes",
        "lines": "models",
        "proofs": "leaves log_keys merkle models notes published queries tiles tool",
        "leaves": "canonical merkle",
        "signed": "merkle models notes tiles",
        "log_keys": "models notes signed tiles",
        "sealing_lock": "",
        "spoiled": "notes",
        "waiting": "leaves models spoiled",
        "placing": "errors leaves models waiting",
        "publishing": "errors log_keys merkle models notes notices placing published roots signed tiles",
        "sealing": "errors log_keys models placing publishing sealing_lock signed tiles",
        "roots": "merkle models",
        "verifying": "durations kinds leaves log_keys merkle models notes roots signed spoiled tiles triggers values",
        "state": "models spoiled trouble",
        "sealer": "placing sealing",
        "streaming": "actions actors lines models queries",
        "witnessing": "merkle models notes tiles trouble",
        "sender": "streaming witnessing",
        "values": "canonical",
        "paging": "",
        "records": "",
        "changes": "values",
        "errors": "",
        "triggers": "",
        "retention": "models triggers",
        "kinds": "",
        "registry": "kinds values",
        "actors": "values",
        "events": "kinds registry",
        "checks": "registry",
        "models": "canonical changes registry triggers values",
        "log": "actors models registry values",
        "queries": "models paging records registry",
        "forms": "canonical models queries records registry",
        "actions": (
            "actors errors events leaves log log_keys merkle models notes notices placing queries retention roots "
            "sealing_lock signed verifying"
        ),
        "exports": "actions lines models paging published queries values",
        "views": (
            "actions durations errors exports forms log_keys models paging proofs published queries registry "
            "signed state tiles witnessing"
        ),
        "templatetags": "values",
        "management": "actions actors errors sealer tiles tool verifying",
        "migrations": "models triggers",
    },
    "accounts": usual(f"{PURE} permissions roles limits")
    | {
        "checks": "permissions roles",
        "context": "permissions queries",
        "apps": "checks approvals actions",
        "scoping": "models",
        "mail": "",
        "letter_kinds": "models",
        "alert_matches": "",
        "alert_kinds": "alert_matches",
        "letters": f"{PURE} models queries mail letter_kinds",
        "policy": "models roles",
        "pending": "",
        "access": "models permissions roles",
        "approvals": f"{PURE} permissions roles limits models",
        "comparison": "permissions roles limits",
        "explanations": "permissions roles limits comparison models policy approvals",
        "doors": f"{PURE} models queries access",
        "sessions": "models queries actions",
        "session_store": "models",
        "passkeys": f"{PURE} models",
        "step_up": f"{PURE} models queries forms actions sessions passkeys",
        "middleware": "access actions events models policy queries scoping sessions",
        "queries": (
            f"{PURE} permissions roles limits comparison models access approvals policy explanations scoping "
            "alert_kinds"
        ),
        "forms": f"{PURE} permissions roles limits comparison models queries access approvals alert_kinds",
        "actions": (
            f"{PURE} permissions roles limits comparison models queries locks scoping policy passkeys letters pending "
            "access approvals alert_kinds"
        ),
        "views": (
            f"{PURE} permissions roles limits comparison models queries forms actions sessions policy passkeys step_up "
            "pending doors access approvals api scoping explanations alert_kinds"
        ),
        "api": f"{PURE} permissions models queries access actions scoping",
    },
    "billing": usual(BILLING)
    | {
        "triggers": "",
        "alerts": "actions",
        "apps": "checks models queries actions currencies alerts",
        "api": f"{BILLING} models queries",
        "links": f"{BILLING} models",
        "numbering": f"{BILLING} models locks",
        "ledger": f"{BILLING} models locks",
        "drafts": f"{BILLING} models",
        "documents": f"{BILLING} models queries",
        "gateways": f"{BILLING} models",
        "emails": f"{BILLING} models queries documents links",
        "forms": f"{BILLING} models queries drafts",
        "actions": f"{BILLING} models queries locks numbering ledger drafts emails documents links gateways",
        "tasks": f"{BILLING} models queries emails actions documents gateways links",
        "views": f"{BILLING} models queries doors forms drafts actions emails documents api",
    },
    "portal": usual(PURE)
    | {
        # A guard notes that a visit is still used, which is an action.
        "guards": f"{PURE} models queries actions",
        "views": f"{PURE} models queries doors forms actions guards",
    },
    "invoiced": usual(PURE)
    | {
        "env": "",
        "health": "env",
        "middleware": "views",
        "logs": "",
        "formats": "",
        "addresses": "env",
        "settings": "addresses env logs",
        "wsgi": "env",
        "gunicorn": "env",
        "mailbox": "",
        "retries": "",
        "statistics": "",
        "schedules": "models retries statistics",
        "worker": "models retries schedules",
        "urls": "views mailbox",
        "demo": "env models",
        "database_roles": "",
        "management": "database_roles demo env models schedules worker",
    },
}

IN_FUNCTIONS = {
    "apps.py": "AppConfig.ready registers what may be imported only once the models are loaded",
}


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_from_itself_and_those_before_it(app):
    wrong = [
        f"{module.name}:{node.lineno} imports {name}"
        for module in modules(app=app)
        for node, name in imports(module)
        if name.split(".")[0] in APPS and name.split(".")[0] not in VISIBLE[app]
    ]
    assert not wrong, report(wrong)


@pytest.mark.parametrize("app", APPS)
def test_a_layer_imports_only_the_layers_below_it(app):
    wrong = [
        f"{module.name}:{node.lineno} imports {name}"
        for module in modules(app=app)
        for node, name in imports(module)
        if name.split(".")[0] == app and not allowed(module, name.split(".")[1])
    ]
    assert not wrong, report(wrong)


def allowed(module: Module, target: str) -> bool:
    return target == module.layer or target in LAYERS[module.app].get(module.layer, "").split()


@pytest.mark.parametrize("app", APPS)
def test_every_module_has_its_place_in_the_table(app):
    wrong = [module.name for module in modules(app=app) if module.layer not in {*LAYERS[app], "__init__"}]
    assert not wrong, report(wrong)


def test_imports_are_absolute():
    wrong = [
        f"{module.name}:{node.lineno} imports {name}"
        for module in modules()
        for node, name in imports(module)
        if name.startswith(".")
    ]
    assert not wrong, report(wrong)


def test_nothing_is_imported_inside_a_function():
    wrong = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.path.name not in IN_FUNCTIONS
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not wrong, report(wrong)


def test_amounts_are_worked_out_away_from_django():
    wrong = [
        f"{module.name} imports {name}"
        for module in modules(*VALUES.split(), app="billing")
        for _, name in imports(module)
        if name.split(".")[0] == "django"
    ]
    assert not wrong, report(wrong)
