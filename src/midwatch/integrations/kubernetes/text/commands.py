"""What a command of kubectl asks for, and what a file's name tells of the command whose answer it holds."""

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePath

from midwatch.integrations.kubernetes.objects.kinds import KINDS

PLURAL_OF: dict[str, str] = {
    word: plural for plural, kind in KINDS.items() for word in (plural, kind.name.lower(), *kind.short)
} | {
    "quotas": "resourcequotas",
    "limitrange": "limitranges",
    "netpols": "networkpolicies",
    "pvcs": "persistentvolumeclaims",
}
_VERBS = frozenset(("get", "describe", "logs", "top", "events"))
_OTHERS = frozenset(
    (
        *("apply", "create", "delete", "edit", "patch", "replace", "scale", "rollout", "drain", "cordon", "uncordon"),
        *("exec", "debug", "cp", "port-forward", "config", "version", "cluster-info", "api-resources", "api-versions"),
        *("auth", "run", "expose", "label", "annotate", "set", "wait", "taint", "explain", "diff", "attach", "proxy"),
        *("autoscale", "evict", "certificate", "adm", "rsh", "project", "login", "new-app", "status", "plugin"),
    )
)
_FLAGS_WITH_VALUE = (
    "-n --namespace -l --selector -o --output -c --container --field-selector --sort-by --tail --since --since-time "
    "--context --kubeconfig --cluster --user --for --types -L --label-columns --as --as-group -f --filename "
    "--chunk-size --limit-bytes -s --server --token --request-timeout -v --template --subresource "
    "--max-log-requests --pod-running-timeout"
)
_WITH_VALUE = frozenset(_FLAGS_WITH_VALUE.split())
_SWITCHES_OF_LOGS = frozenset(("-f", "--filename"))  # `logs -f` follows, and takes no value
_NARROWING = frozenset(("-l", "--selector", "--field-selector", "--for", "--types", "-f", "--filename"))
_PIPE = re.compile(r" ?(?:\|+|;|&&|2?>) ?")
# `logs $(kubectl get pod -o name)`: which pod that is, only its shell knew.
_SUBSTITUTED = re.compile(r"\$\([^()\n]{0,400}\)|(?<= )`[^`\n]{1,400}`")
_KIND = re.compile(r"[a-z][a-z0-9.,/-]{0,100}")
_ATTACHED = re.compile(r"-[nlocL].+")
_DIRECTORY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TOO_COMMON = "kubectl dump output out log logs evidence tmp describe get cluster data text files"
_NO_NAMESPACE = frozenset(_TOO_COMMON.split())


@dataclass(frozen=True)
class Command:
    """`namespace` None: not said. `narrowed`: the answer is not the whole list."""

    verb: str = ""
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    namespace: str | None = None
    everywhere: bool = False
    narrowed: bool = False
    container: str = ""
    previous: bool = False
    everything: bool = False  # `get all`
    program: str = "kubectl"
    unknown: str = ""  # a kind that is not read here
    line: str = ""  # as it was typed

    @property
    def kind(self) -> str:
        return self.kinds[0] if len(self.kinds) == 1 else ""


def parse(text: str) -> Command | None:
    """A command line without its program; None when it is not one that prints objects, lists or logs."""
    said = parse_any(text)
    return said if said and said.verb in _VERBS else None


def parse_any(text: str) -> Command | None:
    """The same for every verb of kubectl: what others print is a refusal at most."""
    said, *piped = _PIPE.split(_substituted(text), maxsplit=1)
    flags, rest = _flags(_words(said))
    if not rest or not (rest[0] in _VERBS or rest[0] in _OTHERS):
        return None
    verb, *targets = rest
    namespace = flags.get("-n", flags.get("--namespace"))
    if verb not in _VERBS:
        return Command(verb=verb, names=tuple(targets), namespace=namespace)
    kinds, names = _targets(verb, targets)
    if verb in ("get", "describe", "top") and not (kinds or _everything(targets)):
        return _of_unknown_kind(verb, targets, namespace)
    narrowed = bool(names or (piped and piped[0].strip())) or bool(_NARROWING & flags.keys())
    return Command(
        verb=verb,
        kinds=kinds,
        names=names,
        namespace=namespace,
        everywhere="-A" in flags or "--all-namespaces" in flags,
        narrowed=narrowed,
        container=flags.get("-c", flags.get("--container", "")),
        previous="-p" in flags or flags.get("--previous", "false") != "false",
        everything=_everything(targets),
    )


def _of_unknown_kind(verb: str, targets: list[str], namespace: str | None) -> Command | None:
    """`get certificates`: kinds that are not read here; the names tell no list."""
    if not targets or not _KIND.fullmatch(targets[0]):
        return None
    return Command(verb=verb, names=tuple(targets[1:]), namespace=namespace, narrowed=True, unknown=targets[0])


def _substituted(text: str) -> str:
    return _SUBSTITUTED.sub("$()", text) if "$(" in text or "`" in text else text


def _words(said: str) -> list[str]:
    if said.isascii() and said.isprintable() and not any(sign in said for sign in "\"'\\"):
        return said.split()  # what a shell would make of it, without asking letter by letter
    try:
        return shlex.split(said)
    except ValueError:
        return said.split()


def of_file(name: str) -> Command:
    """What a file's name tells: `kubectl describe pod -n shop.txt`, `describe_pod.txt`, `kubectl_logs_web-1_shop.txt`,
    `shop/pods.txt`."""
    path = PurePath(name.replace("\\", "/"))
    stem = re.sub(r"\.(txt|log|out|md)$", "", path.name)
    if stem.startswith("kubectl "):
        return parse(stem.removeprefix("kubectl ")) or Command()
    words = [w for w in re.split(r"[_\s]+", stem.lower().removeprefix("kubectl")) if w]
    if len(words) == 1:
        words = words[0].split("-", 1) if words[0].split("-", 1)[0] in _VERBS else words
    if "logs" in words:
        return _saved_log(words)
    if words and words[0] in _VERBS:
        return _spelled(words)
    if words and words[0] in PLURAL_OF and len(words) == 1:
        return Command(verb="", kinds=(PLURAL_OF[words[0]],), namespace=_directory(path))
    return Command(namespace=_directory(path))


def _spelled(words: list[str]) -> Command:
    """`describe_pod_web-1_shop`: names of objects and namespaces hold no underscore."""
    kinds = tuple(PLURAL_OF[w] for w in words[1:2] if w in PLURAL_OF)
    rest = words[2:] if kinds else []
    namespace = rest[1] if len(rest) == 2 else None
    return Command(
        verb=words[0],
        kinds=kinds,
        names=tuple(rest[:1]),
        namespace=namespace,
        narrowed=bool(rest),
        everything=words[1:2] == ["all"],
    )


def _saved_log(words: list[str]) -> Command:
    at = words.index("logs")
    rest = words[at + 1 :]
    before = bool({"previous", "prev"} & set(words))
    pod = [w for w in rest if w not in ("previous", "prev", "all", "containers", "current")]
    if pod and "-" not in pod[0]:  # `access_logs_2026`: no pod of a workload is called so
        return Command()
    namespace = pod[1] if len(pod) > 1 else None
    return Command(
        verb="logs",
        names=tuple(pod[:1]),
        namespace=namespace,
        container=pod[2] if len(pod) > 2 else "",
        previous=before,
    )


def _directory(path: PurePath) -> str | None:
    """The directory as the namespace, as `kubectl cluster-info dump` lays its files out."""
    parent = path.parent.name
    return parent if not path.is_absolute() and _DIRECTORY.fullmatch(parent) and parent not in _NO_NAMESPACE else None


def _everything(targets: list[str]) -> bool:
    return targets[:1] == ["all"]


def _flags(words: list[str]) -> tuple[dict[str, str], list[str]]:
    flags: dict[str, str] = {}
    rest: list[str] = []
    with_value = _WITH_VALUE - _SWITCHES_OF_LOGS if "logs" in words else _WITH_VALUE
    left = iter(words)
    for word in left:
        if not word.startswith("-") or word == "-":
            rest.append(word)
        elif "=" in word:
            flag, _, value = word.partition("=")
            flags[flag] = value
        elif word in with_value:
            flags[word] = next(left, "")
        elif _ATTACHED.fullmatch(word):
            flags[word[:2]] = word[2:]
        else:
            flags[word] = "true"
    return flags, rest


def _targets(verb: str, targets: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if verb == "logs":
        names = [t.split("/", 1)[1] if t.startswith(("pod/", "pods/", "po/")) else t for t in targets]
        return (), tuple(names)
    if verb == "events":
        return ("events",), ()
    slashed = [t.split("/", 1) for t in targets if "/" in t]
    if slashed:
        kinds = dict.fromkeys(_plural(kind) for kind, _ in slashed)
        return tuple(k for k in kinds if k), tuple(name for _, name in slashed)
    if not targets:
        return (), ()
    kinds = tuple(k for k in map(_plural, targets[0].split(",")) if k)
    return kinds, tuple(targets[1:])


def _plural(word: str) -> str:
    return PLURAL_OF.get(word.lower().split(".")[0], "")
