"""PagerDuty's REST API v2, as far as it is used: the alerts and the notes of an incident."""

from typing import Any

import httpx2

from midwatch.integrations.outbox import Undelivered
from midwatch.kit.redaction import redact_text
from midwatch.settings import PagerDutySettings

_ACCEPT = "application/vnd.pagerduty+json;version=2"
_PAGE = 100  # the largest that the API gives


class PagerDuty:
    """Raises Undelivered with PagerDuty's own words; a token that may not read or write is permanent, a limit or an outage is not."""

    def __init__(self, settings: PagerDutySettings) -> None:
        token = settings.token.get_secret_value() if settings.token else ""
        headers = {"Authorization": f"Token token={token}", "Accept": _ACCEPT}
        if settings.email:
            headers["From"] = settings.email
        self._http = httpx2.AsyncClient(base_url=settings.url, headers=headers, timeout=settings.timeout)

    async def close(self) -> None:
        await self._http.aclose()

    async def alerts(self, incident: str) -> list[dict[str, Any]]:
        """What the webhook leaves out: the details of the incident's alerts."""
        return await self._all(f"/incidents/{incident}/alerts", "alerts")

    async def notes(self, incident: str) -> list[dict[str, Any]]:
        return (await self._ask("GET", f"/incidents/{incident}/notes"))["notes"]

    async def add_note(self, incident: str, content: str) -> str:
        """The id of the new note."""
        made = await self._ask("POST", f"/incidents/{incident}/notes", {"note": {"content": redact_text(content)}})
        return str(made["note"]["id"])

    async def _all(self, path: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        more = True
        while more:
            page = await self._ask("GET", f"{path}?limit={_PAGE}&offset={len(found)}")
            found += page[name]
            more = bool(page.get("more")) and bool(page[name])
        return found

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, path, json=body)
            if answer.is_success:
                return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Undelivered(f"PagerDuty cannot be reached: {type(error).__name__}") from error
        raise _refused(answer)


def _refused(answer: httpx2.Response) -> Undelivered:
    said = _message(answer)
    if answer.status_code == 429:
        return Undelivered(f"PagerDuty limits our requests: {said}", after=_seconds(answer.headers))
    if answer.status_code >= 500:
        return Undelivered(f"PagerDuty fails ({answer.status_code}): {said}")
    hint = " (an account-level token also needs integrations.pagerduty.email)" if answer.status_code == 400 else ""
    return Undelivered(f"PagerDuty refuses ({answer.status_code}): {said}{hint}", permanent=True)


def _message(answer: httpx2.Response) -> str:
    try:
        error = answer.json()["error"]
        return " ".join([str(error.get("message", "")), *map(str, error.get("errors") or ())]).strip()[:300]
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.reason_phrase


def _seconds(headers: httpx2.Headers) -> float:
    """429 can come without the headers that say how long to wait."""
    given = headers.get("ratelimit-reset") or headers.get("retry-after") or ""
    return float(given) if given.isdigit() else 0.0
