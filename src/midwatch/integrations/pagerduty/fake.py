"""Fake of PagerDuty's REST API in memory, at the HTTP edge: incidents with alerts and notes, tokens, limits and
outages."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_NOT_FOUND = {"error": {"message": "Incident Not Found", "code": 2100}}
_NO_TOKEN = {"error": {"message": "Authentication failed", "code": 2006}}
_LIMIT = {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
_NO_SENDER = {"error": {"message": "Requester User Not Found", "code": 1008}}


@dataclass
class FakePagerDuty:
    """The fake. `troubles` are answered one after the other before anything else: 429 and 500 as PagerDuty sends them,
    "lost" takes the request and drops the response."""

    token: str
    alerts: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    notes: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    troubles: deque[int | str] = field(default_factory=deque[int | str])
    requests: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def incident(self, key: str, *details: dict[str, Any]) -> None:
        self.notes[key] = []
        self.alerts[key] = [
            {
                "id": f"{key}A{number}",
                "type": "alert",
                "status": "triggered",
                "body": {"type": "alert_body", "details": found},
            }
            for number, found in enumerate(details)
        ]

    def app(self) -> Starlette:
        routes = [
            Route("/incidents/{key}/alerts", self._alerts, methods=["GET"]),
            Route("/incidents/{key}/notes", self._notes, methods=["GET"]),
            Route("/incidents/{key}/notes", self._add_note, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    def _refusal(self, request: Request) -> Response | None:
        self.requests.append((request.method, request.url.path))
        trouble = self.troubles.popleft() if self.troubles and self.troubles[0] != "lost" else None
        if trouble == 429:
            return JSONResponse(
                _LIMIT, 429, {"ratelimit-limit": "960", "ratelimit-remaining": "0", "ratelimit-reset": "1"}
            )
        if trouble is not None:
            return JSONResponse({"error": {"message": "Internal Server Error", "code": trouble}}, int(trouble))
        if request.headers.get("authorization") != f"Token token={self.token}":
            return JSONResponse(_NO_TOKEN, 401)
        return None if request.path_params["key"] in self.notes else JSONResponse(_NOT_FOUND, 404)

    async def _alerts(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        limit, offset = int(request.query_params.get("limit", 25)), int(request.query_params.get("offset", 0))
        found = self.alerts[request.path_params["key"]]
        return JSONResponse(
            {
                "alerts": found[offset : offset + limit],
                "limit": limit,
                "offset": offset,
                "more": offset + limit < len(found),
                "total": None,
            }
        )

    async def _notes(self, request: Request) -> Response:
        return self._refusal(request) or JSONResponse({"notes": self.notes[request.path_params["key"]]})

    async def _add_note(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        if not request.headers.get("from"):
            return JSONResponse(_NO_SENDER, 400)
        kept = self.notes[request.path_params["key"]]
        note = {
            "id": f"PNOTE{len(kept) + 1}",
            "content": (await request.json())["note"]["content"],
            "created_at": "2026-11-21T02:00:00Z",
        }
        kept.insert(0, note)
        if self.troubles and self.troubles[0] == "lost":
            self.troubles.popleft()
            return Response(status_code=502)
        return JSONResponse({"note": note})
