"""docs/api.md: each of its commands is carried out, in its order, and each status it names is one that can come."""

import re
import shlex
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from midwatch.interfaces.http.envelope import WHY
from midwatch.services.access import create_link
from tests.interfaces.http.house import House, house
from tests.usecases import OWNER

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
COMMANDS = re.findall(r"^curl .*$", PAGE, re.MULTILINE)
LATER = {
    "KEY": r'"secret":"(mw_\w+[\w-]*)"',
    "KEY_ID": r'"id":"(key_\w+)"',
    "INCIDENT": r'"id":"(inc_\w+)"',
    "RUN": r'"data":{"id":"(inv_\w+)"',
}


def request(command: str, known: dict[str, str]) -> httpx2.Request:
    """What curl would send."""
    for name in sorted(known, key=len, reverse=True):
        command = command.replace(f"${name}", known[name])
    words = iter(shlex.split(command)[1:])
    method, url, headers, body = "GET", "", dict[str, str](), ""
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-d":
                body = next(words)
            case "-N":
                pass
            case _:
                url = word
    return httpx2.Request(method, url, headers=headers, content=body)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncGenerator[House]:
    """Nobody works here: a question is answered with the investigation's name."""
    async with house(tmp_path, answer_within=0.01) as made:
        yield made


async def test_each_command_works(here: House) -> None:
    known = {"MIDWATCH": "http://127.0.0.1", "TOKEN": await create_link(here.ctx, OWNER)}
    assert len(COMMANDS) >= 20
    for command in COMMANDS:
        answer = await here.http.send(request(command, known))
        assert answer.is_success, (command, answer.text)
        for name, pattern in LATER.items():
            found = re.search(pattern, answer.text)
            if found and (name not in known or (name == "KEY_ID" and "-X POST" in command)):
                known[name] = found[1]
    assert set(known) == {"MIDWATCH", "TOKEN", *LATER}


def test_the_statuses_are_those_of_the_code() -> None:
    assert {int(s) for s in re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)} == set(WHY)
