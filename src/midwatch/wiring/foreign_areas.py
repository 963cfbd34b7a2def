"""Areas of outside packages, contained: what one of them does wrong is a Gap that names it, and the answer of all
others stands.

Where an area only asks (`opening`, `next_requests`, `opens`) its fault becomes a request to a tool of its own name,
which has no answer but the fault: so it is stored, told and replayed as every other gap.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any

from midwatch.domain.capabilities import Area, AreaRun
from midwatch.domain.evidence import Evidence, Gap, Lead, ToolRequest
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Request
from midwatch.domain.question import Question
from midwatch.domain.refusal import Refusal
from midwatch.domain.tool import Tool, ToolError, ToolResult, parameters
from midwatch.kit.containment import PluginFault, call, call_within
from midwatch.wiring.foreign import QUICK_S, Contained, contained_tools, log_fault, require_type
from midwatch.wiring.manifests import pickling

ANALYSE_S = 10.0  # of the 30 s that all computing has by default
_REQUESTS = tuple[ToolRequest, ...]
_NEXT = tuple[ToolRequest | Lead, ...]
_KNOWN = Mapping[str, tuple[str | tuple[str, str], ...]]


@dataclass(frozen=True)
class _Owner:
    """Whose fault it is. Pickled with what computes, so that it holds nothing else of the area."""

    who: str
    name: str
    title: str
    topics: frozenset[str]

    @classmethod
    def of(cls, value: Area, who: str) -> "_Owner":
        return cls(who, value.name, value.title, frozenset(topic.id for topic in value.topics))

    def excuse(self, reason: str, question: Question | None = None) -> tuple[ToolRequest, ...]:
        """A request that has the reason as its answer; an answer about its own topics would rest on it."""
        essential = question is not None and question.intent.topic in self.topics
        return (ToolRequest(tool=self.name, arguments={"reason": reason}, essential=essential),)

    def gap(self, reason: str, question: Question) -> Gap:
        essential = question.intent.topic in self.topics
        query = f"analysis of {self.title}"
        return Gap(tool=self.name, arguments={}, query=query, reason=reason, essential=essential)


def contained_area(value: Area, codes: Mapping[str, Code], grammar: str, who: str) -> Area:
    """`codes` and `grammar` are what it gave when it was checked: it is not asked again."""
    kept = replace(value, codes=partial(_codes, codes), grammar=partial(_grammar, grammar))
    return replace(_computing(kept, who), configure=partial(_configure, kept, who))


def _codes(codes: Mapping[str, Code]) -> Mapping[str, Code]:
    return codes


def _grammar(text: str) -> str:
    return text


def _computing(value: Area, who: str) -> Area:
    """Everything but `configure`, which gives another area."""
    owner = _Owner.of(value, who)
    return replace(
        value,
        questions=Contained(who, "questions", value.questions, str, ""),
        query_tools=partial(_query_tools, value, who),
        opening=partial(_opening, owner, value.opening),
        opens=tuple((kind, partial(_opened, owner, requests)) for kind, requests in value.opens),
        run=partial(_run, value, owner),
        schedules=tuple(replace(s, request=partial(_scheduled, s.request, who)) for s in value.schedules),
        own_tools=partial(_own_tools, value, who),
        known=Contained(who, "known", partial(_known, value.known), _KNOWN, {}),
    )


def _configure(value: Area, who: str, _contained: Area, section: Any) -> Area:
    """Bound to its settings; what it is called and what it owns stay what was checked."""
    try:
        made = require_type(who, call_within(who, QUICK_S, value.configure, value, section), Area, "configure")
        for wrong in pickling(made):
            raise PluginFault(who, f"after configure, {wrong}")
    except PluginFault as fault:
        return faulty(value, who, log_fault(fault, str(fault)))
    bound = replace(
        value, **{name: getattr(made, name) for name in ("opening", "next_requests", "analyse", "run", "opens")}
    )
    return _computing(replace(bound, own_tools=made.own_tools, known=made.known), who)


def faulty(value: Area, who: str, reason: str) -> Area:
    """It still owns its topics, and says why it has nothing to say about them."""
    owner = _Owner.of(value, who)
    return replace(
        value,
        query_tools=tuple,
        opening=partial(owner.excuse, reason),
        opens=(),
        next_requests=_nothing_more,
        analyse=partial(_unanalysed, owner, reason),
        run=None,
        schedules=(),
        own_tools=partial(_fault_tools, value),
        known=_no_names,
        settings=None,
        configured_by="",
        configure=_as_it_is,
    )


def _as_it_is(area: Area, _section: Any) -> Area:
    return area


def _no_names(_section: Any) -> Mapping[str, Iterable[str]]:
    return {}


def _nothing_more(_evidence: Sequence[Evidence], _question: Question) -> tuple[ToolRequest | Lead, ...]:
    return ()


def _unanalysed(owner: _Owner, reason: str, _evidence: Sequence[Evidence], question: Question) -> Analysis:
    return Analysis(gaps=(owner.gap(reason, question),))


async def _no_answer(reason: str) -> ToolResult:
    """The reason why an area could not ask."""
    raise ToolError(reason)


def _fault_tools(value: Area, _section: Any) -> tuple[Tool, ...]:
    return (replace(Tool.of(_no_answer), name=value.name),)


def _own_tools(value: Area, who: str, section: Any) -> tuple[Tool, ...]:
    try:
        own = contained_tools(call_within(who, QUICK_S, value.own_tools, section), value.name, who)
    except PluginFault as fault:
        own = log_fault(fault, ())
    return (*own, *_fault_tools(value, section))


def _opening(
    owner: _Owner, opening: Callable[[Question], tuple[ToolRequest, ...]], question: Question
) -> tuple[ToolRequest, ...]:
    try:
        return require_type(owner.who, call_within(owner.who, QUICK_S, opening, question), _REQUESTS, "opening")
    except PluginFault as fault:
        return owner.excuse(str(fault), question)


def _opened(owner: _Owner, requests: Callable[[str], tuple[ToolRequest, ...]], name: str) -> tuple[ToolRequest, ...]:
    try:
        return require_type(owner.who, call_within(owner.who, QUICK_S, requests, name), _REQUESTS, "opens")
    except PluginFault as fault:
        return owner.excuse(str(fault))


def _run(value: Area, owner: _Owner) -> AreaRun:
    """What it keeps for one investigation, if it keeps anything, goes to the process that computes."""
    codes = frozenset(value.codes())
    if value.run is None:
        return _Run(owner, codes, value.next_requests, value.analyse)
    try:
        own = call_within(owner.who, QUICK_S, value.run)
        run = call(owner.who, lambda: _Run(owner, codes, own.next_requests, own.analyse))
        for wrong in pickling(replace(value, next_requests=own.next_requests, analyse=own.analyse)):
            raise PluginFault(owner.who, f"of its run, {wrong}")
    except PluginFault as fault:
        return _Run(owner, codes, _nothing_more, partial(_unanalysed, owner, str(fault)))
    return run


@dataclass(frozen=True)
class _Run:
    """The computing of one area for one investigation."""

    owner: _Owner
    codes: frozenset[str]
    own_next_requests: Callable[[Sequence[Evidence], Question], Any]
    own_analyse: Callable[[Sequence[Evidence], Question], Any]

    def next_requests(self, evidence: Sequence[Evidence], question: Question) -> tuple[ToolRequest | Lead, ...]:
        who = self.owner.who
        try:
            found = call_within(who, QUICK_S, self.own_next_requests, evidence, question)
            return require_type(who, found, _NEXT, "next_requests")
        except PluginFault as fault:
            return self.owner.excuse(str(fault), question)

    def analyse(self, evidence: Sequence[Evidence], question: Question) -> Analysis:
        who = self.owner.who
        try:
            found: Analysis = require_type(
                who, call_within(who, ANALYSE_S, self.own_analyse, evidence, question), Analysis, "analyse"
            )
            if strange := {finding.code for finding in found.findings} - self.codes:
                raise PluginFault(who, f"its finding {sorted(strange)[0]!r} is none of its codes")
        except PluginFault as fault:
            return Analysis(gaps=(self.owner.gap(str(fault), question),))
        return found


def _scheduled(request: Callable[[Any], Request], who: str, at: Any) -> Request:
    """Raises PluginFault: the time is passed over, and the log says why."""
    return require_type(who, call_within(who, QUICK_S, request, at), Request, "request of a schedule")


def _known(names: Callable[[Any], Mapping[str, Iterable[Any]]], section: Any) -> Any:
    return {kind: tuple(some) for kind, some in names(section).items()}


def declared_query_tools(value: Area, who: str) -> tuple[Callable[..., Intent], ...]:
    """Raises PluginFault for one that says too little about itself."""
    found: tuple[Callable[..., Intent], ...] = require_type(
        who, call_within(who, QUICK_S, value.query_tools), tuple[Callable[..., Any], ...], "query_tools"
    )
    for one in found:
        call(who, parameters, one, 1)
        require_type(who, getattr(one, "__name__", None), str, "the name of a query tool")
    return found


def _query_tools(value: Area, who: str) -> tuple[Callable[..., Intent], ...]:
    try:
        return tuple(_contained_query(make, who) for make in declared_query_tools(value, who))
    except PluginFault as fault:
        return log_fault(fault, ())


def _contained_query(make: Callable[..., Intent], who: str) -> Callable[..., Intent]:
    @wraps(make)
    def made(*arguments: Any, **named: Any) -> Intent:
        try:
            found = call_within(who, QUICK_S, partial(make, *arguments, **named), passed=(Refusal,))
            return require_type(who, found, Intent, make.__name__)
        except PluginFault as fault:
            raise Refusal(str(fault)) from fault

    return made
