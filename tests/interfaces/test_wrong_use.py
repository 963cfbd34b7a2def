"""Mistakes of users: each is answered with one sentence and the next step on standard error, with the exit code of
interfaces/cli/exits.py, and never with a traceback."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.interfaces.cli.exits import Exit
from tests.flows.cluster import midwatch
from tests.interfaces.fake_server import serve

ALERT = '{"title": "High CPU usage on web-03"}'
NOWHERE = "http://127.0.0.1:9"
CONFIG = """
apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: here, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: x}}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with one file of each kind that can be given wrongly."""
    for name in [name for name in os.environ if name.startswith(("MIDWATCH_", "KUBE", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    (tmp_path / "exists.tgz").write_bytes(b"kept")
    (tmp_path / "text.csv").write_text("no series at all\n")
    (tmp_path / "alert.json").write_text(ALERT)
    (tmp_path / "kubeconfig").write_text(CONFIG)
    (tmp_path / "junk.zip").write_bytes(b"PK\x03\x04 not really")
    (tmp_path / "latin.json").write_bytes(b'{"title": "\xff\xfe"}')
    return tmp_path


def one_sentence(words: list[str], said: str, environment: dict[str, str] | None = None) -> None:
    shown = midwatch(*words, environment=environment)
    err = " ".join(shown.err.split())
    assert shown.code == Exit.FAILED, (shown.out, err)
    assert shown.out == ""
    assert err.startswith("midwatch: ") and "Traceback" not in err and "Internal error" not in err, err
    assert len(shown.err.splitlines()) <= 2, err
    assert said in err, err


FLAGS = [
    ("diagnos", "Did you mean midwatch diagnose?"),
    ("nothing-like-it", "No such command 'nothing-like-it'."),
    ("diagnose --namespce shop", "Did you mean --namespace?"),
    ("diagnose --no-such-flag", "No such option: --no-such-flag."),
    ("diagnose -n", "requires an argument"),
    ("diagnose -o xml", "'xml'"),
    ("diagnose -o json --markdown", "-o json and --markdown contradict each other."),
    ("diagnose --json --markdown", "--json and --markdown contradict each other."),
    ("ask what is wrong -o yaml --json", "-o yaml and --json contradict each other."),
    ("diagnose -q -v", "-q and -v contradict each other."),
    ("diagnose -q -o json", "-q and -o json contradict each other."),
    ("replay exists.tgz -q --json", "-q and --json contradict each other."),
    ("diagnose --since tomorrow", "--since 'tomorrow' is not a valid duration."),
    ("diagnose --since 0m", "--since '0m' is not a valid duration."),
    ("diagnose --dump x --context y", "--dump and --context do not go together."),
    ("investigate --alert alert.json --dump x --context y", "--dump and --context do not go together."),
    ("doctor --dump x --context y", "--dump and --context do not go together."),
    ("investigate --alert alert.json --bundle b.tgz -n a -n b", "Give one -n"),
    ("doctor --json", "--source and --json go with --explain."),
    ("doctor --explain alert.json -n a -n b", "one namespace"),
    ("ask", "Missing argument 'QUESTION'."),
    ("investigate", "Missing option '--alert'."),
    ("replay", "Missing argument 'FILE'."),
    ("replay exists.tgz other.tgz", "unexpected extra argument"),
    ("serve --port 99999", "'--port': Input should be less than or equal to 65535."),
    ("serve --port http", "'--port': Input should be a valid integer"),
    ("serve --workers -1", "'--workers': Input should be greater than or equal to 0."),
    ("serve --host 0.0.0.0 --open", "--open would let anybody"),
    ("k8s watch --every 0", "--every"),
    ("k8s wach", "Did you mean midwatch k8s watch?"),
    ("k8s", "Missing command: one of watch."),
    ("admin", "Missing command: one of create, backup, restore."),
    ("incidents", "Missing command: one of list, show, ack, resolve, reopen, note, investigate, watch."),
    ("incidents acknowledge x", "No such command 'acknowledge'."),
    ("incidents list --status open", "'open'"),
    ("incidents list --limit 0", "--limit"),
    ("keys create ada --role root", "'root'"),
    ("completion powershell", "'powershell'"),
    ("detect spikes text.csv --factor 0", "--factor"),
    ("alerts send --type unheard", "There is no type 'unheard'."),
    ("alerts send --batch 0", "0 alerts are not between"),
    ("demo theatre", "'theatre'"),
]

FILES = [
    ("diagnose --dump no/such/folder", "no/such/folder"),
    ("diagnose --dump junk.zip", "junk.zip"),
    ("diagnose --kubeconfig none.yaml", "none.yaml"),
    ("diagnose --kubeconfig here", "here"),
    ("diagnose --bundle exists.tgz", "exists.tgz exists. Name another file, or replace it with --force"),
    ("diagnose --bundle here", "here is a folder."),
    ("bundle exists.tgz", "exists.tgz exists."),
    ("bundle no/such/folder/b.tgz", "there is no folder no/such/folder."),
    ("investigate --alert none.json", "none.json cannot be read: No such file or directory."),
    ("investigate --alert here", "here cannot be read: Is a directory."),
    ("investigate --alert alert.json --source nagios", "There is no source 'nagios'"),
    ("investigate --alert alert.json --bundle exists.tgz", "exists.tgz exists."),
    ("replay none.tgz", "There is no file none.tgz."),
    ("replay exists.tgz", "not a whole Midwatch bundle"),
    ("replay here", "not a whole Midwatch bundle"),
    ("detect spikes none.csv", "none.csv cannot be read"),
    ("detect spikes here", "Is a directory"),
    ("detect spikes text.csv", "timestamp"),
    ("doctor --explain none.json", "none.json cannot be read"),
    ("admin backup saved.zip", "There is no store at"),
    ("admin create ada", "There is no store at"),
    ("admin backup here", "here is a folder."),
    ("admin backup exists.tgz", "exists.tgz exists."),
    ("admin restore none.zip", "none.zip cannot be read"),
    ("admin restore junk.zip", "junk.zip is not a backup of midwatch, or is damaged."),
    ("init --file exists.tgz", "exists.tgz exists. Edit it, or replace it with --force"),
    ("init --file here", "here is a folder."),
    ("init", "standard input is not a terminal."),
]

PLACES = [
    ("diagnose", "kubeconfig"),
    ("k8s watch --once", "kubeconfig"),
    ("diagnose --kubeconfig kubeconfig", "127.0.0.1:9"),
    ("diagnose --kubeconfig kubeconfig --context gone", "gone"),
    ("diagnose --kubeconfig kubeconfig -l app=web", "127.0.0.1:9"),
    (f"incidents list --url {NOWHERE}", f"{NOWHERE} cannot be reached: connection refused. Check that it listens"),
    ("incidents list --url nonsense", "'nonsense' is not a valid server address."),
    (f"incidents ack ../keys --url {NOWHERE}", "'../keys' is not an incident id or number."),
    (f"keys revoke ../x --url {NOWHERE}", "'../x' is not a key id."),
    (f"keys list --url {NOWHERE}", "cannot be reached: connection refused."),
    (f"alerts send --url {NOWHERE}", "cannot be reached: connection refused. Check that it listens"),
]


@pytest.mark.parametrize(("words", "said"), [*FLAGS, *FILES, *PLACES], ids=lambda text: text)
def test_wrong_use_is_one_sentence(words: str, said: str) -> None:
    one_sentence(words.split(), said)


SETTINGS = [
    ("just text", "a settings file is a list of sections, one a line"),
    ("- a\n- list\n", "a settings file is a list of sections, one a line"),
    ("server: [", "not valid YAML"),
    ("server: {port: 70000}", "server.port"),
    ("server: {port: many}", "server.port"),
    ("server: 8350", "server"),
    ("servre: {}", "did you mean server?"),
    ("\x00", "midwatch.yaml"),
]


@pytest.mark.parametrize(("text", "said"), SETTINGS)
def test_wrong_settings_are_one_sentence(text: str, said: str, folder: Path) -> None:
    (folder / "midwatch.yaml").write_text(text)
    one_sentence(["diagnose"], said)


def test_settings_in_another_encoding_are_one_sentence(folder: Path) -> None:
    (folder / "midwatch.yaml").write_bytes("server: {url: 'http://\xe4'}".encode("latin-1"))
    one_sentence(["doctor"], "midwatch.yaml")


VARIABLES = [
    ({"MIDWATCH_SERVER__PORT": "70000"}, "server.port"),
    ({"MIDWATCH_SERVR__PORT": "1"}, "did you mean server?"),
    ({"MIDWATCH_SITES": "{"}, "not valid JSON"),
]


@pytest.mark.parametrize(("environment", "said"), VARIABLES)
def test_a_wrong_variable_is_one_sentence(environment: dict[str, str], said: str) -> None:
    one_sentence(["doctor"], said, environment)


def test_a_folder_as_settings_is_one_sentence(folder: Path) -> None:
    (folder / "midwatch.yaml").mkdir()
    one_sentence(["serve", "--port", "0"], "midwatch.yaml")


def test_a_home_that_is_a_file_is_one_sentence(folder: Path) -> None:
    one_sentence(["serve", "--port", "0"], "exists.tgz", {"MIDWATCH_HOME": str(folder / "exists.tgz")})


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        one_sentence(["serve", "--port", port], f"port is in use: 127.0.0.1:{port}.")


def test_an_address_of_another_machine_is_one_sentence() -> None:
    one_sentence(["serve", "--host", "192.0.2.1", "--port", "0"], "192.0.2.1 is not an address of this machine.")


def test_bytes_that_are_no_text_in_an_alert_are_read_or_one_sentence() -> None:
    shown = midwatch("investigate", "--alert", "latin.json")
    assert "Traceback" not in shown.err and shown.code in list(Exit)


STATUSES = [
    (401, {"error": "No key."}, "The server needs an API key. Set MIDWATCH_KEY"),
    (
        403,
        {"error": "A viewer may not do this."},
        "A viewer may not do this. Set MIDWATCH_KEY to a key of a higher role",
    ),
    (404, {"error": "There is no incident inc_1."}, "There is no incident inc_1."),
    (409, {"error": "The incident is resolved."}, "The incident is resolved."),
    (429, {"error": "Too many requests."}, "Too many requests. Try again later"),
    (503, {"error": "The store does not answer."}, "The store does not answer. Try again"),
    (500, b"<html>", "500"),
    (302, b"", "it redirects elsewhere (302)"),
    (200, b"<html>a login page</html>", "does not answer as a Midwatch server does."),
    (200, {"some": "thing"}, "does not answer as a Midwatch server does."),
]
REQUESTS = ("incidents list", "incidents ack inc_1", "keys list")


@pytest.mark.parametrize("command", REQUESTS)
@pytest.mark.parametrize(("status", "body", "said"), STATUSES, ids=[f"{s} {i}" for i, (s, _, _) in enumerate(STATUSES)])
def test_what_a_server_refuses_is_one_sentence(command: str, status: int, body: object, said: str) -> None:
    with serve(lambda _method, _path: (status, body)) as server:
        one_sentence([*command.split(), "--url", server.url], said)


def test_a_key_that_is_not_valid_is_named_so() -> None:
    body = {"error": "This API key is not valid."}
    with serve(lambda _method, _path: (401, body)) as server:
        one_sentence(["keys", "list"], "This API key is not valid.", {"MIDWATCH_URL": server.url, "MIDWATCH_KEY": "k"})
        assert server.asked[0].key == "Bearer k"


def test_a_key_of_two_lines_is_one_sentence() -> None:
    one_sentence(["incidents", "list", "--url", NOWHERE], "MIDWATCH_KEY", {"MIDWATCH_KEY": "a\nb"})


@pytest.fixture
def refused_files(folder: Path) -> Iterator[Path]:
    yield folder / "exists.tgz"
    assert (folder / "exists.tgz").read_bytes() == b"kept"


@pytest.mark.parametrize(
    "words", ["diagnose --bundle", "bundle", "admin backup", "investigate --alert alert.json --bundle"]
)
def test_a_file_that_exists_is_kept(words: str, refused_files: Path) -> None:
    one_sentence([*words.split(), str(refused_files)], "exists.")


def test_without_arguments_there_is_help_and_the_code_of_a_wrong_use() -> None:
    shown = midwatch()
    assert (shown.code, shown.out) == (Exit.FAILED, "")
    assert "Exit codes:" in shown.err and "diagnose" in shown.err
