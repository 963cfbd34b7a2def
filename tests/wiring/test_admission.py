"""Which outside packages are taken: what is wrong, or claims what another has, is refused whole and named; Midwatch's
own always win."""

from collections import Counter
from pathlib import Path

import pytest

from midwatch.wiring.admission import area_claims, own_claims
from midwatch.wiring.connections import Connections
from midwatch.wiring.manifests import alert_source_problem, area_problem, code_problem, integration_problem
from midwatch.wiring.registry import OWN_CODES, own_registry, registry
from tests.wiring.forged import Forge

SYSTEM = "INTEGRATION = Integration(name='xx', title='X', {})\n"
KNOWLEDGE = "AREA = Area(name='xx', title='X', {})\n"


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (
            SYSTEM.format("alert_source=lambda: source('grafana')"),
            "it declares the alert source 'grafana', which midwatch has",
        ),
        (
            SYSTEM.format("alert_source=lambda: source('zz')"),
            "its alert source is called 'zz', not 'xx' as the integration",
        ),
        (SYSTEM.format("alert_source=lambda: source('xx', recognises=None)"), "its alert source has no `recognises`"),
        (
            SYSTEM.replace("'xx'", "'pagerduty'").format(""),
            "it declares the integration 'pagerduty', which midwatch has",
        ),
        (SYSTEM.replace("'xx'", "'traffic'").format(""), "it declares the integration 'traffic', which midwatch has"),
        (KNOWLEDGE.replace("'xx'", "'kubernetes'").format(""), "it declares the area 'kubernetes', which midwatch has"),
        (KNOWLEDGE.replace("'xx'", "'aws'").format(""), "it declares the area 'aws', which midwatch has"),
        (
            KNOWLEDGE.format("topics=(Topic('cluster', 'C', 'xx'),)"),
            "it declares the topic 'cluster', which midwatch has",
        ),
        (
            KNOWLEDGE.format("topics=(Topic('zz', 'Z', 'xx', open=True),)"),
            "it declares the open topic 'open', which midwatch has",
        ),
        (KNOWLEDGE.format("codes=lambda: {'K8S-110': code('K8S-110')}"), "codes cannot be pickled"),
        (
            "def codes(): return {'K8S-110': code('K8S-110')}\n" + KNOWLEDGE.format("codes=codes"),
            "its finding code 'K8S-110' is one of Midwatch's: K8S is taken",
        ),
        (
            "def website_health_query(now): ...\n" + KNOWLEDGE.format("query_tools=lambda: (website_health_query,)"),
            "it declares the query tool 'website_health_query', which midwatch has",
        ),
        (
            "class S(SettingsSection): a: int = 1\n" + SYSTEM.format("settings=S, section='aws'"),
            "it declares the section of the settings 'aws', which midwatch has",
        ),
    ],
)
def test_what_another_has_is_refused(forge: Forge, module: str, reason: str) -> None:
    found = forge(module)
    (broken,) = found.broken
    assert (broken.name, broken.origin) == ("xx", "xxplug")
    assert broken.reason.startswith(reason), broken.reason
    own = own_registry()
    assert (dict(found.integrations), dict(found.areas)) == (dict(own.integrations), dict(own.areas)), "half installed"


def test_a_stranger_does_not_take_the_address_of_a_built_in(forge: Forge) -> None:
    """Else what it verifies, nothing, would let anybody in who may reach /webhook/grafana."""
    found = forge(SYSTEM.format("alert_source=lambda: source('grafana')"))
    assert found.alert_sources["grafana"].title == "Grafana Alerting"


def test_of_two_strangers_that_claim_the_same_neither_is_taken(forge: Forge) -> None:
    forge(KNOWLEDGE.format("topics=(Topic('tide', 'T', 'xx'),)"))
    found = forge("AREA = Area(name='yy', title='Y', topics=(Topic('tide', 'T', 'yy'),))", "yy")
    assert {(b.name, b.reason) for b in found.broken} == {
        ("xx", "it declares the topic 'tide', which yyplug has"),
        ("yy", "it declares the topic 'tide', which xxplug has"),
    }


def test_one_value_under_two_names_is_one_plug_in(forge: Forge, tmp_path: Path) -> None:
    forge(SYSTEM.format(""))
    entries = tmp_path / "xxplug-1.0.dist-info" / "entry_points.txt"
    entries.write_text(entries.read_text() + "also = xxplug:INTEGRATION\n")
    registry.cache_clear()
    assert registry().integrations["xx"].title == "X" and not registry().broken


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("INTEGRATION = Integration(name=None, title='X')", "name is of type NoneType, not str"),
        ("INTEGRATION = Integration(name='', title='X')", "its name '' is not"),
        ("INTEGRATION = Integration(name='XX', title='X')", "its name 'XX' is not"),
        ("INTEGRATION = Integration(name='my-tides', title='X')", "its name 'my-tides' is not"),
        (SYSTEM.format("section='_xx'"), "its section '_xx' is not"),
        (SYSTEM.format("settings=5"), "settings is no BaseModel"),
        (SYSTEM.format("uses='kubernetes'"), "uses is of type str, not tuple"),
        (SYSTEM.format("uses=('nothere',)"), "it needs the integration 'nothere', which is not installed"),
        (SYSTEM.format("uses=('xx',)"), "it uses itself"),
        (SYSTEM.format("connect=5"), "connect is of type int, not a function"),
        (SYSTEM.format("connect=lambda: 1"), "connect does not take the 3 arguments"),
        (SYSTEM.format("alert_source=fails"), "ZeroDivisionError: xx is out of order"),
        (SYSTEM.format("alert_source=lambda: None"), "alert_source is of type NoneType, not AlertSource"),
        (
            SYSTEM.format("alert_source=lambda: source('xx', parse=5)"),
            "alert_source.parse is of type int, not a function",
        ),
        (KNOWLEDGE.format("configured_by='nothere'"), "it needs the integration 'nothere', which is not installed"),
        (KNOWLEDGE.format("topics=('tide',)"), "topics[0] is of type str, not Topic"),
        (KNOWLEDGE.format("topics=(Topic('tide', 'T', 'yy'),)"), "its topic 'tide' says that its area is 'yy'"),
        (KNOWLEDGE.format("entities=(EntityKind('h', 'H', 'high', 'l'),)"), "entities[0].rank is of type str, not int"),
        (
            KNOWLEDGE.format("entities=(EntityKind('h', 'H', 1, 'l', pattern='('),)"),
            "entity kind 'h': '(' is no regular",
        ),
        (KNOWLEDGE.format("essential=('aws',)"), "aws is essential, and not one of its systems"),
        (
            KNOWLEDGE.format("schedules=(Scheduled('a', 'not a cron', lambda at: Request()),)"),
            "the schedule 'a' has no valid",
        ),
        (KNOWLEDGE.format("analyse=lambda e, q: Analysis()"), "analyse cannot be pickled"),
        (KNOWLEDGE.format("opens=(('h', lambda name: ()),)"), "opens cannot be pickled"),
        (KNOWLEDGE.format("codes=fails"), "ZeroDivisionError: xx is out of order"),
        (KNOWLEDGE.format("query_tools=lambda: (5,)"), "query_tools[0] is of type int, not a function"),
        (KNOWLEDGE.format("grammar=fails"), "ZeroDivisionError: xx is out of order"),
        (KNOWLEDGE.format("grammar=lambda: 'features: [a: b'"), "FragmentError: area xx: its grammar cannot be read"),
        (KNOWLEDGE.format("grammar=lambda: '- 1'"), "FragmentError: area xx: its grammar is not a mapping"),
        (
            KNOWLEDGE.format("grammar=lambda: 'rules: [{topic: cluster, weight: 1}]'"),
            "FragmentError: area xx: the rule",
        ),
    ],
)
def test_what_is_wrong_is_found_when_it_is_loaded(forge: Forge, module: str, reason: str) -> None:
    found = forge(module)
    (broken,) = found.broken
    assert broken.reason.startswith(reason), broken.reason
    assert "xx" not in found.integrations and "xx" not in found.areas
    assert found.settings().server.port == 8350


@pytest.mark.parametrize("raised", ["KeyboardInterrupt()", "BaseException('gone')", "SystemExit(3)"])
def test_whatever_is_raised_while_it_is_loaded(forge: Forge, raised: str) -> None:
    (broken,) = forge(f"INTEGRATION = 1\nraise {raised}\n").broken
    assert broken.reason.startswith(raised.partition("(")[0])


@pytest.mark.parametrize("name", ["copy", "json", "of", "model_config", "server"])
def test_a_section_cannot_hide_what_settings_have(forge: Forge, name: str) -> None:
    found = forge("class S(SettingsSection): a: int = 1\n" + SYSTEM.format(f"settings=S, section={name!r}"))
    (broken,) = found.broken
    assert f"cannot be called {name!r}" in broken.reason or "its section" in broken.reason
    assert found.settings().server.port == 8350


def test_secrets_in_an_exception_are_not_told_and_it_is_short(forge: Forge) -> None:
    (broken,) = forge("INTEGRATION = 1\nraise ValueError('ghp_' + 'a1B2c3D4e5F6' * 3 + 'x' * 5000)\n").broken
    assert "a1B2c3" not in broken.reason and len(broken.reason) < 400


def test_own_manifests_are_right() -> None:
    """What is not checked when a command starts."""
    own = own_registry()
    assert [wrong for value in own.integrations.values() if (wrong := integration_problem(value))] == []
    assert [wrong for value in own.areas.values() if (wrong := area_problem(value))] == []
    for value in own.integrations.values():
        if value.alert_source:
            source = value.alert_source()
            assert source.source == value.name
            assert alert_source_problem(source) == "" or value.name == "generic"  # which takes what no other does
    for area in own.areas.values():
        assert {code.partition("-")[0] for code in area.codes()} <= set(OWN_CODES)
        assert code_problem(area.codes(), ()) == ""
    assert {code.partition("-")[0] for area in own.areas.values() for code in area.codes()} == set(OWN_CODES)


def test_own_manifests_have_no_twins() -> None:
    own = own_registry()
    names = Counter(
        c for a in own.areas.values() for c in area_claims(a, a.codes(), (q.__name__ for q in a.query_tools()))
    )
    sections = Counter(o.section or o.name for o in (*own.integrations.values(), *own.areas.values()) if o.settings)
    assert [name for name, times in (names + sections).items() if times > 1] == []
    assert set(names) - set(own_claims(own)) == {c for c in names if c.what == "finding code"}


def test_own_sections_require_nothing() -> None:
    """A test of every section: none is in the place of one that lacks something."""
    sections = own_registry().settings()
    for owner in (*own_registry().integrations.values(), *own_registry().areas.values()):
        assert owner.settings is None or type(sections.of(owner.settings)) is owner.settings


def test_own_tools_are_called_as_their_system() -> None:
    """Then no tool of another can have their name."""
    connections = Connections(own_registry().settings(), own_registry())
    for owner in own_registry().integrations.values():
        tools = owner.unreachable("") or (connections.connection(owner.name).tools if owner.connect else ())
        assert [tool.name for tool in tools if not tool.name.startswith(f"{owner.name}_")] == []
