"""The OpenAPI document says what the API does: every address, parameter, answer and error."""

import pytest
from django.urls import get_resolver

from billing.api.endpoints import ENDPOINTS
from security.checks import routes
from tests import books, visitors
from tests.keys import TOKEN, Program, program
from tests.openapi import differences, followed, references
from tests.visitors import Browser

pytestmark = pytest.mark.django_db
PATH = "/api/v1/openapi.json"


@pytest.fixture
def document():
    return Browser().get(PATH).json()


@pytest.fixture
def records(company, acme):
    """One customer, invoice and payment, each with all its parts."""
    books.contact(acme)
    invoice = books.issued(acme, lines=[books.line(tax_rates=(books.tax_rate(company),))])
    books.draft(acme)
    return {"customers": acme, "invoices": invoice, "payments": books.paid(invoice)}


@pytest.fixture
def nightly(company):
    return program(visitors.member(company, name="Ada"))


def operation(document, path):
    return document["paths"][path]["get"]


def answer_schema(document, path, status):
    answer = operation(document, path)["responses"][str(status)]
    answer = followed(answer["$ref"], document) if "$ref" in answer else answer
    return answer["content"]["application/json"]["schema"]


def test_everybody_may_read_it(document):
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", "1")


def test_it_has_every_address_of_the_api_and_no_other(document):
    served = {f"/{route.replace('<uuid:id>', '{id}')}" for route, _ in routes() if route.startswith("api/")}
    assert served == set(document["paths"])
    assert len({operation(document, path)["operationId"] for path in served}) == len(served)


def test_each_address_names_the_permission_its_view_asks_for(document):
    resolver = get_resolver()
    asked = {
        path: resolver.resolve(path.replace("{id}", "0198c0de-0000-7000-8000-000000000000")).func.guard
        for path in document["paths"]
    }
    told = {path: operation(document, path).get("x-permission", "public") for path in document["paths"]}
    assert told == asked


def test_what_it_refers_to_is_in_it_and_all_of_it_is_referred_to(document):
    named = references(document)
    held = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in document["components"][kind]}
    assert named == held


def test_lists_are_answered_as_it_says(document, nightly, records):
    for endpoint in ENDPOINTS:
        if endpoint.lists:
            answer = nightly.get(endpoint.path, {"limit": 1}).json()
            assert differences(answer, answer_schema(document, endpoint.path, 200), document) == []
            whole = nightly.get(endpoint.path).json()
            assert differences(whole, answer_schema(document, endpoint.path, 200), document) == []
            assert whole["data"]


def test_records_are_answered_as_it_says(document, nightly, records):
    for endpoint in ENDPOINTS:
        if not endpoint.lists:
            record = records[endpoint.path.split("/")[3]]
            answer = nightly.get(endpoint.path.replace("{id}", str(record.pk)))
            assert answer.status_code == 200
            assert differences(answer.json(), answer_schema(document, endpoint.path, 200), document) == []


def test_errors_are_answered_as_it_says(document, nightly, acme):
    path, absent = "/api/v1/customers/", "/api/v1/customers/0198c0de-0000-7000-8000-000000000000/"
    poor = program(visitors.member(acme.company, "account_manager", "Cy"), token=TOKEN + "2", name="Poor")
    answers = [
        (path, nightly.get(path, {"unknown": "1"})),
        (path, Program("inv_wrong").get(path)),
        ("/api/v1/events/", poor.get("/api/v1/events/")),
        ("/api/v1/customers/{id}/", nightly.get(absent)),
        (path, nightly.put(path)),
    ]
    assert [answer.status_code for _, answer in answers] == [400, 401, 403, 404, 405]
    for where, answer in answers:
        assert differences(answer.json(), answer_schema(document, where, answer.status_code), document) == []
        told = followed(operation(document, where)["responses"][str(answer.status_code)]["$ref"], document)
        assert set(told.get("headers", {})) <= set(answer.headers)
        example = told["content"]["application/json"]["example"]
        assert differences(example, answer_schema(document, where, answer.status_code), document) == []


def test_every_parameter_it_tells_of_is_taken_and_every_choice_answered(document, nightly, records):
    usual = {"date": "2026-03-12", "date-time": "2026-03-12T09:30:00Z", "uuid": str(records["customers"].pk)}
    for endpoint in ENDPOINTS:
        for told in operation(document, endpoint.path)["parameters"]:
            if told["in"] == "path" or told["name"] == "after":
                continue
            schema = told["schema"]
            values = schema.get("enum") or [usual.get(schema.get("format")) or schema.get("maximum") or "EUR"]
            answers = {value: nightly.get(endpoint.path, {told["name"]: value}).status_code for value in values}
            assert set(answers.values()) == {200}, (endpoint.path, told["name"], answers)


def test_the_checker_sees_what_differs(document):
    schema = {"$ref": "#/components/schemas/Money"}
    right = {"currency": "EUR", "amount": "5.00"}
    for wrong in ({}, {"currency": "EUR"}, right | {"amount": 5}, right | {"amount": "5,0"}, right | {"more": 1}, None):
        assert differences(wrong, schema, document)
    assert differences(right, schema, document) == []
