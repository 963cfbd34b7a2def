"""Where nothing could be read, the answer still rests on something: the settings, which say what there was to read."""

from datetime import UTC, datetime

import pytest

from midwatch.diagnosis.traffic.analyse import analyse
from midwatch.diagnosis.traffic.config import Traffic
from midwatch.diagnosis.traffic.settings_evidence import TOOL, traffic_settings
from midwatch.diagnosis.traffic.topics import JOB_TOPICS, NAT_GATEWAYS, NAT_TOPICS
from midwatch.domain.evidence import Evidence
from midwatch.domain.intent import Intent
from midwatch.domain.question import Question
from midwatch.domain.window import Window
from midwatch.reasoning.citations import Library

WINDOW = Window(datetime(2026, 11, 21, 1, tzinfo=UTC), datetime(2026, 11, 21, 3, tzinfo=UTC))
TOPICS = sorted(NAT_TOPICS | JOB_TOPICS | {NAT_GATEWAYS})


@pytest.mark.parametrize("topic", TOPICS)
async def test_an_answer_cites_the_settings_where_nothing_else_was_read(topic: str) -> None:
    seen = await traffic_settings(Traffic())
    given = {"tool": TOOL, "arguments": {}, "query": seen.query, "taken_at": WINDOW.until, "took_ms": 1, "sha256": ""}
    evidence = [Evidence.model_validate({"id": "E1", "observation": seen.observation, **given})]
    answer = analyse(evidence, Question("", Intent(topic=topic, window=WINDOW))).answer
    assert answer and Library(evidence).prove(answer.cites), answer
