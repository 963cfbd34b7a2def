"""Features of a question beside the names in it: log lines, slowness, a time, and the words to look for."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from importlib.resources import files

import yaml

from midwatch.domain.intent import Intent

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?")
# `Users see errors` reports a problem; `show me the errors` asks for lines.
_LOGS = re.compile(
    r"(?i)\b(?:logs?|logged|logging|stack ?traces?)\b"
    r"|\b(?:show|find|list|fetch|get|give|summari[sz]e|post|what|which|any)\b[^.?!]{0,40}\b(?:errors?|exceptions?|warnings?|failures?)\b"
    r"|^\W*(?:errors?|exceptions?|warnings?)\b"
)
_SLOW = re.compile(
    r"(?i)\b(?:slow(?:er|ly|ness)?|latenc(?:y|ies)|performance|degrad\w+|response times?|tak(?:es?|ing) (?:too "
    r")?long\w*|lag\w*)\b"
    r"|[a-z](?:Latency|Slow)\b|\b(?:High|Slow)[A-Z]"
)
# A question about slowness is not answered by "everything runs".
_SLOWNESS = re.compile(
    r"(?i)\bslow|latenc|\btime[ds]?[ -]?outs?\b|\btim(?:es|ed|ing) out|degrad|response time|sluggish"
    r"|\blag(?:s|gy|ging)?\b|takes? (?:too )?long|\bdelay|performance"
)
_REACHABILITY = re.compile(
    r"(?i)\bunreachab|\bnot reachable\b|\bcan(?:not|'?t)(?: be)? (?:reach|connect)|\bconnectivity\b|\breachab"
)
_WORD = re.compile(r"[a-z]{4,}")
# An apostrophe within a word opens no quotation.
_QUOTED = re.compile(
    r"(?<!\w)'([^'\n]{3,200})'(?!\w)|\"([^\"\n]{3,200})\"|\u201c([^\u201d\n]{3,200})\u201d|`([^`\n]{3,200})`"
    r"|\u2018([^\u2019\n]{3,200})\u2019"
)
WHATEVER = Intent(topic="")  # nothing was asked in particular


@dataclass(frozen=True)
class Question:
    """The user's words ("" when only a cluster was named) and the intent read from them; `namespace` is the only one
    that is read, "" for all; logs and events before `since` are not read."""

    text: str = ""
    intent: Intent = WHATEVER
    namespace: str = ""
    since: datetime | None = None

    @cached_property
    def names(self) -> frozenset[str]:
        """Candidate object names, in lower case, also without the kind or namespace before a slash."""
        found = {match[0].lower() for match in NAME.finditer(self.text)}
        return frozenset(found | {name.rpartition("/")[2] for name in found})

    def asks_about(self, plural: str) -> bool:
        """Whether the question mentions a kind of object (`networkpolicies`), in one word or several ("network
        policy")."""
        words = re.findall(r"[a-z]+", self.text.lower())
        spoken = {"".join(words[at : at + length]) for length in (1, 2, 3) for at in range(len(words))}
        forms = {plural, plural.removesuffix("s"), plural.removesuffix("es"), re.sub("ies$", "y", plural)}
        return not forms.isdisjoint(spoken)

    @cached_property
    def wants_logs(self) -> bool:
        return bool(self.phrases or _LOGS.search(self.text))

    @cached_property
    def wants_speed(self) -> bool:
        return bool(_SLOW.search(self.text))

    @cached_property
    def is_about_slowness(self) -> bool:
        """Whether the verdict HEALTHY requires a latency measurement."""
        return bool(_SLOWNESS.search(self.text))

    @cached_property
    def is_about_reachability(self) -> bool:
        """Whether the verdict HEALTHY requires a connection test."""
        return bool(_REACHABILITY.search(self.text))

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Quoted phrases, as written."""
        return tuple(next(filter(None, match.groups())) for match in _QUOTED.finditer(self.text))

    @cached_property
    def topics(self) -> frozenset[str]:
        """Words of the question that a log line can share."""
        named = {part for name in self.names if "-" in name or "/" in name for part in _WORD.findall(name)}
        return frozenset(_WORD.findall(self.text.lower())) - _common() - named

    def speaks_of(self, text: str) -> bool:
        """Whether a line mentions one of the topics; a plural matches its singular."""
        low = text.lower()
        return any(topic in low or (topic.endswith("s") and topic[:-1] in low) for topic in self.topics)


@cache
def _common() -> frozenset[str]:
    return frozenset(
        yaml.load(files("midwatch.domain").joinpath("question.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)[
            "common"
        ].split()
    )
