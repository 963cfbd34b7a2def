"""What a tool saw, in types no vendor owns."""

from typing import Annotated, Literal

from pydantic import Field

from midwatch.domain.base import Model


class Resources(Model, frozen=True):
    """The states of all objects of one kind that a query returned.

    `body` is a JSON array, already redacted, one object an element: it is what is hashed, stored and cited.
    `resource` is the system's own plural (`pods`), `scope` the namespace or "" for all of them.
    `partial` says, in words, what the answer left out on purpose ("warnings only"); then absence proves nothing,
    except in the scopes of `whole`, of which nothing is missing (a dump that has one namespace of many).
    """

    type: Literal["resources"] = "resources"
    resource: str
    scope: str = ""
    body: bytes
    count: int
    partial: str = ""
    whole: tuple[str, ...] = ()


class LogLines(Model, frozen=True):
    """The end of one log. `truncated` counts nothing: it says that earlier lines exist and were not read."""

    type: Literal["log"] = "log"
    kind: str = "Pod"
    namespace: str
    name: str
    container: str
    previous: bool = False
    text: str
    truncated: bool = False


class Measurements(Model, frozen=True):
    """What was measured over time: `count` series, `signals` the sorted kinds of them (latency_p95, cpu, …).

    `body` is a JSON array of tables: `times` in seconds since 1970, and the `series` that were measured at these times, each
    with its `entity`, `signal`, `unit` and `values` (null where nothing was measured). `partial` says what was left out.
    """

    type: Literal["measurements"] = "measurements"
    body: bytes
    count: int
    signals: tuple[str, ...] = ()
    partial: str = ""


Observation = Annotated[Resources | LogLines | Measurements, Field(discriminator="type")]
