"""From a kubeconfig to a connection: files, contexts, credentials, and login programs, and what is said when they are
wrong."""

import asyncio
import base64
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from midwatch.integrations.kubernetes.client import NoConnection, connect, contexts
from midwatch.integrations.kubernetes.live.credentials import Credential
from midwatch.integrations.kubernetes.live.errors import shorten, token_expiry
from midwatch.integrations.kubernetes.live.kubeconfig import choose, load
from tests.integrations.kubernetes.api_server import Asked, Reply, ask, kubeconfig, program, recorded, running


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def write(path: Path, *names: str, current: str = "", server: str = "http://{}.example") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "clusters": [
            {"name": n, "cluster": {"server": server.format(n), "certificate-authority": "ca.crt"}} for n in names
        ],
        "users": [{"name": n, "user": {"token": n}} for n in names],
        "contexts": [{"name": n, "context": {"cluster": n, "user": n}} for n in names],
        "current-context": current,
    }
    path.write_text(json.dumps(content))
    (path.parent / "ca.crt").touch()
    return path


# -- files and contexts


def test_several_files_are_merged_and_the_first_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = write(tmp_path / "1/config", "blue", "both", server="http://one-{}.example")
    two = write(tmp_path / "2/config", "both", "green", current="green", server="http://two-{}.example")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([str(one), str(tmp_path / "absent"), "", str(two)]))
    assert contexts() == ("blue", "both", "green")
    assert choose(load()).context == "green"
    assert choose(load(), "both").cluster.server == "http://one-both.example"
    assert choose(load(), "green").cluster.certificate_auth == str(tmp_path / "2/ca.crt")


def test_the_file_of_the_home_is_the_default(tmp_path: Path) -> None:
    write(tmp_path / "home/.kube/config", "blue")
    assert choose(load()).context == "blue"
    assert choose(load()).namespace == "default"


def test_no_kubeconfig_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(NoConnection, match="There is no kubeconfig"):
        connect()
    monkeypatch.delenv("HOME")
    with pytest.raises(NoConnection, match="There is no kubeconfig"):
        contexts()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "gone"))
    with pytest.raises(NoConnection, match=r"KUBECONFIG names .*gone, which does not exist"):
        connect()
    with pytest.raises(NoConnection, match="other does not exist; check the path"):
        connect(tmp_path / "other")
    with pytest.raises(NoConnection, match="cannot be read"):
        connect(tmp_path)


def test_the_service_account_of_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    with pytest.raises(NoConnection, match="no service account token"):
        load(account=tmp_path)
    for name, text in (("token", "t"), ("namespace", "midwatch\n"), ("ca.crt", "")):
        (tmp_path / name).write_text(text)
    target = choose(load(account=tmp_path))
    assert (target.context, target.namespace, target.cluster.server) == (
        "in-cluster",
        "midwatch",
        "https://[fd00::1]:6443",
    )
    assert target.user.token_file == str(tmp_path / "token")


def test_an_unknown_context_names_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path / "config", "production", "staging")
    with pytest.raises(NoConnection, match="has no context 'prodution'; did you mean 'production'"):
        connect(path, "prodution")
    with pytest.raises(NoConnection, match="it has: production, staging"):
        connect(path, "zzz")
    with pytest.raises(NoConnection, match="sets no current-context; name one of: production, staging"):
        connect(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("users: [\n  token: hunter2\n", "is not valid YAML in line"),
        ("a: \x00", "is not a text file in YAML"),
        ("- hunter2", "is malformed: Expected `object`, got `array`"),
        ("users: [{name: u, user: {token: [hunter2]}}]", "is malformed: .*token"),
        ("contexts: [{name: x, context: {cluster: c}}]", "names the cluster 'c', which .* does not define"),
        (
            "clusters: [{name: c}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]",
            "names the user 'u', whom .* does not define",
        ),
        ("", "sets no current-context; name one of: none defined"),
    ],
)
def test_a_bad_kubeconfig_is_one_sentence_without_its_contents(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(NoConnection, match=words) as caught:
        connect(path)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


B64 = base64.b64encode(b"no PEM").decode()


@pytest.mark.parametrize(
    ("user", "cluster", "words"),
    [
        ({}, {"server": "prod.example:6443"}, "is not an address such as https://host:6443"),
        ({}, {"server": "https://"}, "is not an address"),
        (
            {},
            {"certificate-authority": "gone.crt"},
            "certificate-authority .*/gone.crt of context 'lab' cannot be read",
        ),
        ({}, {"certificate-authority-data": "***"}, "certificate-authority-data of context 'lab' is not base64"),
        ({}, {"certificate-authority-data": B64}, "not valid PEM"),
        ({"client-certificate-data": B64}, {}, "only one of client-certificate and client-key"),
        ({"client-certificate-data": B64, "client-key-data": B64}, {}, "not valid PEM"),
        (
            {
                "client-certificate-data": B64,
                "client-key-data": base64.b64encode(b"BEGIN ENCRYPTED PRIVATE KEY").decode(),
            },
            {},
            "is encrypted",
        ),
        ({"auth-provider": {"name": "gcp"}}, {}, "uses auth-provider, which Kubernetes dropped"),
        ({}, {"proxy-url": "socks5://127.0.0.1:1"}, "The proxy for context 'lab' must be http:// or https://"),
        ({}, {"proxy-url": "proxy:1"}, "The proxy for context 'lab' must be"),
        ({"token": "two\nlines"}, {}, "token of context 'lab' is malformed"),
        ({"token": "tök"}, {}, "token of context 'lab' is malformed"),
        (
            {"exec": {"apiVersion": "client.authentication.k8s.io/v1alpha1", "command": "aws"}},
            {},
            "aws of context 'lab' is set up for v1alpha1",
        ),
        (
            {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws", "interactiveMode": "Always"}},
            {},
            "wants a person at a terminal",
        ),
    ],
)
def test_what_is_wrong_in_the_context_is_named(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], words: str
) -> None:
    with pytest.raises(NoConnection, match=words):
        connect(kubeconfig(tmp_path, "https://127.0.0.1:1", user, cluster))


# -- network


async def test_nothing_listens(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(
        NoConnection, match=f"Connection refused by cluster lab at 127.0.0.1:{port}; check that the cluster runs"
    ):
        await ask(kubeconfig(tmp_path, f"http://127.0.0.1:{port}"))


async def test_a_name_that_does_not_resolve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NoConnection, match=r"The host name of cluster lab at api\.invalid:6443 cannot be resolved"):
        await ask(kubeconfig(tmp_path, "https://api.invalid:6443"))


async def test_a_proxy_is_used(tmp_path: Path) -> None:
    async with running(lambda _: recorded("version")) as proxy:
        assert (
            await ask(kubeconfig(tmp_path, "http://api.invalid:8080", {}, {"proxy-url": proxy.url}))
        ).source == "cluster lab at api.invalid:8080"
    assert [a.target for a in proxy.asked] == ["http://api.invalid:8080/version"]


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async with running(lambda _: Reply(302, headers={"Location": "/login"})) as api:
        with pytest.raises(NoConnection, match="redirects elsewhere"):
            await ask(kubeconfig(tmp_path, api.url))
    assert len(api.asked) == 1


# -- credentials


def jwt(expiry: float) -> str:
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=")
        for p in ({"alg": "none"}, {"exp": expiry}, {})
    )


async def test_an_expired_token_says_when(tmp_path: Path) -> None:
    token = jwt(1_790_000_000)
    async with running(lambda _: recorded("unauthorized")) as api:
        with pytest.raises(
            NoConnection, match=r"does not accept the token of context 'lab' \(it was valid until 2026-09-21"
        ) as caught:
            await ask(kubeconfig(tmp_path, api.url, {"token": token}))
        assert token not in str(caught.value)
        with pytest.raises(NoConnection, match="does not accept the token of context 'lab'; log in again"):
            await ask(kubeconfig(tmp_path, api.url, {"token": "opaque"}))
        with pytest.raises(NoConnection, match="wants credentials"):
            await ask(kubeconfig(tmp_path, api.url, {"username": "me", "password": "hunter2"}))
    assert api.asked[-1].headers["authorization"] == "Basic " + base64.b64encode(b"me:hunter2").decode()


def test_a_strange_token_has_no_expiry() -> None:
    assert [token_expiry(t) for t in ("", "a.b.c", "a.ä.c", jwt(1e300), "a.e30.c")] == [None] * 5


async def test_a_rotated_token_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    path = kubeconfig(tmp_path, "http://unused", {"tokenFile": "token"})

    def respond(asked: Asked) -> Reply:
        file.write_text("new\n")
        return recorded("version" if asked.headers["authorization"] == "Bearer new" else "unauthorized")

    async with running(respond) as api:
        await ask(kubeconfig(path.parent, api.url, {"tokenFile": "token"}))
        assert [a.headers["authorization"] for a in api.asked] == ["Bearer old", "Bearer new"]
        file.unlink()
        with pytest.raises(NoConnection, match=r"The token file .*token of context 'lab' cannot be read"):
            await ask(path)


# -- login programs


PRINT = (
    "print(json.dumps({'kind': 'ExecCredential', 'status': {'token': "
    "f\"{os.environ['WHO']}-{'-'.join(sys.argv[1:])}-{n}\"}}))"
)
PRINT_EXPIRING = PRINT.replace(
    '{n}"', "{n}\", 'expirationTimestamp': '2020-01-01T00:00:00Z' if n == 1 else '2999-01-01T00:00:00Z'"
)


def runs(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / "runs").read_text().splitlines()]


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
async def test_a_login_program_is_run_once_for_many_questions(tmp_path: Path, version: str) -> None:
    async with running(lambda _: recorded("version")) as api:
        reader = connect(kubeconfig(tmp_path, api.url, program(tmp_path, [PRINT], version, provideClusterInfo=True)))
        await asyncio.gather(*(reader.version() for _ in range(5)))
        await reader.close()
    assert {a.headers["authorization"] for a in api.asked} == {"Bearer me-get-token-1"}
    (told,) = runs(tmp_path)
    assert told == {
        "apiVersion": f"client.authentication.k8s.io/{version}",
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": {"server": api.url}},
    }


async def test_a_login_program_is_run_again_after_a_401(tmp_path: Path) -> None:
    def respond(asked: Asked) -> Reply:
        return recorded("unauthorized" if asked.headers["authorization"].endswith("-1") else "version")

    async with running(respond) as api:
        await ask(kubeconfig(tmp_path, api.url, program(tmp_path, [PRINT])))
    assert [a.headers["authorization"][-1] for a in api.asked] == ["1", "2"]


async def test_a_login_program_is_run_again_when_its_token_expires(tmp_path: Path) -> None:
    async with running(lambda _: recorded("version")) as api:
        reader = connect(kubeconfig(tmp_path, api.url, program(tmp_path, [PRINT_EXPIRING])))
        for _ in range(3):
            await reader.version()
        await reader.close()
    assert [a.headers["authorization"][-1] for a in api.asked] == ["1", "2", "2"]


def test_a_credential_without_expiry_lasts() -> None:
    assert not Credential(token="t").stale


LONG = "x" * 90


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            [
                "print('Sign in', file=sys.stderr)",
                f"print('SSO session expired {LONG}', file=sys.stderr)",
                "sys.exit(3)",
            ],
            "failed .SSO session expired .*log in",
        ),
        (["sys.exit(3)"], "failed .no message."),
        (["print('hello')"], "printed no ExecCredential"),
        (["print('{}')"], "printed neither a token nor a certificate"),
        (["print(json.dumps({'status': {'token': 'a b'}}))"], "token of context 'lab' is malformed"),
        (
            ["print(json.dumps({'status': {'clientCertificateData': 'x', 'clientKeyData': 'y'}}))"],
            "certificate and key that do not fit",
        ),
    ],
)
async def test_a_login_program_that_fails(tmp_path: Path, body: list[str], words: str) -> None:
    async with running(lambda _: recorded("version")) as api:
        with pytest.raises(NoConnection, match=words) as caught:
            await ask(kubeconfig(tmp_path, api.url, program(tmp_path, body)))
    assert api.asked == []
    assert LONG not in str(caught.value)


async def test_a_login_program_that_is_missing(tmp_path: Path) -> None:
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "no-such-login",
            "installHint": "See the vendor's\npage.",
        }
    }
    with pytest.raises(
        NoConnection,
        match=r"no-such-login of context 'lab' is not installed or not in PATH; install it\. See the vendor's page\.",
    ):
        await ask(kubeconfig(tmp_path, "http://127.0.0.1:1", user))
    (tmp_path / "login").write_text("not executable")
    with pytest.raises(NoConnection, match=r"cannot be run .Permission denied"):
        await ask(kubeconfig(tmp_path, "http://127.0.0.1:1", {"exec": user["exec"] | {"command": "./login"}}))


def test_tokens_are_cut_out_of_foreign_text() -> None:
    assert shorten(f"bad \x1b[31m token {LONG}\n next") == "bad [31m token […] next"
    assert len(shorten("word " * 200)) == 300
