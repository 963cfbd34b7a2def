"""What a question names: gateways, clients, namespaces, services and sites. A name that is nearly a known one is taken
for it when nothing else is near; what could be two, or is a little further off, is asked back."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from midwatch.domain.intent import Names
from midwatch.questions.grammar import Grammar

SURE, NEAR = (
    0.85,
    0.6,
)  # likeness by difflib: one letter of six, of fifteen in a host; "Acrusire" is 0.75 like "Acrisure"
_URL = re.compile(
    r"<?\b(https?://)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}([a-z]{2,18}))(?![\w@-]|\.\w)"
    r"(?::\d{1,5})?(?:/[^\s>|]*)?(?:\|[^>\s]*)?>?"
)
_GATEWAY = re.compile(r"\bnat-[0-9a-z]{4,17}\b")
_AREA = re.compile(r"\b[a-z]{2}-[a-z]+-\d[a-z]\b")
_WORD = re.compile(r"[a-z0-9](?:[a-z0-9_.&-]*[a-z0-9])?")
_CLIENT_PLACE = re.compile(
    r"\b(?:client|customer|tenant)s? (?:named |called )?(?P<a>[a-z][\w&-]{2,40})\b"
    r"|\b(?:jobs?|refresh(?:es)?|uploads?) (?:for|of|by|from) (?P<b>[a-z][\w&-]{2,40})\b"
    r"|\b(?P<c>[a-z][\w&-]{2,40}?)(?:'?s)? (?:jobs?|refresh(?:es|ed)?|uploads?)\b"
    r"|^(?:and |what about |how about )?for (?P<d>[a-z][\w&-]{2,40})\b"
)
_SERVICE_PLACE = re.compile(
    r"\b(?P<a>[a-z][\w-]{2,60}) (?:service|deployment|pods?)\b|\b(?:service|deployment|pods? of|namespace) "
    r"(?P<b>[a-z][\w-]{2,60})\b"
)


@dataclass(frozen=True)
class Doubt:
    """A name nothing has: `near` are the known ones that could be meant."""

    kind: str
    word: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """`text` is the question with § for each name."""

    text: str
    gateways: tuple[str, ...] = ()  # ids
    clients: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def features(self) -> set[str]:
        kinds = {
            "gateway": bool(self.gateways) or any(d.kind == "gateway" for d in self.doubts),
            "client": bool(self.clients) or any(d.kind == "client" for d in self.doubts),
            "namespace": bool(self.namespaces),
            "service": bool(self.services),
            "site": bool(self.sites) or any(d.kind == "site" for d in self.doubts),
        }
        return {kind for kind, there in kinds.items() if there}


class _Reading:
    """A question from which one kind of name after the other is read off."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text = text
        self.grammar = grammar
        self.doubts: list[Doubt] = []

    def take(self, word: str, before: str = r"(?<![\w§.-])", after: str = r"(?![\w-])") -> bool:
        """Whether it stands there; what was found is a § from then on."""
        if word not in self.text:
            return False
        self.text, times = re.subn(f"{before}{re.escape(word)}{after}", "§", self.text)
        return times > 0

    def sites(self, known: Sequence[str]) -> Iterator[str]:
        for match in list(_URL.finditer(self.text)):
            host, last = match[2], match[3]
            if not match[1] and (last in self.grammar.not_hosts or host in ("e.g", "i.e") or self._is_version(host)):
                continue
            near = [site for site in get_close_matches(host, known, n=3, cutoff=SURE) if site != host]
            self.text = self.text.replace(match[0], "§", 1)
            if near and host not in known:
                self.doubts.append(Doubt("site", host, tuple(near)))
            else:
                yield host

    def _is_version(self, host: str) -> bool:
        return host.replace(".", "").isdigit()

    def gateways(self, known: Sequence[tuple[str, str]]) -> Iterator[str]:
        for spelling, gateway in _gateway_spellings(known):
            if self.take(spelling, before=r"(?<![\w-])"):
                yield gateway
        for word in _GATEWAY.findall(self.text) + (
            [m for m in _AREA.findall(self.text)] if "nat" in self.text or "gateway" in self.text else []
        ):
            near = tuple(get_close_matches(word, [i for i, _ in known], n=2, cutoff=SURE))
            if known:
                self.doubts.append(Doubt("gateway", word, near))
            elif word.startswith("nat-"):
                yield word

    def known(self, names: Iterable[str], plain: bool = True) -> Iterator[str]:
        """Names that stand there letter by letter, the longest first. One that is also a word of the grammar is no name
        by itself."""
        for name in sorted(names, key=lambda n: (-len(n), n)):
            low = name.lower()
            marked = (
                r"(?=(?:'?s)? (?:service|deployment|pods?|namespace)\b)"
                if not plain and low in self.grammar.words
                else ""
            )
            if self.take(low, after=rf"(?:'s)?(?![\w-]){marked}"):
                yield name

    def mistyped(self, kind: str, names: Sequence[str], place: re.Pattern[str]) -> Iterator[str]:
        low = {name.lower(): name for name in names if name}
        places = {
            word
            for match in place.finditer(self.text)
            for word in match.groupdict().values()
            if word and word not in self.grammar.plain
        }
        for word in dict.fromkeys(match[0] for match in _WORD.finditer(self.text)):
            stem = word.removesuffix("s") if word not in low and word in places else word
            if len(word) < 4 or word in self.grammar.plain or stem in self.grammar.words or word in self.grammar.words:
                continue
            alike = [n for n in low if n[0] == word[0] and abs(len(n) - len(word)) <= 2]
            near: list[str] = get_close_matches(word, alike, n=3, cutoff=NEAR if word in places else SURE)
            if len(near) == 1 and SequenceMatcher(None, word, near[0]).ratio() >= SURE:
                self.take(word)
                yield low[near[0]]
            elif near:
                self.doubts.append(Doubt(kind, word, tuple(low[n] for n in near)))


def named(text: str, names: Names, grammar: Grammar) -> Named:
    """`text` is in small letters. What is known as a client is not read as a service too."""
    reading = _Reading(text, grammar)
    sites = tuple(dict.fromkeys(reading.sites(names.sites)))
    gateways = tuple(dict.fromkeys(reading.gateways(names.gateways)))
    clients = list(reading.known(names.clients))
    namespaces = list(reading.known((n for n in names.namespaces if n not in names.services), plain=False))
    services = list(reading.known(names.services, plain=False))
    namespaces += [
        s
        for s in services
        if s in names.namespaces and (f"{s} namespace" in text or f"in {s}" in text or f"namespace {s}" in text)
    ]
    clients += reading.mistyped("client", names.clients, _CLIENT_PLACE)
    services += reading.mistyped("service", names.services, _SERVICE_PLACE)
    order = {name: text.find(name.lower()) for name in services}
    return Named(
        text=reading.text,
        gateways=gateways,
        clients=tuple(dict.fromkeys(clients)),
        namespaces=tuple(dict.fromkeys(namespaces)),
        services=tuple(sorted(dict.fromkeys(services), key=lambda s: order[s])),
        sites=sites,
        doubts=_settled(reading.doubts, bool(clients)),
    )


def strange_client(text: str, grammar: Grammar) -> str:
    """The name that stands where a client's would, when none is known."""
    match = _CLIENT_PLACE.search(text)
    return (
        next((word for word in match.groupdict().values() if word and word not in grammar.plain), "") if match else ""
    )


def _gateway_spellings(known: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Id, name, and each tail of a name (`us-east-1c`, `1c`) that only one gateway has; the longest first."""
    found: dict[str, set[str]] = {}
    for gateway, name in known:
        parts = name.lower().split("-")
        tails = {"-".join(parts[i:]) for i in range(1, len(parts))}
        short = {f"{a}-{parts[-1]}" for a in parts[:-1]}  # eks-1c
        for spelling in {gateway.lower(), name.lower(), *tails, *short}:
            if len(spelling) >= 2 and spelling not in ("nat", "gateway", "prod", "dev"):
                found.setdefault(spelling, set()).add(gateway)
    unique = [(spelling, next(iter(ids))) for spelling, ids in found.items() if len(ids) == 1 and spelling]
    return sorted(unique, key=lambda pair: (-len(pair[0]), pair[0]))


def _settled(doubts: Sequence[Doubt], client: bool) -> tuple[Doubt, ...]:
    """One doubt for each word; none about a client beside one that is sure."""
    return tuple({d.word: d for d in doubts if not (client and d.kind == "client")}.values())
