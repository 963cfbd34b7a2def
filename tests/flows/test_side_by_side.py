"""Investigations of different clusters in one process at a time: each has the answer that it has alone."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from midwatch.domain.investigation import Answer, Request
from midwatch.engine.analyst import Analysts, local_analyst
from midwatch.engine.analystpool import Pool
from midwatch.engine.investigations import investigate
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.services.bundles import Bundle, load, save_file
from midwatch.wiring import connections
from midwatch.wiring.replays import replay
from tests.flows.cluster import site
from tests.flows.test_diagnose import healthy, missing_variable, out_of_memory, wrong_image
from tests.plugged import settings as composed


@pytest.fixture
async def bundles(tmp_path: Path) -> list[Bundle]:
    """Of clusters whose objects have the same names; evidence that is replayed has the same times."""
    found: list[Bundle] = []
    for number, scene in enumerate((healthy(), missing_variable(), wrong_image(), out_of_memory())):
        folder = tmp_path / str(number)
        folder.mkdir()
        with site(scene.cluster, folder) as place:
            settings = composed(kubernetes=KubernetesSettings(kubeconfig=place.kubeconfig))
            async with connections.open_investigation(settings) as ctx:
                save_file([await investigate(ctx, Request())], str(folder / "bundle.tgz"))
        found += load(folder / "bundle.tgz")
    return found


async def replayed(bundles: Sequence[Bundle], analysts: Analysts) -> list[str]:
    contexts = [replace(replay(bundle, composed()), analysts=analysts) for bundle in bundles]
    runs = await asyncio.gather(
        *(investigate(ctx, bundle.manifest.request) for ctx, bundle in zip(contexts, bundles, strict=True))
    )
    return [Answer.of(run).json_text() for run in runs]


async def test_at_once_as_alone_in_this_process_and_in_others(bundles: list[Bundle]) -> None:
    async with AsyncExitStack() as stack:
        pool = Pool(2, 2, at_once=2)
        stack.push_async_callback(pool.close)
        assert await replayed(bundles, local_analyst) == [bundle.answer for bundle in bundles]
        assert await replayed(bundles, pool.open) == [bundle.answer for bundle in bundles]
