"""Whether the systems that are investigated can be reached: asked at a worker's start and again now and then, for the
log and for /health. Without it a wrong context would only show in answers that rest on the alert alone."""

import asyncio
import json
from dataclasses import dataclass, field

import structlog

from midwatch.domain.capabilities import Integration, Selection
from midwatch.domain.refusal import Refusal
from midwatch.kit.redaction import redact_text
from midwatch.wiring.connections import Connections

OK_S = 300.0  # between checks of what was reached: each may start the kubeconfig's credential plug-in
FAILED_S = 60.0
PATIENCE_S = 30.0
REASON = 500  # characters

log = structlog.get_logger()


@dataclass
class Reachability:
    """`reasons`: of each configured system with places of its own (clusters), why it cannot be reached; "" when it
    can."""

    connections: Connections
    reasons: dict[str, str] = field(default_factory=dict[str, str])

    async def watch(self) -> None:
        """Until it is cancelled. A change is a line in the log."""
        while True:
            await self.check()
            await asyncio.sleep(FAILED_S if any(self.reasons.values()) else OK_S)

    async def check(self) -> None:
        for owner in self.connections.plugged.integrations.values():
            if owner.place and owner.connect and self.connections.is_configured(owner):
                self._note(owner.name, await self._reason(owner))

    def report(self) -> str:
        """As JSON for /health, with what the connections remember."""
        remembered = self.connections.memory
        return json.dumps((json.loads(remembered) if remembered else {}) | {"systems": self.reasons})

    async def _reason(self, owner: Integration) -> str:
        reasons = [await self._unreached(owner, context) for context in self.connections.contexts(owner)]
        return redact_text(" ".join(filter(None, reasons)))[:REASON]

    async def _unreached(self, owner: Integration, context: str) -> str:
        try:
            connection = self.connections.connection(owner.name, Selection(context))
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await connection.about()
            finally:
                if not owner.lasting:
                    await connection.close()
        except Refusal as refused:
            return f"{refused.reason} {refused.hint}".strip()
        except TimeoutError:
            return f"{owner.place} {context}".strip() + f" did not answer within {PATIENCE_S:g} s."
        return ""

    def _note(self, name: str, reason: str) -> None:
        before = self.reasons.get(name)
        self.reasons[name] = reason
        if reason and not before:
            log.warning("system unreachable", system=name, reason=reason)
        elif before and not reason:
            log.info("system reachable", system=name)
