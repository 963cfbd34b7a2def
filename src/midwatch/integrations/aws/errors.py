"""AWS errors as one sentence each, with the next step. The codes are data (errors.yaml)."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from midwatch.domain.tool import ToolError
from midwatch.integrations.alert_sources.normalize import record
from midwatch.kit.printable import one_line

_READ = 16_384  # characters of AWS's message that are searched
_CODE = 80
_LONGEST = 300  # characters of AWS's message that are shown
_ALLOWED = re.compile(r"not authorized to perform: ([\w-]+:\w+)")


# Exceptions from parsing a response in another shape than the API's.
STRANGE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


class Busy(ToolError):
    """AWS throttled the call: `why` is the reason in three words."""

    def __init__(self, message: str, why: str) -> None:
        super().__init__(message)
        self.why = why


class Rejected(ToolError):
    """AWS rejected the call with an error code of its own."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Call:
    """One call in words, for messages about it."""

    service: str
    action: str
    region: str = "(none)"
    host: str = "its endpoint"


@cache
def _data() -> dict[str, Any]:
    return yaml.safe_load(files("midwatch.integrations.aws").joinpath("errors.yaml").read_text("utf-8"))


@cache
def _sentences() -> dict[str, str]:
    return {code: entry["says"] for entry in _data()["sentences"] for code in entry["codes"]}


def explain(error: Any, call: Call) -> ToolError:
    """The ToolError for any error of the SDK. Its classes are matched by name, since the SDK is not always
    installed."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    said = record(response.get("Error"))
    code = one_line(str(said.get("Code", ""))[:_CODE]).removeprefix("Client.").removeprefix("Server.")
    codes = [code, *(kind.__name__ for kind in type(error).__mro__)]
    text = " ".join(one_line(str(said.get("Message") or error)[:_READ]).split())[:_LONGEST]
    action = str(
        getattr(error, "operation_name", None) or call.action
    )  # another one where a role has to be assumed first
    where = Call("sts" if action == "AssumeRole" else call.service, action, call.region, call.host)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return _busy(codes, status, where) or _denied(codes, text, where) or _sentence(codes, text, where)


def unexpected_answer(asked: str) -> ToolError:
    return ToolError(f"Unexpected AWS response to {asked}; check AWS_ENDPOINT_URL and proxies.")


def _busy(codes: list[str], status: int, call: Call) -> Busy | None:
    name = "CloudWatch" if call.service == "cloudwatch" else f"AWS ({call.service})"
    if set(codes) & set(_data()["throttled"]) or status == 429:
        return Busy(
            f"{name} throttles {call.action} and no cached result is available; retry in a minute.",
            f"{name} throttles",
        )
    if set(codes) & set(_data()["failing"]) or status >= 500:
        return Busy(f"{name} failed twice on {call.action}; retry in a minute.", f"{name} fails")
    return None


def _denied(codes: list[str], text: str, call: Call) -> ToolError | None:
    if not set(codes) & set(_data()["denied"]):
        return None
    named = _ALLOWED.search(text)
    permission = named[1] if named else f"{call.service}:{call.action}"
    return ToolError(
        f"AWS credentials lack permission {permission}; grant it with a read-only policy.", permission=permission
    )


def _sentence(codes: list[str], text: str, call: Call) -> ToolError:
    fields = {
        "service": call.service,
        "action": call.action,
        "region": call.region,
        "host": call.host,
        "said": text,
        "code": codes[0],
    }
    for code in codes:
        if code in _sentences():
            return ToolError(_sentences()[code].format(**fields))
    fields["code"] = codes[0] or codes[1]
    return Rejected(_data()["other"].format(**fields), codes[0])
