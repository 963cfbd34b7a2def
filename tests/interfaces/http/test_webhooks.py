"""Every example of every source, proved as its sender proves it; and everything that only looks like one of them."""

import json
import sqlite3
import threading
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from midwatch.domain.access import AccessRole
from midwatch.domain.alert import Delivery
from midwatch.domain.alert_source import AlertSource, WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.fake_sender import TOKEN
from midwatch.integrations.cloudwatch.fake_sender import CERTIFICATE_URL
from midwatch.interfaces.http.app import create_app
from midwatch.kit.clock import utc_now
from midwatch.services.identity import LARGE
from tests.integrations.cloudwatch.test_sns import message
from tests.integrations.examples import NOW, body, delivered, fake_sender, names
from tests.interfaces.http.house import House, house, refused
from tests.plugged import alert_sources

SOURCES = sorted(alert_sources())
FAKES = {source: fake_sender(source) for source in SOURCES}
SENDERS = {source: fake.settings for source, fake in FAKES.items()}
EXAMPLES = [(source, name) for source in SOURCES for name in names(source)]
CERTIFICATES = {url: pem for fake in FAKES.values() for url, pem in fake.certificates.items()}


async def deliver(here: House, source: str, raw: bytes, **headers: str) -> httpx2.Response:
    """As the sender would: with its proof, and without any of our keys."""
    sent = FAKES[source].send(raw, here.clock())
    return await here.http.post(
        f"/webhook/{source}",
        content=sent.body,
        params={"token": sent.token} if sent.token else {},
        headers={"Content-Type": "application/json", **sent.headers, **headers},
    )


@pytest.fixture
async def harbour(tmp_path: Path) -> AsyncGenerator[House]:
    """A server that knows all senders, in the night of the examples."""
    async with house(tmp_path, senders=SENDERS, largest_body=300_000) as made:
        made.clock.ahead = NOW - utc_now()
        made.outside |= {url: httpx2.Response(200, content=pem) for url, pem in CERTIFICATES.items()}
        yield made


async def titles(here: House) -> list[str]:
    found = (await here.get("/api/v1/incidents"))["items"]
    shown = [(await here.get(f"/api/v1/incidents/{i['id']}"))["data"] for i in found]
    return sorted(a["alert"]["title"] for incident in shown for a in incident["alerts"])


async def kinds(here: House) -> list[str]:
    (incident,) = (await here.get("/api/v1/incidents"))["items"]
    return [e["kind"] for e in (await here.get(f"/api/v1/incidents/{incident['id']}/timeline"))["data"]]


class TestWebhooks:
    async def test_unauthenticated(self, harbour: House) -> None:
        for source in SOURCES:
            name = "triggered" if source == "pagerduty" else names(source)[0]
            refused(
                await harbour.http.post(f"/webhook/{source}", content=body(source, name)), 401, f"senders.{source}."
            )
            refused(await harbour.http.get(f"/webhook/{source}/status"), 401)
            refused(await harbour.http.post(f"/webhook/{source}/test", content=b"{}"), 401)
        refused(await harbour.http.post("/alerts", json={"title": "t"}), 401)
        assert await harbour.tally() == {"incidents": 0}

    async def test_missing_role(self, harbour: House) -> None:
        refused(
            await harbour.ask("POST", "/webhook/pagerduty", AccessRole.VIEWER, content=body("pagerduty", "triggered")),
            403,
            "responder",
        )
        refused(await harbour.ask("POST", "/webhook/pagerduty/test", AccessRole.VIEWER, content=b"{}"), 403)
        refused(await harbour.ask("POST", "/alerts", AccessRole.VIEWER, json={"title": "t"}), 403)
        assert await harbour.tally() == {"incidents": 0}

    async def test_a_source_that_does_not_exist(self, harbour: House) -> None:
        for method, path in (
            ("POST", "/webhook/nobody"),
            ("PUT", "/webhook/nobody"),
            ("GET", "/webhook/nobody/status"),
        ):
            refused(await harbour.ask(method, path), 404, "nobody", "pagerduty")

    async def test_without_a_configured_proof_nobody_is_let_in(self, here: House) -> None:
        refused(await here.http.post("/webhook/generic", json={"title": "t"}), 401, "senders.generic")
        assert (
            await here.ask("POST", "/webhook/generic", AccessRole.RESPONDER, json={"title": "t"})
        ).status_code == 202

    @pytest.mark.parametrize("source", SOURCES)
    async def test_an_unconfigured_source_is_refused_whatever_it_sends(self, here: House, source: str) -> None:
        """Signatures that the sender makes by itself too: of whom, nobody has said."""
        here.clock.ahead = NOW - utc_now()
        here.outside |= {url: httpx2.Response(200, content=pem) for url, pem in CERTIFICATES.items()}
        for name in names(source):
            for method in ("POST", "PUT"):
                sent = FAKES[source].send(body(source, name), here.clock())
                answer = await here.http.request(
                    method, f"/webhook/{source}", content=sent.body, params={"token": TOKEN}, headers=sent.headers
                )
                ways = " or ".join(f"senders.{source}.{way}" for way in alert_sources()[source].authenticates_by)
                refused(answer, 401, f"Set {ways}, or send an API key")
        assert await here.tally() == {"incidents": 0} and here.asked == []

    async def test_an_open_server_lets_in_what_has_no_proof_to_give(self, tmp_path: Path) -> None:
        async with house(tmp_path, open_access=True, senders={"pagerduty": SENDERS["pagerduty"]}) as here:
            assert (await here.http.post("/webhook/generic", json={"title": "t"})).status_code == 202
            refused(await here.http.post("/webhook/pagerduty", json={"title": "t"}), 401)

    async def test_a_report_in_words(self, harbour: House) -> None:
        answer = await harbour.ask(
            "POST", "/alerts", AccessRole.RESPONDER, json={"title": "Cranes stand still", "alert_source": "harbour"}
        )
        assert (answer.status_code, answer.json()["data"]["source"]) == (202, "harbour")

    async def test_the_status_of_a_source(self, harbour: House) -> None:
        await deliver(harbour, "pagerduty", body("pagerduty", "unheard-of"))
        shown = (await harbour.get("/webhook/pagerduty/status"))["data"]
        assert (shown["source"], shown["title"], shown["configured"]) == ("pagerduty", "PagerDuty", True)
        (kept,) = shown["last"]
        assert "tide_turned" in kept["note"] and "tide_turned" in kept["body"]

    async def test_a_trial_delivery_gets_what_the_real_one_gets(self, harbour: House) -> None:
        """With the same headers: a key is enough, and what the alert source itself would lack is said beside it."""
        raw = body("pagerduty", "triggered")
        for signed in (FAKES["pagerduty"].send(raw, harbour.clock()).headers, {}):
            sent = {"content": raw, "headers": signed}
            answer = await harbour.ask("POST", "/webhook/pagerduty/test", AccessRole.RESPONDER, **sent)
            said = answer.json()["data"]
            assert (said["accepted"], said["authenticated_by"]) == (True, "API key")
            assert bool(said["authentication"]) == (not signed)
            assert said["delivery"]["alerts"][0]["external_id"] == "Q0HARBOUR1"
        assert await harbour.tally() == {"incidents": 0}
        real = await harbour.ask("POST", "/webhook/pagerduty", AccessRole.RESPONDER, content=raw)
        assert real.status_code == 202

    async def test_a_bearer_token_of_the_source_is_tried_with_a_key_beside_it(self, harbour: House) -> None:
        key = harbour.key(AccessRole.RESPONDER)["Authorization"].removeprefix("Bearer ")
        for token, lacking in ((TOKEN, False), ("wrong", True)):
            headers = {"Authorization": f"Bearer {token}", "X-API-Key": key}
            raw = body("alertmanager", "mixed")
            answer = await harbour.http.post("/webhook/alertmanager/test", content=raw, headers=headers)
            assert answer.status_code == 200, answer.text
            assert bool(answer.json()["data"]["authentication"]) == lacking

    async def test_a_trial_delivery_to_an_open_server(self, tmp_path: Path) -> None:
        async with house(tmp_path, open_access=True, senders={"pagerduty": SENDERS["pagerduty"]}) as here:
            for source, accepted, by in (("generic", True, "nothing (serve --open)"), ("pagerduty", False, "")):
                said = (await here.http.post(f"/webhook/{source}/test", json={"title": "t"})).json()["data"]
                assert (said["accepted"], said["authenticated_by"]) == (accepted, by)
                real = await here.http.post(f"/webhook/{source}", json={"title": "t"})
                assert (real.status_code == 202) == accepted

    async def test_the_status_says_what_a_delivery_may_authenticate_with(self, here: House, harbour: House) -> None:
        for server, configured in ((here, False), (harbour, True)):
            shown = (await server.get("/webhook/alertmanager/status"))["data"]
            assert shown["configured"] == configured
            assert ("senders.alertmanager.tokens" in shown["authentication"]) == configured
            assert any("API key" in way for way in shown["authentication"])

    async def test_a_forger_uses_up_only_his_own(self, tmp_path: Path) -> None:
        async with house(tmp_path, senders=SENDERS, webhooks_per_hour=2) as here:
            assert [(await here.http.post("/webhook/generic", content=b"{}")).status_code for _ in range(3)] == [
                401,
                401,
                429,
            ]
            refused(await here.http.post("/webhook/generic", content=b"{}"), 429, "2 requests")
            elsewhere = httpx2.ASGITransport(here.app, client=("192.0.2.7", 5000))
            async with httpx2.AsyncClient(transport=elsewhere, base_url="http://127.0.0.1") as other:
                sent = FAKES["generic"].send(body("generic", "plain"), here.clock())
                assert (
                    await other.post("/webhook/generic", content=sent.body, headers=sent.headers)
                ).status_code == 202


class TestExamples:
    @pytest.mark.parametrize(("source", "name"), EXAMPLES, ids=lambda x: x)
    async def test_an_example_is_taken_in_as_it_is_understood_and_once(
        self, harbour: House, source: str, name: str
    ) -> None:
        raw, confirm = body(source, name), json.loads(body(source, name))
        if name == "sns-subscription":
            harbour.outside[confirm["SubscribeURL"]] = httpx2.Response(200)
        expected = delivered(source, name, SENDERS[source])
        answer = await deliver(harbour, source, raw)
        assert answer.status_code == 202, answer.text
        receipt = answer.json()["data"]
        something = bool(expected.alerts or expected.comments)
        outcome = "unparsed" if expected.unknown else "accepted" if something else "ignored"
        assert receipt["outcome"] == outcome
        assert receipt["omitted"] == expected.omitted
        assert len(receipt["incidents"]) == len(expected.alerts)
        assert bool(receipt["note"]) == (not something or bool(expected.omitted))
        stored, before = await harbour.tally(), await titles(harbour)
        assert stored[outcome] == 1
        firing = {a.fingerprint: a.title for a in expected.alerts}
        assert set(before) <= set(firing.values())
        assert len(before) >= len({a.fingerprint for a in expected.alerts if a.status != "resolved"})
        again = (await deliver(harbour, source, raw)).json()["data"]
        assert again["outcome"] == ("repeated" if expected.id else outcome)
        assert "open" not in again["actions"]
        assert await titles(harbour) == before
        assert (await harbour.tally())["incidents"] == stored["incidents"]

    @pytest.mark.parametrize("source", SOURCES)
    async def test_a_forged_example_leaves_nothing(self, harbour: House, source: str) -> None:
        for name in names(source):
            sent = FAKES[source].send(body(source, name), harbour.clock())
            old, new = (
                (b'"Message":', b'"Message": "forged", "M":')
                if b"SigningCertURL" in sent.body
                else (b"}", b', "forged": 1}')
            )
            wrong = {k: v.replace(TOKEN, "wrong") for k, v in sent.headers.items()}
            forged = sent.body.replace(old, new, 1)
            refused(await harbour.http.post(f"/webhook/{source}", content=forged, headers=wrong), 401, source)
        assert await harbour.tally() == {"incidents": 0}

    async def test_what_an_incident_goes_through_is_on_its_timeline(self, harbour: House) -> None:
        for name in ("triggered", "annotated", "task-created", "escalated", "acknowledged", "resolved"):
            assert (await deliver(harbour, "pagerduty", body("pagerduty", name))).status_code == 202
        assert await kinds(harbour) == [
            "opened",
            "queued",
            "annotated",
            "task.created",
            "escalated",
            "acknowledged",
            "ended",
            "resolved",
        ]

    async def test_a_remark_about_an_alert_nobody_knows_is_dropped(self, harbour: House) -> None:
        receipt = (await deliver(harbour, "pagerduty", body("pagerduty", "annotated"))).json()["data"]
        assert (receipt["outcome"], receipt["incidents"]) == ("accepted", [])
        assert (await harbour.tally())["incidents"] == 0

    async def test_what_the_sender_left_out_is_told(self, harbour: House) -> None:
        receipt = (await deliver(harbour, "alertmanager", body("alertmanager", "mixed"))).json()["data"]
        assert (receipt["omitted"], receipt["note"]) == (3, "3 more alerts of this delivery were not processed")
        assert await kinds(harbour) == ["opened", "queued", "omitted"]
        await deliver(harbour, "alertmanager", body("alertmanager", "mixed"))
        assert (await kinds(harbour)).count("omitted") == 1

    async def test_a_certificate_is_fetched_once(self, harbour: House) -> None:
        for name in ("sns-alarm", "sns-ok", "sns-composite"):
            assert (await deliver(harbour, "cloudwatch", message(name))).status_code == 202
        assert harbour.asked == [CERTIFICATE_URL]

    async def test_a_subscription_is_confirmed(self, harbour: House) -> None:
        url = json.loads(body("cloudwatch", "sns-subscription"))["SubscribeURL"]
        refused(await deliver(harbour, "cloudwatch", message("sns-subscription")), 503, "404")
        assert await harbour.tally() == {"incidents": 0}
        harbour.outside[url] = httpx2.Response(200)
        answer = await deliver(harbour, "cloudwatch", message("sns-subscription"))
        assert "confirmed" in answer.json()["data"]["note"]
        assert [httpx2.URL(a) for a in harbour.asked] == [CERTIFICATE_URL, url, url]

    @pytest.mark.parametrize(
        "answer",
        [httpx2.Response(302, headers={"Location": CERTIFICATE_URL}), httpx2.Response(200, content=b"x" * 70_000)],
    )
    async def test_a_certificate_that_leads_elsewhere_or_never_ends(
        self, harbour: House, answer: httpx2.Response
    ) -> None:
        harbour.outside[CERTIFICATE_URL] = answer
        refused(await deliver(harbour, "cloudwatch", message()), 503, "cannot be fetched")
        assert harbour.asked == [CERTIFICATE_URL]
        assert await harbour.tally() == {"incidents": 0}

    async def test_no_other_address_is_fetched(self, harbour: House) -> None:
        raw = message(before=lambda m: m.update(SigningCertURL="https://evil.example/x.pem"))
        refused(await deliver(harbour, "cloudwatch", raw), 401)
        assert harbour.asked == []


class TestOdd:
    """What is proved but not right: it is kept for a person, and nothing of it becomes an incident."""

    @pytest.mark.parametrize("source", SOURCES)
    async def test_it_is_kept_with_a_note(self, harbour: House, source: str) -> None:
        whole = body(source, names(source)[0])
        odd = {
            "truncated": whole[: len(whole) // 2],
            "not UTF-8": b'{"title": "\xff\xfe\xfd"}',
            "deep": b'{"alerts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            "empty": b"",
            "a list of nothing": b"[null, 1]",
            "another's": b'{"weather": {"wind": "northerly"}}',
        }
        for number, (how, raw) in enumerate(odd.items(), 1):
            answer = await deliver(harbour, source, raw)
            assert answer.status_code == 202, (how, answer.text)
            receipt = answer.json()["data"]
            assert (receipt["outcome"], receipt["incidents"]) == ("unparsed", []), how
            kept = (await harbour.get(f"/webhook/{source}/status"))["data"]["last"]
            assert len(kept) == number
            assert kept[0]["note"] == receipt["note"] != ""
            assert len(kept[0]["body"]) <= 65_536
        assert await harbour.tally() == {"incidents": 0, "unparsed": len(odd)}

    @pytest.mark.parametrize("source", SOURCES)
    async def test_too_much_is_refused(self, harbour: House, source: str) -> None:
        refused(await deliver(harbour, source, body(source, names(source)[0]) + b" " * 300_000), 413)
        assert await harbour.tally() == {"incidents": 0}

    @pytest.mark.parametrize("kind", ["text/plain; charset=UTF-8", "application/x-www-form-urlencoded", "nonsense", ""])
    async def test_the_content_type_does_not_matter(self, harbour: House, kind: str) -> None:
        answer = await deliver(harbour, "pagerduty", body("pagerduty", "triggered"), **{"Content-Type": kind})
        assert answer.json()["data"]["outcome"] == "accepted"

    @pytest.mark.parametrize("source", ["grafana", "generic"])
    async def test_an_old_signature_is_refused(self, harbour: House, source: str) -> None:
        raw = body(source, names(source)[0])
        headers = FAKES[source].send(raw, harbour.clock()).headers
        harbour.clock.ahead += 2 * (NOW.replace(minute=3) - NOW)
        refused(await harbour.http.post(f"/webhook/{source}", content=raw, headers=headers), 401)
        assert await harbour.tally() == {"incidents": 0}

    async def test_a_token_in_our_own_header_counts(self, harbour: House) -> None:
        raw = body("datadog", "triggered")
        for token, status in ((TOKEN, 202), ("wrong", 401)):
            answer = await harbour.http.post("/webhook/datadog", content=raw, headers={"X-Midwatch-Token": token})
            assert answer.status_code == status

    async def test_a_refusal_names_what_counts_for_the_source(self, harbour: House) -> None:
        """What cannot sign is not told about signatures."""
        for source, ways in (
            ("datadog", "Datadog authenticates by senders.datadog.tokens"),
            ("grafana", "Grafana Alerting authenticates by senders.grafana.secrets or senders.grafana.tokens"),
        ):
            refused(await harbour.http.post(f"/webhook/{source}", json={"title": "t"}), 401, ways)

    async def test_a_token_in_the_address_counts(self, harbour: House) -> None:
        raw = body("datadog", "triggered")
        assert (await harbour.http.post("/webhook/datadog", content=raw, params={"token": TOKEN})).status_code == 202
        refused(await harbour.http.post("/webhook/datadog", content=raw, params={"token": "wrong"}), 401)
        assert (await harbour.http.put("/webhook/datadog", content=raw, params={"token": TOKEN})).json()["data"][
            "outcome"
        ] == "repeated"

    @pytest.mark.parametrize("table", ["incidents", "alerts", "timeline", "runs", "incident_keys"])
    async def test_nothing_is_half_stored(self, harbour: House, tmp_path: Path, table: str) -> None:
        """A write that fails anywhere takes everything with it, the delivery too, so that the sender's retry is no
        repetition."""
        raw = body("pagerduty", "triggered")
        with closing(sqlite3.connect(tmp_path / "midwatch.db")) as store:
            store.execute(f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no room'); END")
            store.commit()
            refused(await deliver(harbour, "pagerduty", raw), 500)
            counted = [
                store.execute(f"SELECT count(*) FROM {t}").fetchone()[0]
                for t in ("deliveries", "incidents", "alerts", "timeline", "runs")
            ]
            assert counted == [0] * 5
            store.execute("DROP TRIGGER full")
            store.commit()
        assert (await deliver(harbour, "pagerduty", raw)).json()["data"]["outcome"] == "accepted"
        assert await kinds(harbour) == ["opened", "queued"]

    async def test_a_large_body_is_read_beside_the_loop(self, harbour: House) -> None:
        read_in = list[str]()

        def parse(hook: WebhookRequest, _sender: SenderSettings) -> Delivery:
            read_in.append(threading.current_thread().name)
            return Delivery(ignored="seen")

        probe = AlertSource(source="probe", title="Probe", verify=lambda _hook, _sender: None, parse=parse)
        ctx = replace(harbour.ctx, alert_sources={"probe": probe}, open=True)
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(create_app(ctx)), base_url="http://127.0.0.1"
        ) as http:
            for size in (LARGE, LARGE + 1):
                assert (await http.post("/webhook/probe", content=b" " * size)).status_code == 202
        assert read_in[0] == threading.current_thread().name != read_in[1]

    async def test_a_storm_of_one_request_is_one_transaction(self, harbour: House) -> None:
        items: list[Any] = [{"labels": {"alertname": f"a{n}", "namespace": "ns", "pod": f"p{n}"}} for n in range(120)]
        answer = await deliver(harbour, "alertmanager", json.dumps({"alerts": items}).encode())
        assert sum(answer.json()["data"]["actions"].values()) == 120
        assert (await harbour.tally())["accepted"] == 1
