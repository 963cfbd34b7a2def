import asyncio
from datetime import timedelta

from midwatch.domain.work import RunEvent, RunState
from midwatch.store import effects, runs, workers
from midwatch.store.database import Database
from tests.store.build import NOW, effect, run

MINUTE = timedelta(minutes=1)


async def test_a_run_comes_back_as_it_was(db: Database) -> None:
    made = run(answer="{}", headline="h", calls=3, seconds=1.5, finished_at=NOW)
    async with db.write() as tx:
        await runs.add(tx, made)
        assert await runs.get(tx, made.id) == made and await runs.get(tx, "inv_2") is None


async def test_a_run_changes_only_from_where_it_may(db: Database) -> None:
    made = run()
    async with db.write() as tx:
        await runs.add(tx, made)
        cancelled = made.model_copy(update={"state": RunState.CANCELLED})
        assert await runs.change(tx, cancelled, RunState.QUEUED, RunState.RUNNING)
        assert not await runs.change(tx, made.model_copy(update={"state": RunState.RUNNING}), RunState.QUEUED)
        assert await runs.get(tx, made.id) == cancelled


async def test_of_several_who_take_a_run_one_gets_it(db: Database) -> None:
    made = run()
    async with db.write() as tx:
        await runs.add(tx, made)

    async def take() -> bool:
        async with db.write() as tx:
            return await runs.change(tx, made.model_copy(update={"state": RunState.RUNNING}), RunState.QUEUED)

    assert sum(await asyncio.gather(*(take() for _ in range(6)))) == 1


async def test_runs_are_listed(db: Database) -> None:
    async with db.write() as tx:
        for number in range(1, 6):
            await runs.add(tx, run(number, state="done" if number > 3 else "queued", incident_id=f"inc_{number % 2}"))
        assert [r.id for r in (await runs.listed(tx, 2, 2))[0]] == ["inv_3", "inv_2"]
        found, total = await runs.listed(tx, 1, 1, RunState.QUEUED, "inc_1")
        assert ([r.id for r in found], total) == (["inv_3"], 2)
        assert [r.id for r in await runs.in_state(tx, (RunState.QUEUED, RunState.RUNNING), limit=2)] == ["inv_1", "inv_2"]
        assert await runs.counts(tx) == {"queued": 3, "done": 2}


async def test_what_a_run_tells_is_numbered_also_when_several_speak(db: Database) -> None:
    async def tell(run_id: str, number: int) -> int:
        async with db.write() as tx:
            return await runs.tell(tx, RunEvent(run_id=run_id, at=NOW, kind="asked", data={"n": number}))

    seqs = await asyncio.gather(*(tell("inv_1", n) for n in range(12)), tell("inv_2", 0))
    assert sorted(seqs[:12]) == list(range(1, 13)) and seqs[12] == 1
    async with db.read() as tx:
        told = await runs.told(tx, "inv_1")
        assert [e.seq for e in told] == list(range(1, 13)) and [e.data["n"] for e in told] == [seqs.index(e.seq) for e in told]
        assert await runs.told(tx, "inv_1", after=10) == told[10:] and await runs.told(tx, "inv_1", limit=2) == told[:2]


async def test_an_effect_is_asked_for_once(db: Database) -> None:
    async with db.write() as tx:
        assert await effects.add(tx, effect()) and not await effects.add(tx, effect(kind="other"))
        assert await effects.get(tx, "note") == effect() and await effects.get(tx, "no") is None


async def test_effects_are_due_in_their_order(db: Database) -> None:
    async with db.write() as tx:
        for name, minutes in (("late", 9), ("second", 2), ("first", 1), ("now", 3)):
            await effects.add(tx, effect(name, next_at=NOW + minutes * MINUTE))
        await effects.add(tx, effect("sent", sent_at=NOW))
        await effects.add(tx, effect("given up", given_up="gone"))
        assert [e.key for e in await effects.due(tx, NOW + 3 * MINUTE)] == ["first", "second", "now"]
        assert [e.key for e in await effects.due(tx, NOW + 3 * MINUTE, limit=1)] == ["first"]
        assert await effects.counts(tx) == {"pending": 4, "sent": 1, "given up": 1}


async def test_of_two_who_claim_an_effect_one_gets_it(db: Database) -> None:
    asked = effect()
    async with db.write() as tx:
        await effects.add(tx, asked)

    async def claim() -> bool:
        async with db.write() as tx:
            return await effects.claim(tx, asked, NOW + MINUTE) is not None

    assert sum(await asyncio.gather(*(claim() for _ in range(4)))) == 1
    async with db.write() as tx:
        assert await effects.due(tx, NOW) == []
        (again,) = await effects.due(tx, NOW + MINUTE)
        assert again.attempts == 1, "whoever claimed it died"
        taken = await effects.claim(tx, again, NOW + 5 * MINUTE)
        assert taken is not None and taken.attempts == 2
        await effects.put(tx, taken.model_copy(update={"given_up": "refused five times"}))
        assert await effects.due(tx, NOW + 9 * MINUTE) == [] and await effects.counts(tx) == {"given up": 1}
        assert await effects.claim(tx, taken, NOW + 9 * MINUTE) is None


async def test_workers_live_and_are_buried_once(db: Database) -> None:
    async with db.write() as tx:
        await workers.beat(tx, "b", NOW, NOW)
        await workers.beat(tx, "a", NOW, NOW)
        await workers.beat(tx, "a", NOW, NOW + MINUTE)
        assert await workers.listed(tx) == [("a", NOW + MINUTE), ("b", NOW)]
        assert await workers.leave(tx, "b") and not await workers.leave(tx, "b")
        assert await workers.listed(tx) == [("a", NOW + MINUTE)]
