"""Canaries: every shape of secret is cut out, and what faults hide in stays readable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.kit.redaction import redact_body, redact_named, redact_text

A40 = "a1B2" * 10
SECRETS = {
    "aws-access-key": "AKIA" + "Z" * 16,
    "aws-secret-key": f"aws_secret_access_key = {A40}",
    "slack-token": "xoxb-" + "1234567890-canary",
    "slack-webhook": "https://hooks.slack.com/services/T0/B0/canary",
    "github-token": "ghp_" + "c" * 36,
    "gitlab-token": "glpat-" + "c" * 20,
    "stripe-key": "sk_live_" + "c" * 24,
    "anthropic-key": "sk-ant-" + "api03-" + "c" * 24,
    "openai-key": "sk-proj-" + "c" * 24,
    "google-key": "AIza" + "c" * 35,
    "pagerduty-token": "Authorization: Token token=canary_0001_abc",
    "jwt": "eyJhbGciOiJI.eyJzdWIiOiIx.canarysignature",
    "bearer": "Authorization: Bearer canary0123456789abcd",
    "basic-auth": "Authorization: Basic Y2FuYXJ5OmNhbmFyeQ==",
    "url-password": "postgresql://etl:canary1@db:5432/dw",
    "private-key": "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----",
    "secret": "DB_PASSWORD=canary22",
    "aws-signature": "X-Amz-Signature=" + "ab" * 32,
    "azure-signature": "https://x?sig=" + "c" * 30,
}
HARMLESS = (
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "11111111-2222-3333-4444-555555555555",
    "arn:aws:iam::111122223333:role/x",
    "password: ${DB_PASSWORD}",
    "tokens: 3",
    "https://example.com:8080/x@y",
    'secret "db-credentials" not found',
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
)


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_cut_out(kind: str) -> None:
    cut = redact_text(f"before {SECRETS[kind]} after")
    assert f"[REDACTED:{kind}]" in cut
    assert "canary" not in cut.replace("etl", "")
    assert cut.startswith("before") and cut.endswith("after")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_faults_hide_in_stays(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("DB_PASSWORD", "hunter2", False),
        ("API_KEY", "k-123456789", False),
        ("TOKEN_FILE", "/var/run/token", True),
        ("PASSWORD", "$(FROM_ELSEWHERE)", True),
        ("USE_TOKEN", "true", True),
        ("DB_HOST", "db.shop.svc", True),
        ("DATABASE_URL", "mysql://root:canary@db/app", False),
    ],
)
def test_a_setting_is_judged_by_its_name_and_its_shape(name: str, value: str, kept: bool) -> None:
    assert (redact_named(name, value) == value) is kept


@given(st.dictionaries(st.text(), st.text() | st.sampled_from(sorted(SECRETS.values()))))
def test_a_redacted_body_is_still_json(values: dict[str, str]) -> None:
    cut = redact_body(json.dumps(values).encode())
    assert json.loads(cut).keys() is not None


@given(st.text())
def test_redaction_is_done_once(text: str) -> None:
    assert redact_text(redact_text(text)) == redact_text(text)
