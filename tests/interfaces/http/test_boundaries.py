"""The OpenAPI document is true at the boundaries of each of its schemas, and for as many requests as one likes: `make
test-api` makes hundreds of each operation. What is tried is made when this file is imported, which takes seconds."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.interfaces.http.documented import MEANING, SCHEMA, Served, served

pytest_plugins = ["schemathesis.pytest.plugin"]
pytestmark = pytest.mark.components
__all__ = ["served"]
EXAMPLES = int(os.environ.get("MIDWATCH_API_EXAMPLES", "6"))  # of each operation


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
def test_every_answer_is_as_documented(case: schemathesis.Case, served: Served) -> None:
    case.call_and_validate(base_url=served.url, headers=served.headers, excluded_checks=[MEANING])
