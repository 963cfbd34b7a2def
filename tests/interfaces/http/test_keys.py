"""Who gets in: keys, their life, and the link that makes the first."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from midwatch.domain.access import AccessRole
from midwatch.interfaces.http.access import SETUP_TRIES, Rates
from midwatch.services.access import LINK_LIVES, create_key, create_link, is_link_valid, revoke
from midwatch.services.errors import TooOften
from midwatch.store.audit import list_entries
from tests.interfaces.http.house import House, house, refused
from tests.usecases import OWNER

KEYS = "/api/v1/keys"


async def made(here: House, **wanted: Any) -> dict[str, Any]:
    return await here.post(KEYS, {"name": "mara", "role": "responder"} | wanted, AccessRole.ADMIN)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def status(here: House, headers: dict[str, str]) -> int:
    return (await here.http.get("/api/v1/incidents", headers=headers)).status_code


class TestKeys:
    @pytest.mark.parametrize(("method", "path"), [("GET", KEYS), ("POST", KEYS), ("DELETE", f"{KEYS}/key_1")])
    async def test_unauthenticated_and_missing_role(self, here: House, method: str, path: str) -> None:
        body = {"name": "x"} if method == "POST" else None
        refused(await here.ask(method, path, None, json=body), 401)
        refused(await here.ask(method, path, AccessRole.VIEWER, json=body), 403, "admin")
        refused(await here.ask(method, path, AccessRole.RESPONDER, json=body), 403, "admin")

    async def test_a_key_works_and_its_secret_is_shown_once(self, here: House) -> None:
        answer = await made(here)
        assert answer["secret"].startswith(answer["key"]["prefix"])
        for headers in (bearer(answer["secret"]), {"X-API-Key": answer["secret"]}):
            assert await status(here, headers) == 200
        shown = await here.ask("GET", KEYS)
        assert answer["secret"] not in shown.text
        assert "digest" not in shown.text
        mine = next(k for k in shown.json()["data"] if k["id"] == answer["key"]["id"])
        assert (mine["name"], mine["role"], mine["created_by"]) == ("mara", "responder", "the admin")
        assert mine["last_used_at"] is not None

    async def test_no_secret_is_stored(self, here: House, tmp_path: Path) -> None:
        secret = (await made(here))["secret"]
        with here.ctx.db.write():
            pass  # whatever waits in the log is written by then
        stored = b"".join(p.read_bytes() for p in tmp_path.glob("midwatch.db*"))
        assert secret.encode() not in stored
        assert secret.split("_", 2)[2].encode() not in stored

    @pytest.mark.parametrize("secret", ["mw_12345678_nobody", "", "Ä", "mw_", "x" * 5000])
    async def test_a_key_that_is_none_is_refused(self, here: House, secret: str) -> None:
        refused(await here.http.get("/api/v1/incidents", headers={b"X-API-Key": secret.encode()}), 401)
        answer = await here.http.get("/api/v1/incidents", headers={b"Authorization": b"Bearer " + secret.encode()})
        assert refused(answer, 401) and answer.headers["www-authenticate"] == "Bearer"

    async def test_a_revoked_key_ends_at_once(self, here: House) -> None:
        answer = await made(here)
        assert (await here.ask("DELETE", f"{KEYS}/{answer['key']['id']}")).status_code == 200
        assert await status(here, bearer(answer["secret"])) == 401
        refused(await here.ask("DELETE", f"{KEYS}/{answer['key']['id']}"), 409, "revoked")
        refused(await here.ask("DELETE", f"{KEYS}/key_nobody"), 404)

    async def test_a_key_ends_when_it_was_said_to(self, here: House) -> None:
        answer = await made(here, expires_at=(here.clock() + timedelta(hours=1)).isoformat())
        assert await status(here, bearer(answer["secret"])) == 200
        here.clock.ahead = timedelta(minutes=61)
        refused(await here.http.get("/api/v1/incidents", headers=bearer(answer["secret"])), 401, "expired")

    @pytest.mark.parametrize("when", ["2020-01-01T00:00:00Z", "soon", "9999-12-31T23:59:59-14:00"])
    async def test_an_end_that_is_none_is_refused(self, here: House, when: str) -> None:
        refused(await here.ask("POST", KEYS, json={"name": "x", "expires_at": when}), 400, "expires_at")

    async def test_what_was_done_with_keys_is_written_down(self, here: House) -> None:
        answer = await made(here)
        await here.ask("DELETE", f"{KEYS}/{answer['key']['id']}")
        with here.ctx.db.read() as tx:
            acts = list_entries(tx)
        assert [a.action for a in acts[:2]] == ["key.revoke", "key.create"]
        assert answer["secret"] not in str(acts)


class TestSetup:
    async def claim(self, here: House, token: str) -> Any:
        return await here.http.post("/api/v1/setup", json={"token": token, "name": "mara"})

    async def test_a_link_makes_one_admin(self, here: House) -> None:
        token = await create_link(here.ctx, OWNER)
        answer = await self.claim(here, token)
        assert answer.status_code == 201
        assert answer.json()["data"]["key"]["role"] == "admin"
        assert (await here.http.get(KEYS, headers=bearer(answer.json()["data"]["secret"]))).status_code == 200
        refused(await self.claim(here, token), 401, "used before")

    async def test_a_link_expires(self, here: House) -> None:
        token = await create_link(here.ctx, OWNER)
        here.clock.ahead = LINK_LIVES
        refused(await self.claim(here, token), 401)

    async def test_a_wrong_link_makes_nothing(self, here: House) -> None:
        await create_link(here.ctx, OWNER)
        refused(await self.claim(here, "wrong"), 401)
        assert [k["name"] for k in (await here.get(KEYS, AccessRole.ADMIN))["data"]] == ["the admin"]

    async def test_a_new_link_withdraws_those_before(self, here: House) -> None:
        first, second = await create_link(here.ctx, OWNER), await create_link(here.ctx, OWNER)
        refused(await self.claim(here, first), 401)
        assert (await self.claim(here, second)).status_code == 201

    async def test_no_link_works_once_there_is_an_admin(self, here: House) -> None:
        token = await create_link(here.ctx, OWNER)
        here.key(AccessRole.RESPONDER)
        assert await is_link_valid(here.ctx, OWNER, token)
        here.key(AccessRole.ADMIN)
        assert not await is_link_valid(here.ctx, OWNER, token)
        refused(await self.claim(here, token), 401)
        refused(await self.claim(here, await create_link(here.ctx, OWNER)), 401)  # however it came to be
        assert len((await here.get(KEYS, AccessRole.ADMIN))["data"]) == 2

    async def test_an_admin_who_is_gone_counts_no_more(self, here: House) -> None:
        key, _ = await create_key(here.ctx, OWNER, "gone", AccessRole.ADMIN)
        await revoke(here.ctx, OWNER, key.id)
        await create_key(here.ctx, OWNER, "over", AccessRole.ADMIN, here.clock() + timedelta(minutes=1))
        here.clock.ahead = timedelta(minutes=2)
        assert (await self.claim(here, await create_link(here.ctx, OWNER))).status_code == 201

    async def test_an_address_has_ten_tries(self, here: House) -> None:
        token = await create_link(here.ctx, OWNER)
        for _ in range(SETUP_TRIES):
            refused(await self.claim(here, "wrong"), 401)
        refused(await self.claim(here, token), 429)
        elsewhere = httpx2.ASGITransport(here.app, client=("192.0.2.7", 5000))
        async with httpx2.AsyncClient(transport=elsewhere, base_url="http://127.0.0.1") as other:
            assert (await other.post("/api/v1/setup", json={"token": token, "name": "mara"})).status_code == 201

    async def test_guessing_ends_soon(self, tmp_path: Path) -> None:
        async with house(tmp_path, requests_per_hour=3) as here:
            for _ in range(3):
                refused(await self.claim(here, "wrong"), 401)
            refused(await self.claim(here, await create_link(here.ctx, OWNER)), 429)


class TestRates:
    async def test_one_key_uses_up_only_its_own(self, tmp_path: Path) -> None:
        async with house(tmp_path, requests_per_hour=4) as here:
            one, other = here.key(AccessRole.VIEWER), here.key(AccessRole.RESPONDER)
            assert [await status(here, one) for _ in range(5)] == [200] * 4 + [429]
            answer = await here.http.get("/api/v1/incidents", headers=one)
            assert refused(answer, 429, "4 requests") and 800 < int(answer.headers["retry-after"]) <= 901
            assert await status(here, other) == 200

    async def test_strangers_use_up_their_own(self, tmp_path: Path) -> None:
        async with house(tmp_path, requests_per_hour=2) as here:
            assert [await status(here, bearer("mw_guess")) for _ in range(3)] == [401, 401, 429]
            assert await status(here, here.key(AccessRole.VIEWER)) == 200

    @pytest.mark.parametrize(
        ("path", "body"), [("/query", {"prompt": "what is wrong?"}), ("/tools/website_health_query", {})]
    )
    async def test_questions_have_a_limit_of_their_own(self, tmp_path: Path, path: str, body: dict[str, str]) -> None:
        async with house(tmp_path, queries_per_minute=2, answer_within=0.01) as here:
            statuses = [(await here.ask("POST", path, AccessRole.RESPONDER, json=body)).status_code for _ in range(3)]
            assert statuses[2] == 429 and 429 not in statuses[:2]
            answer = await here.ask("POST", path, AccessRole.RESPONDER, json=body)
            assert refused(answer, 429, "2 questions within a minute") and 1 <= int(answer.headers["retry-after"]) <= 31
            assert (await here.ask("POST", path, AccessRole.ADMIN, json=body)).status_code != 429
            assert await status(here, here.key(AccessRole.RESPONDER)) == 200

    async def test_sixty_questions_a_minute(self, here: House) -> None:
        rates = Rates(here.ctx)
        for _ in range(60):
            rates.query("mara")
        with pytest.raises(TooOften):
            rates.query("mara")
        rates.query("ann")


class TestSessions:
    async def test_a_conversation_belongs_to_its_key(self, tmp_path: Path) -> None:
        async with house(tmp_path, answer_within=0.01) as here:

            async def asked(prompt: str, headers: dict[str, str]) -> dict[str, Any]:
                answer = await here.http.post(
                    "/query", json={"prompt": prompt, "session_id": "on-call"}, headers=headers
                )
                assert answer.status_code == 200
                return answer.json()

            made = [await create_key(here.ctx, OWNER, "same name", AccessRole.RESPONDER) for _ in range(2)]
            mara, eve = (bearer(secret) for _, secret in made)
            first = await asked("Show me NAT traffic for the last 24 hours", mara)
            assert first["investigation"]
            assert (await asked("and the day before?", mara))["understood"].startswith("NAT traffic")
            stranger = await asked("and the day before?", eve)
            assert stranger["choices"] and not (
                stranger["investigation"] or stranger["understood"] or stranger["intent"]
            )
            assert (await asked("and the day before?", mara))["understood"].startswith("NAT traffic"), (
                "the other has changed nothing of it"
            )

    async def test_without_a_session_each_question_stands_on_its_own(self, tmp_path: Path) -> None:
        """Many people and programs share a key: nobody goes on with what another asked."""
        async with house(tmp_path, answer_within=0.01) as here:

            async def asked(path: str, **body: str) -> dict[str, Any]:
                return (await here.ask("POST", path, AccessRole.RESPONDER, json=body)).json()

            assert (await asked("/query", prompt="Show me NAT traffic for the last 24 hours"))["investigation"]
            assert (await asked("/query", prompt="and the day before?"))["choices"]
            assert (await asked("/tools/check_nat_gateway_metrics", time_window_hours="24"))["investigation"]
            assert (await asked("/query", prompt="and the day before?"))["choices"]


class TestOpen:
    """`midwatch serve --open`: no key, on this machine only."""

    async def test_nobody_is_asked_for_a_key(self, tmp_path: Path) -> None:
        async with house(tmp_path, open_access=True) as here:
            assert await status(here, {}) == 200
            assert await status(here, {"Host": "localhost:8350", "Origin": "http://127.0.0.1:8350"}) == 200
            assert await status(here, {"Host": "[::1]:8350"}) == 200
            assert await status(here, bearer("mw_wrong")) == 401

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Host": "["},
            {"Origin": "http://["},
            {"Host": ""},
        ],
    )
    async def test_a_web_page_from_elsewhere_is_nobody(self, tmp_path: Path, headers: dict[str, str]) -> None:
        async with house(tmp_path, open_access=True) as here:
            refused(await here.http.post(KEYS, json={"name": "x"}, headers=headers), 401)
            assert await status(here, headers | here.key(AccessRole.VIEWER)) == 200
