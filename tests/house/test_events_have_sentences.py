"""Every kind of event can be read aloud, is recorded somewhere, and is recorded with what its sentence names."""

import ast
from types import SimpleNamespace

import pytest

from audit.registry import UNKNOWN, EventType, event_types, reserved_types
from tests.house.code import calls, dotted, modules, report

ALL = [*event_types("billing"), *event_types("security")]


RESERVED = [*reserved_types("billing"), *reserved_types("security")]


@pytest.mark.parametrize("event_type", ALL + RESERVED, ids=lambda event_type: event_type.code)
def test_the_sentence_renders_with_its_own_data(event_type: EventType):
    data = {field: f"<{field}>" for field in event_type.fields}

    sentence = event_type.render(SimpleNamespace(object_label="<target>", reason="<reason>", data=data))

    assert UNKNOWN not in sentence
    assert all(value in sentence for field, value in data.items() if f"{{{field}}}" in event_type.sentence)
    assert sentence[0].islower()
    assert not sentence.endswith(".")


def test_every_declared_event_is_recorded_somewhere():
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load)
    }
    wrong = [f"{place}: {name}" for name, place in declared().items() if name not in used]
    assert not wrong, report(wrong)


def declared() -> dict[str, str]:
    return {
        target.id: module.name
        for module in modules("events")
        for node in module.tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
        and isinstance(node.value, ast.Call)
        and dotted(node.value.func).endswith("declare")
    }


def test_events_are_declared_in_events_modules_only():
    wrong = [
        f"{module.name}:{call.lineno}"
        for module in modules()
        if module.layer not in ("events", "registry")
        for call in calls(module)
        if dotted(call.func).removeprefix("registry.") in ("declare", "reserve")
        and isinstance(call.args[0], ast.Constant)
    ]
    assert not wrong, report(wrong)
