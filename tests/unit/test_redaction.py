"""Canaries: every shape of secret is cut out, and what faults hide in stays readable."""

import json
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.kit.credentials import cut_credentials, note_address, note_credential, note_login
from midwatch.kit.redaction import redact_body, redact_command, redact_named, redact_text
from tests.unit import secretshapes as shapes
from tests.unit.harmlesslines import LINES, SETTINGS

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


AROUND = ("{}", "got {} now", "x={}", '{{"a":"{}"}}', "url/{}?x", "'{}',")


@pytest.mark.parametrize("kind", shapes.TOKENS)
def test_a_token_is_known_by_its_own_letters(kind: str) -> None:
    token = shapes.TOKENS[kind]
    for around in AROUND:
        cut = redact_text(around.format(token))
        assert token.removeprefix("SSWS ") not in cut
        assert token[-12:] not in cut


@pytest.mark.parametrize("carrier", shapes.CARRIERS)
def test_a_secret_setting_is_cut_out_of_every_carrier(carrier: str) -> None:
    kept = {
        name: cut
        for name in shapes.SETTINGS
        if shapes.PASSWORD in (cut := redact_text(shapes.CARRIERS[carrier](name, shapes.PASSWORD)))
    }
    assert kept == {}


@pytest.mark.parametrize(
    "carrier",
    ["logfmt", "json", "json in json", "json in json in json", "python", "quoted yaml", "xml", "object", "words"],
)
def test_a_value_of_several_words_goes_whole(carrier: str) -> None:
    kept = {
        name: cut
        for name in shapes.SETTINGS
        if "battery9" in (cut := redact_text(shapes.CARRIERS[carrier](name, shapes.WORDS)))
    }
    assert kept == {}


@pytest.mark.parametrize("kind", shapes.TEXTS)
def test_a_secret_is_cut_out_of_its_surroundings(kind: str) -> None:
    text, parts = shapes.TEXTS[kind]
    cut = redact_text(text)
    assert [part for part in parts if part in cut] == []
    assert redact_text(cut) == cut


@pytest.mark.parametrize("kind", shapes.PEMS)
def test_a_private_key_is_cut_out_and_what_follows_stays(kind: str) -> None:
    cut = redact_text(shapes.PEMS[kind])
    assert shapes.chars(64)[:30] not in cut
    assert ("listening on 8080" in shapes.PEMS[kind]) == ("listening on 8080" in cut)


@pytest.mark.parametrize("line", LINES)
def test_a_harmless_line_stays_byte_for_byte(line: str) -> None:
    for text in (line, f"2026-11-27T10:00:00Z ERROR {line}", f"at start\n{line}\nat end"):
        assert redact_text(text) == text


@pytest.mark.parametrize(("name", "value"), [line.split("=", 1) for line in SETTINGS])
def test_a_harmless_setting_stays(name: str, value: str) -> None:
    assert redact_named(name, value) == value


@pytest.mark.parametrize(
    ("words", "program", "secret"),
    [
        (["server", "--password", shapes.WORDS], "", "battery9"),
        (["-uroot", f"-p{shapes.PASSWORD}"], "mysql", shapes.PASSWORD),
        (["sh", "-c", f"mysql -p{shapes.PASSWORD} -h db"], "", shapes.PASSWORD),
        (["--requirepass", shapes.PASSWORD], "redis", shapes.PASSWORD),
        (["curl", "-u", f"bob:{shapes.PASSWORD}", "http://x"], "", shapes.PASSWORD),
    ],
)
def test_a_command_of_several_words_is_read_as_one_line(words: list[str], program: str, secret: str) -> None:
    cut = redact_command(words, program)
    assert len(cut) == len(words)
    assert secret not in " ".join(cut)


def test_a_command_without_a_secret_stays() -> None:
    words = ["docker", "run", "-p", "8080:80", "-u", "1000:1000", "--token-ttl", "15m", "nginx"]
    assert redact_command(words) == words


def test_own_credentials_are_cut_out_in_every_form() -> None:
    value = "own+credential/" + shapes.chars(12)
    note_credential(value)
    for form in (value, shapes.b64(value), value.replace("+", "%2B").replace("/", "%2F"), json.dumps({"a": value})):
        assert shapes.chars(12) not in redact_text(f"server says {form} again")
        assert shapes.b64(value)[:20] not in redact_text(f"server says {form} again")
    assert shapes.chars(12) not in redact_body(json.dumps([value]).encode()).decode()


def test_own_login_and_address_are_noted() -> None:
    note_login("bob", "log+in" + shapes.chars(9))
    note_address("postgresql://shop:db%2B" + shapes.chars(11) + "@db/shop")
    assert shapes.b64("bob:log+in" + shapes.chars(9)) not in cut_credentials(
        f"echo {shapes.b64('bob:log+in' + shapes.chars(9))}"
    )
    assert shapes.chars(11) not in cut_credentials(f"tried db+{shapes.chars(11)} in vain")


def test_a_credential_that_is_an_ordinary_word_cuts_no_evidence() -> None:
    note_credential("postgres")
    note_credential("abc")
    assert cut_credentials("postgres says abc") == "postgres says abc"


UNITS = (
    *(
        "a",
        "/",
        "=",
        '"',
        "'",
        "\\",
        '\\"',
        "://",
        "://a:",
        "@",
        "://a:b@",
        "password=",
        "password:",
        'password "',
        "token='",
        '"token":"',
    ),
    *(
        "Bearer ",
        "Basic ",
        "authorization:",
        "authorization: Digest a=b,",
        "cookie: a=b;",
        "a=b;",
        "mysql ",
        "mysql -p",
        "-p ",
        "image: a:",
    ),
    *(
        "docker login ",
        "PRIVATE KEY",
        "-----BEGIN PRIVATE" + " KEY-----",
        "-----END PRIVATE" + " KEY-----\n",
        "AAAA\n",
        "eyJ",
        "eyJaaaaaaaa.",
    ),
    *(
        "sk-",
        "SG.",
        "key",
        "api key ",
        "password: |\n",
        "password is ",
        "--password ",
        '"--password",',
        'password=["a",',
        "&quot;",
        "%3D",
    ),
    *(
        "<password>",
        "name\nvalue: ",
        '"auth":',
        "Private-Lines: 1\n",
        "AccountKey=",
        "1234567890:A",
        "abc8Q~",
        "A1",
        "curl -u ",
        "{",
        ";",
    ),
    *(
        "%3A%2F%2F",
        "%3A%2F%2Fa%3A",
        "arn:aws:token:",
        "echo a |",
        "mysqli_connect('",
        'key="""',
        "\x1b[31mkey",
        "password=\\\n",
        "] => ",
    ),
    *(
        "password=<<a\n",
        "password=<<a\nb\n",
        '["password","',
        "'cookie','",
        "LoginModule user_a='b'",
        '<a name="password">',
        'password="a" => "',
        "%22password%22%3A%22",
        "['password'] = ",
        "password is generated for a: ",
    ),
)


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    small, large = (min(_seconds(unit * (size // len(unit))) for _ in range(2)) for size in (3_000, 30_000))
    assert large < 30 * max(small, 0.01)  # the small one may be answered from a cache


def _seconds(text: str) -> float:
    started = time.process_time()
    redact_text(text)
    return time.process_time() - started


@pytest.mark.parametrize("text", shapes.MORE)
def test_further_carriers(text: str) -> None:
    assert shapes.PASSWORD not in redact_text(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("password = <<-EOT\n    ", "\n  EOT\nregion = eu-west-1"),
        ("GET /q?f=%7B%22password%22%3A%22", "%22%2C%22page%22%3A2%7D HTTP/1.1 500"),
        ('<property name="db.password">', '</property><property name="db.host">db</property>'),
        ('PlainLoginModule required user_bob="', '"; user_agent="curl/8.4"'),
        ('password: "', '" => (known after apply)'),
    ],
)
def test_what_follows_a_value_stays(before: str, after: str) -> None:
    assert redact_text(f"{before}{shapes.PASSWORD}{after}") == f"{before}[REDACTED:secret]{after}"


@pytest.mark.parametrize(("text", "secret"), shapes.ENCODED)
def test_further_encodings(text: str, secret: str) -> None:
    assert secret in text and secret not in redact_text(text)


def test_a_shape_is_compiled_for_a_text_that_may_hold_it() -> None:
    """In a fresh process: every command redacts, and most of what it reads holds no secret."""
    code = (
        "from midwatch.kit import redaction\n"
        "redaction.redact_text('Back-off restarting failed container api in pod api-7d4b9c6f5-x2x9z')\n"
        "redaction.redact_text('token glpat-aaaaaaaaaaaaaaaaaaaaaaaa')\n"
        "print(*(s.type for s in redaction._shapes() if 'pattern' in vars(s)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "gitlab-token" in found and len(found) < 6
