"""What /health says is read from what workers tell, whatever they tell."""

import json

from midwatch.services.identity import ANONYMOUS
from midwatch.services.serverhealth import ComponentHealth, server_health
from midwatch.store import workers
from midwatch.store.database import Database
from tests.flows.server_context import Watch


async def test_what_a_worker_tells_in_words_of_its_own_is_passed_over(db: Database) -> None:
    watch = Watch(db)
    for name, told in (("a", "no JSON"), ("b", '{"hits": 3}'), ("c", '{"other": 1}')):
        with db.write() as tx:
            workers.beat(tx, name, watch.now, watch.now, told)
    found = await server_health(watch.ctx, ANONYMOUS)
    assert (found.cache.hits, found.workers) == (3, 3)


async def test_a_system_that_one_worker_cannot_reach_is_degraded(db: Database) -> None:
    watch = Watch(db)
    for name, reason in (("a", ""), ("b", "connection refused")):
        with db.write() as tx:
            workers.beat(tx, name, watch.now, watch.now, json.dumps({"systems": {"kubernetes": reason}}))
    found = await server_health(watch.ctx, ANONYMOUS)
    assert found.components == {"kubernetes": ComponentHealth(status="degraded", reason="connection refused")}
    assert (found.status, found.reasons) == ("degraded", ("kubernetes: degraded: connection refused",))
