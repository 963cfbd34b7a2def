"""What /health says is read from what workers tell, whatever they tell."""

from midwatch.services.identity import ANONYMOUS
from midwatch.services.serverhealth import server_health
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
