import re
from datetime import timedelta
from typing import Any

import pytest

from midwatch.domain.access import AccessRole
from midwatch.interfaces.http.app import openapi_document
from midwatch.store.audit import Act, list_entries
from tests.interfaces.http.house import House, refused

INCIDENTS = "/api/v1/incidents"
BODY = {
    "title": "Database Connection Error",
    "description": "Unable to connect to primary database",
    "severity": "high",
    "service_name": "user-service",
    "alert_source": "manual",
}
READ = ("", "/{id}", "/{id}/timeline", "/{id}/related")
WRITE: tuple[tuple[str, str, Any], ...] = (
    ("POST", "", BODY),
    ("PATCH", "/{id}", {"title": "another"}),
    ("POST", "/{id}/actions", {"action": "note", "text": "seen"}),
    ("POST", "/{id}/acknowledge", None),
    ("POST", "/{id}/resolve", None),
)


async def opened(here: House, **changes: Any) -> dict[str, Any]:
    return await here.post(INCIDENTS, BODY | changes)


def path(made: dict[str, Any], rest: str = "") -> str:
    return f"{INCIDENTS}/{made['id']}{rest}"


class TestIncidents:
    @pytest.mark.parametrize("rest", (*READ, "/changes"))
    async def test_unauthenticated_reads(self, here: House, rest: str) -> None:
        made = await opened(here)
        refused(await here.ask("GET", INCIDENTS + rest.format(id=made["id"]), None), 401, "API key")

    @pytest.mark.parametrize(("method", "rest", "body"), WRITE)
    async def test_unauthenticated_and_missing_role(self, here: House, method: str, rest: str, body: Any) -> None:
        made = await opened(here)
        before = await here.get(path(made))
        refused(await here.ask(method, INCIDENTS + rest.format(id=made["id"]), None, json=body), 401, "API key")
        refused(
            await here.ask(method, INCIDENTS + rest.format(id=made["id"]), AccessRole.VIEWER, json=body),
            403,
            "responder",
        )
        assert await here.get(path(made)) == before
        assert (await here.get(INCIDENTS))["total"] == 1

    async def test_an_incident_is_opened_as_it_was_reported(self, here: House) -> None:
        answer = await here.ask("POST", INCIDENTS, AccessRole.RESPONDER, json=BODY)
        assert answer.status_code == 201
        made = answer.json()["data"]
        assert {k: made[k] for k in ("title", "description", "severity", "status", "service", "source", "number")} == {
            "title": BODY["title"],
            "description": BODY["description"],
            "severity": "high",
            "status": "triggered",
            "service": "user-service",
            "source": "manual",
            "number": 1,
        }
        assert here.woken

    async def test_changes_of_all_incidents_from_a_cursor_on(self, here: House) -> None:
        first = await opened(here)
        start = (await here.get(INCIDENTS + "/changes"))["data"]
        assert (start["changes"], start["more"]) == ([], False)
        second = await opened(here, service_name="billing", severity="low")
        await here.post(path(first, "/acknowledge"), None)
        await here.post(path(first, "/resolve"), None)

        async def kinds(**narrowed: Any) -> list[tuple[str, str]]:
            found = (await here.get(INCIDENTS + "/changes", after=start["cursor"], **narrowed))["data"]
            assert all(change["incident"]["id"] == change["entry"]["incident_id"] for change in found["changes"])
            assert found["cursor"] == found["changes"][-1]["entry"]["seq"]
            told = ((change["incident"]["id"], change["entry"]["kind"]) for change in found["changes"])
            return [one for one in told if one[1] != "queued"]

        mine = [(first["id"], "acknowledged"), (first["id"], "resolved")]
        assert await kinds() == [(second["id"], "opened"), *mine]
        assert await kinds(service="user-service") == await kinds(severity="high") == mine
        assert (await here.get(INCIDENTS + "/changes", after=2**40))["data"]["cursor"] == 2**40

    async def test_about_the_same_service_it_joins(self, here: House) -> None:
        first = await opened(here)
        second = await opened(here, title="Slow queries", severity="critical")
        assert second["id"] == first["id"]
        assert second["severity"] == "critical"
        shown = (await here.get(path(first)))["data"]
        assert [a["alert"]["title"] for a in shown["alerts"]] == ["Database Connection Error", "Slow queries"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": ""}, "body.title"),
            ({"title": "x" * 1001}, "body.title"),
            ({"title": 5}, "body.title"),
            ({"severity": "worst"}, "body.severity"),
            ({"alert_source": "Not a source"}, "body.alert_source"),
        ],
    )
    async def test_what_is_not_right_is_named(self, here: House, changes: dict[str, Any], field: str) -> None:
        said = refused(await here.ask("POST", INCIDENTS, json=BODY | changes), 400)
        assert list(said["details"]) == [field]
        assert (await here.get(INCIDENTS))["total"] == 0

    async def test_hidden_signs_and_secrets_are_not_kept(self, here: House) -> None:
        made = await opened(
            here,
            title="\u202edown\x00 now\x1b[31m",
            description="login with password=tidewater9 fails",
            service_name="",
        )
        assert made["title"] == "down now"
        assert "tidewater9" not in str(await here.get(path(made)))
        refused(await here.ask("POST", INCIDENTS, json=BODY | {"title": "\u200b\x00"}), 400, "title")

    async def test_each_filter_narrows(self, here: House) -> None:
        names = ("alpha", "beta", "gamma")
        made = {
            n: await opened(here, title=f"{n} is down 100%", service_name=n, severity=s)
            for n, s in zip(names, ("low", "high", "high"), strict=True)
        }
        await here.post(path(made["beta"], "/acknowledge"))
        await here.post(path(made["gamma"], "/resolve"))
        start = made["beta"]["created_at"]
        narrowed: tuple[tuple[dict[str, Any], list[str]], ...] = (
            ({"status": "triggered"}, ["alpha"]),
            ({"status": "acknowledged"}, ["beta"]),
            ({"status": "resolved"}, ["gamma"]),
            ({"severity": "high"}, ["gamma", "beta"]),
            ({"service": "alpha"}, ["alpha"]),
            ({"service": "alph"}, []),
            ({"source": "manual"}, ["gamma", "beta", "alpha"]),
            ({"source": "pagerduty"}, []),
            ({"text": "BETA is"}, ["beta"]),
            ({"text": "unable TO connect"}, ["gamma", "beta", "alpha"]),
            ({"text": "_lpha"}, []),
            ({"text": "100%"}, ["gamma", "beta", "alpha"]),
            ({"since": start}, ["gamma", "beta"]),
            ({"until": start}, ["beta", "alpha"]),
            ({"since": start, "until": start, "severity": "high"}, ["beta"]),
        )
        for query, expected in narrowed:
            page = await here.get(INCIDENTS, **query)
            assert [i["service"] for i in page["items"]] == expected, query
            assert page["total"] == len(expected)

    async def test_a_time_without_a_zone_is_utc(self, here: House) -> None:
        await opened(here)
        hour = timedelta(hours=1)
        ago, ahead = (here.clock() - hour).replace(tzinfo=None), (here.clock() + hour).replace(tzinfo=None)
        assert (await here.get(INCIDENTS, since=ago.isoformat()))["total"] == 1
        assert (await here.get(INCIDENTS, since=ahead.isoformat()))["total"] == 0

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"status": "open"}, "query.status"),
            ({"severity": "P1"}, "query.severity"),
            ({"page": "0"}, "query.page"),
            ({"page": "one"}, "query.page"),
            ({"page_size": "201"}, "query.page_size"),
            ({"since": "yesterday"}, "query.since"),
            ({"since": "1793592000"}, "query.since"),
            ({"since": "1.7e-16"}, "query.since"),
            ({"since": "0001-01-01T00:00:00+14:00"}, "query.since"),
            ({"statsu": "resolved"}, "query.statsu"),
        ],
    )
    async def test_a_wrong_filter_is_named(self, here: House, query: dict[str, str], field: str) -> None:
        assert list(refused(await here.ask("GET", INCIDENTS, params=query), 400)["details"]) == [field]

    async def test_pages_hold_each_incident_once_newest_first(self, here: House) -> None:
        for n in range(5):
            await opened(here, service_name=f"s{n}")
        pages = [await here.get(INCIDENTS, page=n, page_size=2) for n in (1, 2, 3, 4)]
        assert [[i["number"] for i in p["items"]] for p in pages] == [[5, 4], [3, 2], [1], []]
        assert [p["has_next"] for p in pages] == [True, True, False, False]
        assert {(p["total"], p["page_size"]) for p in pages} == {(5, 2)}
        assert set(pages[0]) == {"items", "total", "page", "page_size", "has_next"}

    async def test_changes_are_kept_and_told(self, here: House) -> None:
        made = await opened(here)
        changed = await here.ask(
            "PATCH", path(made), json={"title": "Primary is down", "severity": "critical", "service": "db"}
        )
        assert changed.status_code == 200
        shown = (await here.get(path(made)))["data"]["incident"]
        assert (shown["title"], shown["severity"], shown["service"]) == ("Primary is down", "critical", "db")
        assert shown["description"] == BODY["description"]
        entry = (await here.get(path(made, "/timeline")))["data"][-1]
        assert (entry["kind"], entry["actor"]) == ("changed", "the admin")

    @pytest.mark.parametrize("body", [{}, {"title": ""}, {"status": "resolved"}, {"severity": "none"}, [], "x"])
    async def test_a_change_that_is_none_is_refused(self, here: House, body: Any) -> None:
        made = await opened(here)
        refused(await here.ask("PATCH", path(made), json=body), 400)
        assert (await here.get(path(made)))["data"]["incident"] == made

    async def test_acknowledge_and_resolve_name_who(self, here: House) -> None:
        made = await opened(here)
        assert (await here.post(path(made, "/acknowledge"), user="mara@example.com"))[
            "acknowledged_by"
        ] == "mara@example.com"
        over = await here.post(path(made, "/resolve"), resolution="restarted the primary")
        assert (over["status"], over["resolved_by"], over["resolution"]) == (
            "resolved",
            "the responder",
            "restarted the primary",
        )
        kinds = [e["kind"] for e in (await here.get(path(made, "/timeline")))["data"]]
        assert kinds == ["opened", "queued", "acknowledged", "resolved"]

    async def test_a_state_that_forbids_it_is_a_conflict(self, here: House) -> None:
        made = await opened(here)
        await here.post(path(made, "/resolve"))
        refused(await here.ask("POST", path(made, "/acknowledge")), 409, "resolved")
        refused(await here.ask("POST", path(made, "/resolve")), 409, "resolved")
        refused(await here.ask("POST", path(made, "/actions"), json={"action": "acknowledge"}), 409)

    async def test_every_action(self, here: House) -> None:
        made = await opened(here)
        for action, status in (
            ("acknowledge", "acknowledged"),
            ("resolve", "resolved"),
            ("reopen", "triggered"),
            ("note", "triggered"),
        ):
            assert (await here.post(path(made, "/actions"), {"action": action, "text": "a word"}))["status"] == status
        await here.post(path(made, "/actions"), {"action": "investigate"})
        shown = (await here.get(path(made)))["data"]
        assert len(shown["investigations"]) == 2
        assert all("answer" not in run for run in shown["investigations"])
        kinds = [e["kind"] for e in (await here.get(path(made, "/timeline")))["data"]]
        assert kinds == ["opened", "queued", "acknowledged", "resolved", "reopened", "note", "queued"]
        refused(await here.ask("POST", path(made, "/actions"), json={"action": "note", "text": " "}), 400, "empty")
        refused(await here.ask("POST", path(made, "/actions"), json={"action": "explode"}), 400, "body.action")

    async def test_a_timeline_goes_on_behind_an_entry(self, here: House) -> None:
        made = await opened(here)
        first, second = (await here.get(path(made, "/timeline")))["data"]
        assert [e["seq"] for e in (await here.get(path(made, "/timeline"), after=first["seq"]))["data"]] == [
            second["seq"]
        ]
        refused(await here.ask("GET", path(made, "/timeline"), params={"after": -1}), 400)

    async def test_related_are_those_about_the_same_service(self, here: House) -> None:
        old = await opened(here)
        await here.post(path(old, "/resolve"))
        here.clock.ahead = timedelta(hours=2)
        new, _other = await opened(here), await opened(here, service_name="elsewhere")
        assert new["id"] != old["id"]
        assert [i["id"] for i in (await here.get(path(new, "/related")))["data"]] == [old["id"]]
        here.clock.ahead = timedelta(days=40)
        assert (await here.get(path(new, "/related")))["data"] == []
        refused(await here.ask("GET", path(new, "/related"), params={"limit": 0}), 400)

    @pytest.mark.parametrize(("method", "rest", "body"), [*(("GET", r, None) for r in READ[1:]), *WRITE[1:]])
    async def test_nothing_is_known_of_another(self, here: House, method: str, rest: str, body: Any) -> None:
        refused(await here.ask(method, INCIDENTS + rest.format(id="inc_nobody"), json=body), 404, "inc_nobody")


AUDITED: tuple[tuple[str, str, Any, str], ...] = (
    ("POST", INCIDENTS, BODY | {"service_name": "another"}, "incident.create"),
    ("POST", "/alerts", BODY | {"service_name": "a third"}, "incident.create"),
    ("PATCH", f"{INCIDENTS}/{{id}}", {"title": "another"}, "incident.update"),
    ("POST", f"{INCIDENTS}/{{id}}/acknowledge", None, "incident.acknowledge"),
    ("POST", f"{INCIDENTS}/{{id}}/actions", {"action": "acknowledge"}, "incident.acknowledge"),
    ("POST", f"{INCIDENTS}/{{id}}/resolve", None, "incident.resolve"),
    ("POST", f"{INCIDENTS}/{{id}}/actions", {"action": "resolve", "text": "restarted"}, "incident.resolve"),
    ("POST", f"{INCIDENTS}/{{resolved}}/actions", {"action": "reopen"}, "incident.reopen"),
    ("POST", f"{INCIDENTS}/{{id}}/actions", {"action": "note", "text": "seen"}, "incident.note"),
    ("POST", f"{INCIDENTS}/{{id}}/actions", {"action": "investigate"}, "incident.investigate"),
    ("POST", "/api/v1/investigations", {"question": "why?"}, "investigation.create"),
    ("POST", "/api/v1/investigations/{run}/cancel", None, "investigation.cancel"),
    ("POST", "/api/v1/keys", {"name": "x"}, "key.create"),
    ("DELETE", "/api/v1/keys/{key}", None, "key.revoke"),
)


class TestAudit:
    """Each change leaves one line that says who did what to which; what is refused changes nothing and leaves none."""

    async def things(self, here: House) -> dict[str, str]:
        made, over = await opened(here), await opened(here, service_name="mail")
        await here.post(path(over, "/resolve"))
        run = await here.post("/api/v1/investigations", {"question": "why?"})
        key = await here.post("/api/v1/keys", {"name": "y"}, AccessRole.ADMIN)
        return {"id": made["id"], "resolved": over["id"], "run": run["id"], "key": key["key"]["id"]}

    def lines(self, here: House) -> list[Act]:
        with here.ctx.db.read() as tx:
            return list_entries(tx, page_size=1000)

    @pytest.mark.parametrize(("method", "where", "body", "action"), AUDITED, ids=lambda x: str(x)[:60])
    async def test_a_change(self, here: House, method: str, where: str, body: Any, action: str) -> None:
        things = await self.things(here)
        role = AccessRole.ADMIN if "/keys" in where else AccessRole.RESPONDER
        before = len(self.lines(here))
        answer = await here.ask(method, where.format(**things), role, json=body)
        assert answer.is_success, answer.text
        new = self.lines(here)[: len(self.lines(here)) - before]
        data = answer.json()["data"]
        object_ = next((i for n, i in things.items() if f"{{{n}}}" in where), "") or data.get("id") or data["key"]["id"]
        assert [(a.actor, a.action, a.object) for a in new] == [(f"the {role}", action, object_)]

    @pytest.mark.parametrize(("method", "where", "body", "action"), AUDITED, ids=lambda x: str(x)[:60])
    async def test_what_is_refused(self, here: House, method: str, where: str, body: Any, action: str) -> None:
        things = await self.things(here)
        here.key(AccessRole.VIEWER)
        before = self.lines(here)
        for role, status in ((None, 401), (AccessRole.VIEWER, 403)):
            refused(await here.ask(method, where.format(**things), role, json=body), status)
        gone = {name: "inc_gone" for name in things}
        if "{" in where:
            refused(await here.ask(method, where.format(**gone), AccessRole.ADMIN, json=body), 404)
        assert self.lines(here) == before

    def test_no_endpoint_is_left_out(self) -> None:
        """Besides those that monitoring systems, questions and the one-time link use: tests/services has these."""
        others = {
            "/webhook/{source}",
            "/webhook/{source}/test",
            "/query",
            "/tools/{name}",
            "/api/v1/setup",
        }
        changing = {
            (method.upper(), re.sub(r"\{\w+\}", "{}", path))
            for path, methods in openapi_document()["paths"].items()
            for method in methods
            if method != "get" and path not in others
        }
        assert changing == {(method, re.sub(r"\{\w+\}", "{}", where)) for method, where, _, _ in AUDITED}
