"""Client of PagerDuty's REST API v2: the alerts and the notes of an incident."""

import asyncio
import re
from typing import Any

import httpx2

from midwatch.domain.notifier import DeliveryFailed
from midwatch.integrations.alert_sources.normalize import get_path
from midwatch.integrations.pagerduty.settings import PagerDutySettings
from midwatch.kit.answers import HttpAnswer, Unanswered, Unexpected, decode_object, objects, send
from midwatch.kit.printable import one_line
from midwatch.kit.redaction import redact_text

_ACCEPT = "application/vnd.pagerduty+json;version=2"
_PAGE = 100  # the largest that the API gives
PAGES = 10  # of the alerts of one incident; PagerDuty itself groups at most 1,000 into one
ALERTS_S = 20.0  # seconds for all pages; the alert is delayed by as much
MESSAGE_CHARS = 300  # characters of PagerDuty's own message
# PagerDuty's identifiers. Webhooks are outside text: nothing else becomes a part of a path that is requested with our
# token.
_ID = re.compile(r"[A-Z0-9]{1,64}")


class PagerDuty:
    """REST client. Raises DeliveryFailed with PagerDuty's own message; a token without access is permanent, a limit or
    an outage is not."""

    def __init__(self, settings: PagerDutySettings) -> None:
        token = settings.token.get_secret_value() if settings.token else ""
        headers = {"Authorization": f"Token token={token}", "Accept": _ACCEPT}
        if settings.email:
            headers["From"] = settings.email
        self._seconds = settings.timeout
        self._http = httpx2.AsyncClient(base_url=settings.url, headers=headers, timeout=settings.timeout)

    async def close(self) -> None:
        await self._http.aclose()

    async def alerts(self, incident: str) -> list[dict[str, Any]]:
        """The incident's alerts with their details, which the webhook leaves out. At most PAGES pages, each alert
        once."""
        found: dict[str, dict[str, Any]] = {}
        path = _path(incident, "alerts")
        try:
            async with asyncio.timeout(ALERTS_S):
                for page in range(PAGES):
                    answer = await self._ask("GET", f"{path}?limit={_PAGE}&offset={page * _PAGE}")
                    fresh = {
                        str(alert.get("id")): alert
                        for alert in _listed(answer, "alerts")
                        if str(alert.get("id")) not in found
                    }
                    found |= fresh
                    if answer.get("more") is not True or not fresh:
                        break
        except TimeoutError:
            raise DeliveryFailed(f"PagerDuty unreachable: no complete response within {ALERTS_S:g} s") from None
        return list(found.values())

    async def notes(self, incident: str) -> list[dict[str, Any]]:
        return _listed(await self._ask("GET", _path(incident, "notes")), "notes")

    async def add_note(self, incident: str, content: str) -> str:
        """Adds a note and returns its id. Success without an id is permanent: a retry would add a second note."""
        answer = await self._send("POST", _path(incident, "notes"), {"note": {"content": redact_text(content)}})
        try:
            made = note_id(decode_object(answer.body).get("note"))
        except Unexpected:
            made = ""
        if not made:
            raise DeliveryFailed(
                f"PagerDuty returned {answer.status} without a note ID; the note may exist and is not written again",
                permanent=True,
            )
        return made

    async def _ask(self, method: str, path: str) -> dict[str, Any]:
        try:
            return decode_object((await self._send(method, path)).body)
        except Unexpected as error:
            raise _strange(error) from error

    async def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> HttpAnswer:
        try:
            answer = await send(self._http, method, path, seconds=self._seconds, json=body)
        except Unanswered as error:
            raise DeliveryFailed(f"PagerDuty unreachable: {error}") from error
        if answer.ok:
            return answer
        raise _refused(answer)


def note_id(note: object) -> str:
    """The id of a note; "" without a valid one."""
    found = get_path(note, "id")
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def _path(incident: str, what: str) -> str:
    if not _ID.fullmatch(incident):
        raise DeliveryFailed(
            f"{one_line(incident)[:40]!r} is not a PagerDuty incident ID; no request was sent", permanent=True
        )
    return f"/incidents/{incident}/{what}"


def _listed(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    try:
        return objects(answer, name)
    except Unexpected as error:
        raise _strange(error) from error


def _strange(error: Unexpected) -> DeliveryFailed:
    return DeliveryFailed(f"PagerDuty response is invalid: {error}; check pagerduty.url and proxies")


def _refused(answer: HttpAnswer) -> DeliveryFailed:
    said = _message(answer)
    if answer.status == 429:
        return DeliveryFailed(f"PagerDuty rate limit: {said}", after=answer.wait)
    if answer.status >= 500:
        return DeliveryFailed(f"PagerDuty server error ({answer.status}): {said}")
    if 300 <= answer.status < 400:
        return DeliveryFailed(f"PagerDuty returned a redirect ({answer.status}); check pagerduty.url", permanent=True)
    hint = " (account-level tokens also need pagerduty.email)" if answer.status == 400 else ""
    return DeliveryFailed(f"PagerDuty rejected the request ({answer.status}): {said}{hint}", permanent=True)


def _message(answer: HttpAnswer) -> str:
    try:
        error = decode_object(answer.body)["error"]
        said = " ".join([str(error.get("message", "")), *map(str, error.get("errors") or ())])
    except (Unexpected, KeyError, TypeError, AttributeError):
        said = answer.reason
    return " ".join(one_line(said[: MESSAGE_CHARS * 10]).split())[:MESSAGE_CHARS]
