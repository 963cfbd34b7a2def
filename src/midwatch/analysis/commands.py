"""Commands to copy, built from templates and facts. A fact is outside text: it never becomes more than one word of a
shell.

Where a fact is a name (a pod, a host, a database), only what can be such a name is printed. Elsewhere it is quoted for
a POSIX shell. Inside quotes of the template, and after `ssh`, another language reads it once more (SQL, JSON, awk, a
remote shell): there only plain words pass. Whatever does not pass leaves its placeholder, in CAPITALS; the finding's
message still has it.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

# `%{…}` is curl's --write-out, `${…}` a shell's variable.
_FACT = re.compile(r"(?<![%$])\{([a-z_]+)\}")
# A placeholder: `<the query>`. As it stands a shell would read it as two redirections.
_BLANK = re.compile(r"<([A-Za-z][^<>=$()|;&\n]*)>")
OPTIONAL = re.compile(r"\[\[([^\[\]]{0,300})\]\]")  # a part of a template
_TOKEN = re.compile(rf"\\.|['\"#]|{_FACT.pattern}", re.DOTALL)
_QUERY = re.compile(rf'"[^"]*"|{_FACT.pattern}')

_LONGEST = 500  # characters; an image with a registry, a tag and a digest has about 300
# Names of objects (RFC 1123, with ':' in RBAC's and '/' between kind and name), at most as long as a DNS name.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/@-]{0,252}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,252}")  # of an environment
# psql takes an address with '=', ':/' or '//' for a whole connection string, that is for another server.
_HOST = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:-]{0,252}")
_PLAIN = re.compile(
    r"[A-Za-z0-9_/][A-Za-z0-9_./:@%+=,-]{0,499}|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
)
_QUOTABLE = re.compile(
    r"[!-,./-~][ -~]{0,499}"
)  # ASCII: look-alikes of other scripts name another thing than they seem to
# Of these one stands in a command that not every kind of object takes: where it is not known, the command does not fit.
FITTING = frozenset(
    {"rollout", "template", "image_owner", "pod_owner", "log_owner", "scalable", "replaceable", "editable", "pod_spec"}
    | {"manifest_node", "cordoned", "short_resource", "other_pod", "event_object", "event_reason"}
)
_NAMES = frozenset(
    {
        "name",
        "namespace",
        "namespaces",
        "pod",
        "node",
        "nodes",
        "container",
        "missing",
        "service",
        "secret",
        "quota",
        "volume",
    }
    | (FITTING - {"pod_spec"})
    | {"job", "job_namespace", "owner", "owner_name", "kind", "scheduler", "priority", "account", "unit", "where"}
)
_HOSTS = frozenset({"host", "about", "domain", "database", "table", "link", "address", "port", "registry"})
_VARIABLES = frozenset({"variable", "setting"})
_LISTS = frozenset({"providers", "claims"})  # "a, b", where kubectl takes several names
_QUOTED = frozenset({"url"})  # comes as a shell would take it
_WORDS = {
    "missing": "NAME",
    "least": "VALUE",
    "holder": "POD",
    "variable": "NAME",
    "setting": "NAME",
    "about": "HOST",
    "where": "NAMESPACE",
}


@dataclass(frozen=True)
class _Place:
    """A fact in a template and its enclosing quotes: `'`, `"`, or "" for none."""

    text: str
    fact: str = ""
    quotes: str = ""


def command(template: str, facts: Mapping[str, str]) -> str:
    """The command on one line; an unknown or unsafe fact is its name in CAPITALS. "" for a command that does not fit
    the kind of object. `[[ -c {container}]]` stays only where its facts are known."""
    template = OPTIONAL.sub(lambda m: m[1] if all(map(facts.get, _FACT.findall(m[1]))) else "", template)
    if not all(facts.get(name) for name in FITTING.intersection(_FACT.findall(template))):
        return ""
    remote = template.startswith("ssh ")
    return "".join(p.text + (_word(p, facts, remote=remote) if p.fact else "") for p in _places(template))


def query(template: str, facts: Mapping[str, str]) -> str:
    """The text of `monitor`: facts in double quotes are label values of PromQL, all others are prose."""

    def found(match: re.Match[str]) -> str:
        if match[1]:
            return facts.get(match[1]) or _capitals(match[1])
        return _FACT.sub(lambda m: _escaped(facts.get(m[1], "")) or _capitals(m[1]), match[0])

    return _QUERY.sub(found, template)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"") if text.isprintable() and "`" not in text else ""


def _word(place: _Place, facts: Mapping[str, str], *, remote: bool) -> str:
    name, value = place.fact, facts.get(place.fact, "")
    if name in _QUOTED and value.startswith("'"):
        value = _unquoted(value)
    fits = _HOST if name in _HOSTS else _NAME if name in _NAMES else _QUOTABLE
    fits = _VARIABLE if name in _VARIABLES else fits
    if place.quotes or remote:
        fits = fits if fits is _HOST else _PLAIN
    elif name in _LISTS and all(_NAME.fullmatch(each) for each in value.split(", ")):
        return value.replace(", ", " ")
    # A backtick ends the code of Markdown and of chat programs.
    if not fits.fullmatch(value) or "`" in value:
        return _capitals(name)
    return value if place.quotes else shlex.quote(value)


def _unquoted(value: str) -> str:
    try:
        found = shlex.split(value)
    except ValueError:
        return value
    return found[0] if len(found) == 1 else value


def _capitals(words: str) -> str:
    return _WORDS.get(words) or re.sub(r"[^A-Z0-9]+", "_", words.upper().replace("'", "")).strip("_")


@cache
def _places(template: str) -> tuple[_Place, ...]:
    return tuple(_parsed(_BLANK.sub(lambda m: _capitals(m[1]), template)))


def _parsed(template: str) -> Iterator[_Place]:
    """Facts of a template in order. A comment's facts are quoted too: an interactive zsh has no comments."""
    quotes, text, done = "", "", 0
    for token in _TOKEN.finditer(template):
        text += template[done : token.start()]
        done = token.end()
        if token[1]:
            yield _Place(text, token[1], quotes.strip("#"))
            text = ""
        else:
            first = not text or text[-1].isspace()
            text += "’" if quotes == "#" and token[0] == "'" else token[0]  # an apostrophe there opens no word
            quotes = _next(quotes, token[0], first=first)
    yield _Place(text + template[done:])


def _next(quotes: str, sign: str, *, first: bool) -> str:
    """The open quotes after `sign`; `#` stands for a comment, which begins with a word."""
    if quotes == "#" or (sign == "#" and not quotes and first):
        return "#"
    if sign in ("'", '"'):
        return "" if quotes == sign else quotes or sign
    return "" if quotes == "'" and sign == "\\'" else quotes
