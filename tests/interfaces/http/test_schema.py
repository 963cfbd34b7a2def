"""The OpenAPI document is true: whatever it allows gets an answer that it describes, and nothing at all gets a 500.
Here with a few requests of each operation; test_boundaries makes many more."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from tests.interfaces.http.documented import DOCUMENT, MEANING, SCHEMA, Served, served

__all__ = ["served"]
EXAMPLES = 5  # of each operation and kind
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
OPERATIONS = [(path, method, op) for path, methods in DOCUMENT["paths"].items() for method, op in methods.items()]
TRIED = [  # what takes nothing can be given nothing wrong
    (path, method, mode)
    for path, method, operation in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.keys() & {"parameters", "requestBody"}
]


@pytest.mark.parametrize(("path", "method", "mode"), TRIED)
def test_answers_are_as_documented(path: str, method: str, mode: GenerationMode, served: Served) -> None:
    @given(case=SCHEMA[path][method].as_strategy(mode))
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=served.url, headers=served.headers, excluded_checks=[MEANING])

    check()


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda x: x if isinstance(x, str) else "")
def test_every_operation_says_what_it_is_for_and_how_it_fails(
    path: str, method: str, operation: dict[str, object]
) -> None:
    assert operation.get("summary")
    responses = operation["responses"]
    assert isinstance(responses, dict)
    assert "422" not in responses
    if path.startswith("/api"):
        assert set(responses) >= {"400", "404", "409", "413", "429", "500", "503"}
        assert operation.get("security") or path == "/api/v1/setup"
    assert (set(responses) >= {"401", "403"}) == bool(operation.get("security")), "where a key is needed, only there"


def test_every_field_of_a_request_has_its_limits() -> None:
    """A text without a greatest length would be stored however long it is."""
    for name in ("NewAlert", "Changes", "Action", "QuestionBody", "NewKey", "Setup"):
        for field, schema in DOCUMENT["components"]["schemas"][name]["properties"].items():
            for one in schema.get("anyOf", [schema]):
                bounded = {"maxLength", "enum", "format", "$ref", "pattern"} & set(one)
                assert one.get("type") != "string" or bounded, f"{name}.{field}"
