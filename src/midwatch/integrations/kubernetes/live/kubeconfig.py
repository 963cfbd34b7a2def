"""Finds and merges kubeconfig files as kubectl does, and picks one context out of them."""

import os
from base64 import b64decode
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml
from lightkube.config import models

from midwatch.integrations.kubernetes.live.errors import NoConnection, shorten
from midwatch.kit.credentials import note_address, note_credential
from midwatch.kit.secretnames import holds_secret

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
IN_CLUSTER = "in-cluster"


class KubeconfigCluster(models.Cluster, omit_defaults=True):
    tls_server_name: str | None = msgspec.field(name="tls-server-name", default=None)
    proxy_url: str | None = msgspec.field(name="proxy-url", default=None)
    extensions: list[dict[str, Any]] | None = None


class Plugin(models.UserExec, omit_defaults=True):
    """A program that prints credentials (`aws eks get-token` and its like)."""

    interactiveMode: str | None = None  # noqa: N815 - the kubeconfig's spelling, beside lightkube's apiVersion and installHint
    provideClusterInfo: bool | None = None  # noqa: N815


class User(models.User, omit_defaults=True):
    auth_provider: dict[str, Any] | None = msgspec.field(name="auth-provider", default=None)
    # Two more fields than lightkube reads.
    exec: Plugin | None = None  # pyright: ignore[reportIncompatibleVariableOverride]


class _NamedCluster(msgspec.Struct):
    name: str
    cluster: KubeconfigCluster = msgspec.field(default_factory=KubeconfigCluster)


class _NamedUser(msgspec.Struct):
    name: str
    user: User | None = None


class _NamedContext(msgspec.Struct):
    name: str
    context: models.Context


class _File(msgspec.Struct):
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None
    current: str | None = msgspec.field(name="current-context", default=None)


@dataclass
class Kubeconfig:
    """Everything the files say, by name; `current` is the context used when none is named."""

    clusters: dict[str, KubeconfigCluster] = field(default_factory=dict[str, KubeconfigCluster])
    users: dict[str, User] = field(default_factory=dict[str, User])
    contexts: dict[str, models.Context] = field(default_factory=dict[str, models.Context])
    current: str = ""
    where: str = ""


@dataclass(frozen=True)
class Target:
    """One context, resolved; all paths in it are absolute."""

    context: str
    namespace: str
    cluster: KubeconfigCluster
    user: User


def load(path: Path | None = None, account: Path = SERVICE_ACCOUNT) -> Kubeconfig:
    """The named file; else those of KUBECONFIG, else ~/.kube/config, else the pod's own service account."""
    if path:
        return _merge([path.expanduser()])
    listed = [Path(p).expanduser() for p in os.environ.get("KUBECONFIG", "").split(os.pathsep) if p]
    if existing := [p for p in listed if p.exists()]:
        return _merge(existing)
    if listed:
        raise NoConnection(
            f"KUBECONFIG names {', '.join(map(str, listed))}, which does not exist; correct the variable or unset it."
        )
    home = os.environ.get("HOME")  # unset in containers that run under an arbitrary user id
    if home and (default := Path(home, ".kube", "config")).exists():
        return _merge([default])
    if host := os.environ.get("KUBERNETES_SERVICE_HOST"):
        return _in_cluster(host, os.environ.get("KUBERNETES_SERVICE_PORT", "443"), account)
    raise NoConnection(
        "There is no kubeconfig: neither KUBECONFIG nor ~/.kube/config; name one, or run inside a cluster."
    )


def _merge(files: list[Path]) -> Kubeconfig:
    merged = Kubeconfig(where=", ".join(map(str, files)))
    for path in files:
        content, folder = _read(path), path.absolute().parent
        for cluster in content.clusters or ():
            merged.clusters.setdefault(cluster.name, _absolute(cluster.cluster, folder, "certificate_auth"))
        for entry in content.users or ():
            user = _absolute(entry.user or User(), folder, "client_cert", "client_key", "token_file")
            if user.exec and "/" in user.exec.command:
                _absolute(user.exec, folder, "command")
            merged.users.setdefault(entry.name, user)
        for context in content.contexts or ():
            merged.contexts.setdefault(context.name, context.context)
        merged.current = merged.current or content.current or ""
    return merged


T = TypeVar("T", bound=msgspec.Struct)


def _absolute(part: T, folder: Path, *names: str) -> T:
    """Relative paths are relative to the file that holds them, which is no longer known after merging."""
    for name in names:
        if value := getattr(part, name):
            setattr(part, name, str(folder / Path(value).expanduser()))
    return part


def _read(path: Path) -> _File:
    try:
        return msgspec.convert(yaml.safe_load(path.read_bytes()) or {}, _File)
    except FileNotFoundError:
        raise NoConnection(f"The kubeconfig {path} does not exist; check the path.") from None
    except OSError as error:
        raise NoConnection(
            f"The kubeconfig {path} cannot be read ({error.strerror}); check the path and its permissions."
        ) from None
    except yaml.MarkedYAMLError as error:  # its own text quotes lines of the file, which hold secrets
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise NoConnection(f"The kubeconfig {path} is not valid YAML{line}; correct it or write it again.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise NoConnection(f"The kubeconfig {path} is not a text file in YAML; check the path.") from None
    except msgspec.ValidationError as error:
        raise NoConnection(f"The kubeconfig {path} is malformed: {shorten(str(error))}; correct it.") from None


def _in_cluster(host: str, port: str, account: Path) -> Kubeconfig:
    token, authority, home = account / "token", account / "ca.crt", account / "namespace"
    if not token.exists():
        raise NoConnection(
            "The pod has no service account token; set automountServiceAccountToken or mount a kubeconfig."
        )
    address = f"[{host}]" if ":" in host else host
    namespace = home.read_text("utf-8").strip() if home.exists() else None
    return Kubeconfig(
        clusters={IN_CLUSTER: KubeconfigCluster(server=f"https://{address}:{port}", certificate_auth=str(authority))},
        users={IN_CLUSTER: User(token_file=str(token))},
        contexts={IN_CLUSTER: models.Context(cluster=IN_CLUSTER, user=IN_CLUSTER, namespace=namespace)},
        current=IN_CLUSTER,
        where="the pod's service account",
    )


def choose(config: Kubeconfig, context: str | None = None) -> Target:
    """The named context, else the current one, else the only one."""
    name = context or config.current or (next(iter(config.contexts)) if len(config.contexts) == 1 else "")
    if not name:
        raise NoConnection(
            f"{config.where} sets no current-context; name one of: "
            f"{', '.join(sorted(config.contexts)) or 'none defined'}."
        )
    if name not in config.contexts:
        raise NoConnection(f"{config.where} has no context {name!r}; {_nearest(name, config.contexts)}")
    chosen = config.contexts[name]
    if chosen.cluster not in config.clusters:
        raise NoConnection(
            f"The context {name!r} names the cluster {chosen.cluster!r}, which {config.where} does not define; add it."
        )
    if chosen.user and chosen.user not in config.users:
        raise NoConnection(
            f"The context {name!r} names the user {chosen.user!r}, whom {config.where} does not define; log in again."
        )
    user = config.users[chosen.user] if chosen.user else User()
    _check(config.clusters[chosen.cluster], user, name)
    return Target(name, chosen.namespace or "default", config.clusters[chosen.cluster], user)


def _nearest(name: str, known: dict[str, models.Context]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"it has: {', '.join(sorted(known))}." if known else "it has none."


def _check(cluster: KubeconfigCluster, user: User, context: str) -> None:
    """What the TLS library would report without naming the file or the field, or ask for on the terminal."""
    for label, value in (("certificate-authority", cluster.certificate_auth), ("client-certificate", user.client_cert)):
        _file(label, value, context)
    for label, value in (
        ("certificate-authority-data", cluster.certificate_auth_data),
        ("client-certificate-data", user.client_cert_data),
    ):
        _embedded(label, value, context)
    key = _embedded("client-key-data", user.client_key_data, context) or _file("client-key", user.client_key, context)
    if bool(user.client_cert or user.client_cert_data) != bool(key):
        raise NoConnection(
            f"The user of context {context!r} has only one of client-certificate and client-key; add the other."
        )
    note_credential(key.decode(errors="replace"))
    note_credential(user.client_key_data)
    note_address(cluster.proxy_url or "")
    note_address(cluster.server)
    for variable in (user.exec.env or ()) if user.exec else ():
        if holds_secret(variable.name, variable.value):
            note_credential(variable.value)
    if b"ENCRYPTED" in key:
        raise NoConnection(
            f"The client-key of context {context!r} is encrypted; use one without a passphrase, as kubectl needs too."
        )
    if user.auth_provider and not (user.exec or user.token or user.token_file):
        raise NoConnection(
            f"The user of context {context!r} uses auth-provider, which Kubernetes dropped in 1.26; log in again "
            "with an exec plugin."
        )


def _file(label: str, path: str | None, context: str) -> bytes:
    try:
        return Path(path).read_bytes() if path else b""
    except OSError as error:
        raise NoConnection(
            f"The {label} {path} of context {context!r} cannot be read ({error.strerror}); check the path."
        ) from None


def _embedded(label: str, data: str | None, context: str) -> bytes:
    try:
        return b64decode("".join(data.split()), validate=True) if data else b""
    except ValueError:
        raise NoConnection(f"The {label} of context {context!r} is not base64; write the kubeconfig again.") from None
