"""An outside package that is right when it is loaded, and does something wrong later: it loses its own answer, and
nothing of anybody else's."""

import json
from pathlib import Path
from typing import Any

import pytest

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.alert_source import SignatureInvalid, WebhookRequest
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Budget, Request
from midwatch.domain.refusal import Refusal
from midwatch.domain.sender import SenderSettings
from midwatch.engine.analyst import Case
from midwatch.engine.analystpool import Pool
from midwatch.engine.investigations import investigate
from midwatch.interfaces.cli.exits import Exit
from midwatch.kit.clock import utc_now
from midwatch.kit.containment import PluginFault
from midwatch.services.query_tools import query_tool
from midwatch.wiring.connections import Connections, toolbox
from midwatch.wiring.notifiers import notifiers
from midwatch.wiring.questions import alert_request, entities
from midwatch.wiring.registry import own_registry, registry
from tests.flows.cluster import midwatch
from tests.skipping import skipping
from tests.wiring.forged import Forge

WHO = "plug-in 'xx' of xxplug"
FAILED = f"{WHO}: ZeroDivisionError: xx is out of order"
SYSTEM = """
def connect(settings, selection, used): return SystemConnection(tools=(Tool.of(xx_level),){})
INTEGRATION = Integration(name='xx', title='X', connect=connect)
"""
# An area that asks the system of its package about every alert.
ASKS = """
def opening(question): return (ToolRequest(tool="xx_level", arguments={"place": "a"}),)
"""
AREA = "AREA = Area(name='xx', title='X', alerts=True, systems=('xx',), opening=opening{})\n"
ALERT = Alert(
    source="generic",
    fingerprint="1",
    status=AlertStatus.FIRING,
    severity=AlertSeverity.HIGH,
    title="No space left on device: disk full on db-1",
    starts_at=utc_now(),
)


def connections(**settings: Any) -> Connections:
    return Connections(registry().settings(**settings))


def investigated(alert: Alert = ALERT, made: Connections | None = None) -> Any:
    """The whole way of an alert, as a worker takes it: the case file."""
    made = made or connections()

    async def work() -> Any:
        request = await alert_request(made, alert, utc_now())
        async with made.investigation(request) as ctx:
            found = await investigate(ctx, request)
        await made.close()
        return found

    return skipping(work())


def reasons(found: Any) -> list[str]:
    return [gap.reason for gap in found.diagnosis.gaps]


@pytest.mark.parametrize(
    "wrong", ["raise KeyError('level')", "return 5", "return ToolResult(5, 'q')", "raise SystemExit(1)"]
)
def test_a_tool_that_is_out_of_order_is_a_gap_with_the_name_of_its_plug_in(forge: Forge, wrong: str) -> None:
    forge(
        SYSTEM.format("").replace("Tool.of(xx_level)", "Tool.of(xx_level2)")
        + f"async def xx_level2() -> ToolResult: {wrong}\n"
    )
    made = connections().connection("xx")
    gap = skipping(toolbox(made.tools).call("xx_level2", {}))
    assert isinstance(gap, Gap) and gap.reason.startswith(WHO), gap


def test_a_tool_that_hangs_is_a_gap(forge: Forge) -> None:
    """Also where its own limit is longer than anybody waits, and where it goes on when it is cancelled."""
    stubborn = """
async def xx_stuck() -> ToolResult:
    for _ in range(3):
        try: await asyncio.sleep(9999)
        except asyncio.CancelledError: pass
"""
    forge(stubborn + SYSTEM.format("").replace("Tool.of(xx_level)", "Tool.of(xx_stuck, timeout_s=1e9)"))
    gap = skipping(toolbox(connections().connection("xx").tools).call("xx_stuck", {}))
    assert isinstance(gap, Gap) and gap.reason == f"{WHO}: no answer within 30 s"


def test_a_tool_of_another_name_makes_its_system_unreachable(forge: Forge) -> None:
    """It would be asked in the place of the built-in one."""
    forge("async def kubernetes_list() -> ToolResult: ...\n" + SYSTEM.format("").replace("xx_level", "kubernetes_list"))
    with pytest.raises(Refusal, match=f"{WHO}: its tool 'kubernetes_list' has to be called xx_"):
        connections().connection("xx")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (", about=afails", FAILED),
        (", about=hangs", f"{WHO}: no answer within 30 s"),
        (", about=xx_level", f"{WHO}: about is of type ToolResult, not str"),
    ],
)
def test_a_system_that_cannot_be_opened_loses_only_its_own_answer(forge: Forge, more: str, reason: str) -> None:
    forge(ASKS + SYSTEM.format(more) + AREA.format(""))
    found = investigated()
    assert found.diagnosis.causes
    assert [r for r in reasons(found) if reason in r], reasons(found)
    assert [e.tool for e in found.evidence] == ["alert"]


def test_details_that_cannot_be_fetched(forge: Forge) -> None:
    forge(SYSTEM.format(", complete=hangs"))
    made = connections()
    alert = ALERT.model_copy(update={"source": "xx"})
    whole, gaps = skipping(made.complete(alert))
    assert whole == alert and [gap.reason for gap in gaps] == [f"{WHO}: no answer within 30 s"]


def test_an_alert_stays_the_same_when_its_details_come(forge: Forge) -> None:
    forge(
        "async def other(alert): return alert.model_copy(update={'source': 'grafana', 'summary': 's'}), ()\n"
        + SYSTEM.format(", complete=other")
    )
    whole, _ = skipping(connections().complete(ALERT.model_copy(update={"source": "xx"})))
    assert (whole.source, whole.summary) == ("xx", "s")


@pytest.mark.parametrize("close", ["afails", "hangs"])
def test_closing_costs_no_answer(forge: Forge, close: str) -> None:
    forge(ASKS + SYSTEM.format(f", close={close}") + AREA.format(""))
    assert [e.tool for e in investigated().evidence] == ["alert", "xx_level"]


@pytest.mark.parametrize(
    ("functions", "reason"),
    [
        ("analyse=fails", "ZeroDivisionError: xx is out of order"),
        ("analyse=none", "analyse is of type NoneType, not Analysis"),
        ("analyse=strange", "its finding 'K8S-110' is none of its codes"),
        ("next_requests=fails", "ZeroDivisionError: xx is out of order"),
        ("next_requests=none", "next_requests is of type NoneType, not tuple"),
        ("opening=fails", "ZeroDivisionError: xx is out of order"),
        ("opening=none", "opening is of type NoneType, not tuple"),
        ("run=fails", "ZeroDivisionError: xx is out of order"),
        ("run=none", "AttributeError"),
        ("run=Unpicklable", "of its run, next_requests cannot be pickled"),
        ("configure=fails", "ZeroDivisionError: xx is out of order"),
        (
            "configure=lambda area, _: replace(area, analyse=lambda e, q: None)",
            "after configure, analyse cannot be pickled",
        ),
    ],
)
def test_an_area_that_is_out_of_order_is_a_gap_and_the_others_stand(forge: Forge, functions: str, reason: str) -> None:
    made = """
from midwatch.domain.subject import Subject
def none(*_): return None
def strange(evidence, question):
    on = Subject(kind="Pod", name="p")
    return Analysis(findings=(Finding(code="K8S-110", subject=on, owner=on, title="t", message="m", severity="critical",
        role="cause", directness=1, cites=()),))
class Unpicklable:
    def __init__(self): self.held = lambda: 1
    def next_requests(self, evidence, question): return ()
    def analyse(self, evidence, question): return Analysis()
"""
    forge(made + f"AREA = Area(name='xx', title='X', alerts=True, {functions})\n")
    found, without = investigated(), [c.finding.code for c in investigated_without()]
    assert [r for r in reasons(found) if r.startswith(f"{WHO}: {reason}")], reasons(found)
    assert [c.finding.code for c in found.diagnosis.causes] == without != []


def investigated_without() -> Any:
    """As Midwatch alone answers."""
    return investigated(made=Connections(own_registry().settings(), own_registry())).diagnosis.causes


def test_its_own_topic_is_never_healthy_when_it_is_out_of_order(forge: Forge) -> None:
    forge("AREA = Area(name='xx', title='X', topics=(Topic('tide', 'T', 'xx', periods=0),), opening=fails)\n")
    made, request = connections(), Request(intent=Intent(topic="tide"))

    async def work() -> Any:
        async with made.investigation(request) as ctx:
            return await investigate(ctx, request)

    with pytest.raises(Refusal, match=FAILED):
        skipping(work())


async def test_the_process_that_computes_contains_it_too(forge: Forge) -> None:
    """What is computed at the command line and by a worker is the same."""
    forge("AREA = Area(name='xx', title='X', alerts=True, analyse=fails, next_requests=fails)\n")
    made = connections()
    request = await alert_request(made, ALERT, utc_now())
    case = Case.of(request, made.taking_part(request))
    pool = Pool(most=1, keep=0, at_once=1)
    try:
        async with pool.open(case) as analyst:
            (asked,) = await analyst.next_requests([], 20.0)
            conclusion = await analyst.conclude([], (), 20.0)
    finally:
        await pool.close()
    assert (asked.tool, asked.arguments) == ("xx", {"reason": FAILED})
    assert [gap.reason for gap in conclusion.diagnosis.gaps if gap.tool == "xx"] == [FAILED]


def test_names_that_it_knows(forge: Forge) -> None:
    forge("AREA = Area(name='xx', title='X', known=fails)\n")
    assert entities(connections())


@pytest.mark.parametrize(
    ("parts", "unknown"),
    [
        ("parse=fails", FAILED),
        ("parse=lambda r, s: 5", f"{WHO}: parse is of type int, not Delivery"),
        ("parse=spoofs", f"{WHO}: parse gave an alert of 'grafana', not of 'xx'"),
    ],
)
def test_a_body_that_it_cannot_read_is_kept(forge: Forge, parts: str, unknown: str) -> None:
    spoofs = """
def spoofs(r, s):
    told = {"source": "grafana", "fingerprint": "1", "status": "firing", "severity": "high", "title": "t"}
    return Delivery(alerts=(Alert(starts_at=r.received_at, **told),))
"""
    found = forge(
        spoofs + f"INTEGRATION = Integration(name='xx', title='X', alert_source=lambda: source('xx', {parts}))\n"
    )
    source = found.alert_sources["xx"]
    assert source.parse(WebhookRequest(b"{}", utc_now()), SenderSettings()).unknown == unknown
    assert source.apart, "it would be read on the server's event loop"


def test_what_cannot_be_verified_is_not_let_in(forge: Forge) -> None:
    found = forge(
        "INTEGRATION = Integration(name='xx', title='X', "
        "alert_source=lambda: source('xx', verify=fails, certificate_url=fails))\n"
    )
    source, request = found.alert_sources["xx"], WebhookRequest(b"{}", utc_now())
    with pytest.raises(SignatureInvalid, match="xx is out of order"):
        source.verify(request, SenderSettings())
    with pytest.raises(SignatureInvalid, match="xx is out of order"):
        source.certificate_url(request)


@pytest.mark.parametrize("recognises", ["fails", "lambda d: True"])
def test_the_file_of_another_sender_is_read_as_without_it(forge: Forge, tmp_path: Path, recognises: str) -> None:
    forge(
        f"INTEGRATION = Integration(name='aa', title='A', alert_source=lambda: source('aa', recognises={recognises}))\n"
    )
    body = {
        "alerts": [{"status": "firing", "labels": {"alertname": "DiskFull"}, "fingerprint": "1"}],
        "version": "4",
        "groupKey": "g",
    }
    (tmp_path / "alert.json").write_text(json.dumps(body))
    shown = midwatch("doctor", "--explain", str(tmp_path / "alert.json"), "--json")
    assert json.loads(shown.out)["alert"]["source"] == "alertmanager", shown.err


REQUIRED = """
class S(SettingsSection): token: str; level: int = 1
INTEGRATION = Integration(name='xx', title='X', settings=S, connect=lambda *a: SystemConnection())
"""


def test_a_required_setting_that_is_missing_disables_that_plug_in_only(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = forge(
        REQUIRED + "AREA = Area(name='xx', title='X', configured_by='xx', known=lambda s: s.token, alerts=True)\n"
    )
    for variable in ({}, {"MIDWATCH_XX__LEVEL": "2"}):
        for name, value in variable.items():
            monkeypatch.setenv(name, value)
        made = Connections(found.settings())
        assert not made.is_configured(found.integrations["xx"])
        with pytest.raises(Refusal, match=f"The {WHO} is not configured: set xx.token"):
            made.connection("xx")
        assert [r for r in reasons(investigated(made=made)) if "set xx.token" in r]
    shown = midwatch("doctor")
    assert f"The {WHO} is not configured: set xx.token." in " ".join(shown.out.split()), shown.err
    monkeypatch.setenv("MIDWATCH_XX__TOKEN", "t")
    assert Connections(found.settings()).connection("xx")


def test_a_wrong_setting_names_its_section_and_not_what_was_set(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    validators = """
from pydantic import field_validator
class S(SettingsSection):
    a: str = ""
    b: str = ""
    @field_validator("a")
    @classmethod
    def bad(cls, value): raise ValueError(f"{value} is bad")
    @field_validator("b")
    @classmethod
    def worse(cls, value): raise KeyError(value)
INTEGRATION = Integration(name='xx', title='X', settings=S)
"""
    forge(validators)
    monkeypatch.setenv("MIDWATCH_XX__A", "S3cretPw1234")
    shown = midwatch("doctor")
    assert "xx.a: … is bad (MIDWATCH_XX__A)" in shown.err and "S3cretPw1234" not in shown.err
    monkeypatch.delenv("MIDWATCH_XX__A")
    monkeypatch.setenv("MIDWATCH_XX__B", "S3cretPw1234")
    shown = midwatch("doctor")
    assert f"The {WHO} cannot read its settings (KeyError)." in " ".join(shown.out.split())
    assert "S3cretPw1234" not in shown.out + shown.err


@pytest.mark.parametrize("name", ["midwatch-xx", "midwatch_xx", "xx"])
def test_settings_of_a_broken_one_are_passed_over(forge: Forge, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whichever name its entry point has: its package tells what its section is called."""
    forge("INTEGRATION = 1\n", "xx")
    monkeypatch.setenv("MIDWATCH_XX__TOKEN", "hunter2pw")
    assert midwatch("doctor").err == ""


@pytest.mark.parametrize(
    "system",
    [
        "connect=fails",
        "connect=lambda *a: 5",
        "connect=lambda *a: SystemConnection(), contexts=fails",
        "connect=lambda *a: SystemConnection(about=afails)",
        "connect=lambda *a: SystemConnection(health=afails)",
        "connect=lambda *a: SystemConnection(health=wobbly)",
        "connect=lambda *a: SystemConnection(close=afails), lasting=False",
        "connect=lambda *a: SystemConnection(), configured=fails",
    ],
)
def test_doctor_goes_on(forge: Forge, system: str) -> None:
    forge(
        "async def wobbly(asks): return (Health('h', 'wobbly', 'd'),)\n"
        f"INTEGRATION = Integration(name='xx', title='X', {system})\n"
    )
    shown = midwatch("doctor")
    reachable = "health" in system  # and no cluster is: a system that cannot be connected to leaves nothing
    assert shown.code == (Exit.PROBLEM if reachable else Exit.FAILED), shown.out
    assert "kubernetes" in shown.out
    quiet = "contexts" in system or "close" in system or "configured" in system  # told in the log
    assert quiet or WHO in " ".join(shown.out.split()), shown.out


@pytest.mark.parametrize("memory", ["fails", "lambda: 'no JSON'", "lambda: '[1]'", "lambda: 5"])
def test_memory_that_is_no_json_says_nothing(forge: Forge, memory: str) -> None:
    forge(SYSTEM.format(f", memory={memory}"))
    made = connections()
    made.connection("xx")
    assert made.memory == ""


@pytest.mark.parametrize(
    ("notifier", "reason"),
    [
        ("Notifier('xx', 'note', fails, fails, afails)", "xx cannot notify: pagerduty has the kind 'note'"),
        (
            "Notifier('pagerduty', 'x', fails, fails, afails)",
            f"xx cannot notify: {WHO}: its notifier is called 'pagerduty'",
        ),
        ("5", f"xx cannot notify: {WHO}: notifier is of type int"),
    ],
)
def test_a_notifier_that_cannot_be_used_is_named(forge: Forge, notifier: str, reason: str) -> None:
    forge(
        f"def connect(*_): return SystemConnection(notifier={notifier})\n"
        "INTEGRATION = Integration(name='xx', title='X', connect=connect, notifies=True)\n"
    )
    found = notifiers(connections(pagerduty={"token": "tokentoken"}))
    assert list(found.usable) == ["pagerduty"]
    assert [one for one in found.refused if one.startswith(reason)], found.refused


def test_nobody_rewrites_what_another_system_said(forge: Forge) -> None:
    found = forge(
        "def migrate(item): return item.model_copy(update={'reason': 'never'})\n"
        "INTEGRATION = Integration(name='xx', title='X', migrate=migrate)\n"
    )
    gap = Gap(tool="kubernetes_list", arguments={}, query="", reason="forbidden")
    assert found.integrations["xx"].migrate(gap) == gap
    mine: Evidence | Gap = found.integrations["xx"].migrate(gap.model_copy(update={"tool": "xx_level"}))
    assert isinstance(mine, Gap) and mine.reason == "never"
    assert Budget().calls


def test_a_schedule_that_cannot_make_its_request_is_passed_over(forge: Forge) -> None:
    """The queue logs what is raised, and goes on."""
    found = forge(
        "AREA = Area(name='xx', title='X', schedules=(Scheduled('a', '* * * * *', fails),"
        " Scheduled('b', '* * * * *', lambda at: 5)))\n"
    )
    for scheduled in found.areas["xx"].schedules:
        with pytest.raises(PluginFault, match=WHO):
            scheduled.request(utc_now())


def test_a_query_tool_that_fails_is_refused_in_its_name(forge: Forge) -> None:
    found = forge(
        'def tide_height(now, harbour: str) -> "Intent":\n    """How high it is."""\n    return 1 / 0\n'
        "AREA = Area(name='xx', title='X', query_tools=lambda: (tide_height,))\n"
    )
    tool = query_tool("tide_height", found.areas.values())
    assert (tool.description, list(tool.parameters.model_fields)) == ("How high it is.", ["harbour"])
    with pytest.raises(Refusal, match="ZeroDivisionError"):
        tool.intent({"harbour": "Dover"}, utc_now())
