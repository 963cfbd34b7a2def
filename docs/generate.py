"""Writes the reference pages from the code they describe: `make docs`; with --check it fails when one is out of
date."""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any, get_args, get_origin

import typer
from docs.manpage import manpage
from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo
from typer.core import TyperGroup
from typer.testing import CliRunner

from midwatch.analysis.commands import OPTIONAL
from midwatch.diagnosis.alerts.situations import Situation, situations
from midwatch.domain.access import KeylessRole, key_role
from midwatch.domain.alert_source import AlertSource
from midwatch.domain.investigation import Answer
from midwatch.domain.setting_types import Also
from midwatch.domain.tool import Tool
from midwatch.interfaces.cli.app import COMMANDS, app
from midwatch.interfaces.cli.exits import LEGEND
from midwatch.interfaces.http.app import openapi_document
from midwatch.wiring.connections import Connections
from midwatch.wiring.registry import own_registry
from midwatch.wiring.settings_origins import other_programs

HERE = Path(__file__).parent


def pages() -> dict[str, str]:
    return {
        "findings.md": "\n".join(findings()),
        "alert-playbooks.md": "\n".join(alert_playbooks()),
        "tools.md": "\n".join(tool_pages()),
        "settings.md": "\n".join(settings()),
        "alert-sources.md": "\n".join(alert_sources()),
        "commands.md": "\n".join(commands()),
        "endpoints.md": "\n".join(endpoints()),
        "midwatch.1": "\n".join(manpage()),
        "answer.schema.json": json.dumps(
            Answer.model_json_schema(by_alias=True, mode="serialization"), indent=2, sort_keys=True
        )
        + "\n",
    }


def _whole(template: str) -> str:
    """With all that stands in it only where it is known."""
    return OPTIONAL.sub(r"\1", template)


def findings() -> Iterator[str]:
    yield "# Findings\n"
    yield (
        "Every statement Midwatch can make, by its number. A *cause* can be the root of an incident by itself; a "
        "*symptom* is told as"
    )
    yield (
        "a root only when nothing explains it; a *risk* is true and not why anything is broken. *Directness* (0 to "
        "100) is how close a finding is to a root cause: of several causes of one object the one with the highest "
        "is reported first.\n"
    )
    codes = [c for name, area in own_registry().areas.items() if name != "alerts" for c in area.codes().values()]
    for code in sorted(codes, key=lambda c: c.code):
        yield f"## {code.code}\n"
        yield f"**{code.title}** · {code.role} · {code.severity} · directness {code.directness}\n"
        yield f"> {_whole(code.message)}\n"
        yield f"{code.meaning}\n"
        for words, entries in (("Check", code.check), ("Fix", code.fix)):
            if entries:
                yield f"{words}:\n\n```sh\n" + "\n".join(map(_whole, entries)) + "\n```\n"
        if code.prevent:
            yield f"Prevention: {code.prevent}\n"
        if code.monitor:
            yield f"Monitor: `{code.monitor}`\n"


def alert_playbooks() -> Iterator[str]:
    yield "# Alert playbooks\n"
    yield (
        "What is known about alerts by their own words, without any other source. An alert's text never confirms a "
        "cause: a *cause* is at"
    )
    yield (
        "best likely, and only when the alert states what the entry needs; a *symptom* stays inconclusive. The "
        "last column says who would"
    )
    yield "confirm it; what is not configured is listed as not checked.\n"
    for category, entries in groupby(
        sorted(situations().values(), key=lambda s: s.code.code), key=lambda s: s.code.code[:5]
    ):
        yield f"## {category}xx\n"
        yield "| code | situation | kind | can be | needs | who would confirm it |\n|---|---|---|---|---|---|"
        yield from (playbook_row(entry) for entry in entries)
        yield ""


def playbook_row(entry: Situation) -> str:
    asked = "; ".join(f"{a.name}: {a.shows}" for a in entry.ask).replace("|", "\\|")
    cells = (
        entry.code.code,
        entry.code.title,
        entry.category,
        f"{entry.code.role}, {entry.code.severity}",
        ", ".join(entry.needs),
        asked,
    )
    return "| " + " | ".join(cells) + " |"


def tool_pages() -> Iterator[str]:
    yield "# Tools\n"
    yield "The questions Midwatch can put. All of them only read.\n"
    for tool in tools():
        yield f"## {tool.name}\n"
        yield f"{tool.description}\n"
        yield from parameters(tool)


def tools() -> Iterator[Tool]:
    """Of every integration and area, as they are without any settings."""
    own = own_registry()  # whatever is installed beside it
    connections = Connections(own.settings.model_construct(), own)
    for owner in connections.plugged.integrations.values():
        yield from owner.unreachable("") or (connections.connection(owner.name).tools if owner.connect else ())
    for area in connections.areas.values():
        yield from area.own_tools(area.settings() if area.settings else None)


def parameters(tool: Tool) -> Iterator[str]:
    schema = tool.parameters.model_json_schema()
    if not schema["properties"]:
        return
    yield "| parameter | type | default | meaning |\n|---|---|---|---|"
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        default = "required" if name in required else f"`{field.get('default')!r}`"
        yield f"| {name} | {kind(field)} | {default} | {field.get('description', '')} |"
    yield ""


def kind(field: dict[str, Any]) -> str:
    return " or ".join(f"`{v}`" for v in field["enum"]) if "enum" in field else str(field.get("type", "any"))


def settings() -> Iterator[str]:
    yield "# Settings\n"
    yield (
        "In `midwatch.yaml`, or in the environment. The file is read from `~/.midwatch`, then from "
        "`$XDG_CONFIG_HOME/midwatch` (`~/.config/midwatch`) and from the working folder; the later ones win. "
        "`MIDWATCH_HOME` (default `~/.midwatch`; `~` is expanded) is the folder of the store. Where it is set, "
        "`midwatch.yaml` is read from it instead of the first two folders. Variables win over files, flags over both. "
        "`midwatch doctor` shows the file or variable that each setting comes from."
    )
    yield (
        "Some settings are also set by variables of other programs, named in the last column: they win over files, and "
        "`MIDWATCH_*` win over them. An empty variable sets nothing. A list is JSON there or separated by commas."
    )
    yield (
        "Between two levels a variable has two underscores. Lists and tables are JSON in a variable: "
        '`MIDWATCH_KUBERNETES__CONTEXTS=\'["staging", "production"]\'`.'
    )
    yield "SOURCE is one of the [alert sources](alert-sources.md).\n"
    yield "| setting | variable | default | meaning |\n|---|---|---|---|"
    composed = own_registry().settings
    yield from rows(composed, "", "MIDWATCH_")
    for name, field in composed.model_fields.items():
        if (item := item_of(field.annotation)) and get_origin(field.annotation) is not dict:
            yield f"\n## One of {name}\n"
            yield f"{paragraph(item)}\n"
            yield "| key | default | meaning |\n|---|---|---|"
            for key, inner in item.model_fields.items():
                yield f"| {key} | {shown_default(inner)} | {inner.description or ''} |"
    yield "\n## Variables of other programs without a setting\n"
    yield "`midwatch doctor` names those that are set. Nothing reads them.\n"
    yield "| variable | why |\n|---|---|"
    listed = other_programs()
    yield from (f"| `{name}` | not used yet ({whose}) |" for name, whose in listed["not_used_yet"].items())
    yield from (f"| `{name}` | no effect: {why} |" for name, why in listed["no_effect"].items())
    yield ""


def rows(model: type[BaseModel], path: str, variable: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and not issubclass(inner, RootModel):
            yield from rows(inner, f"{path}{name}.", f"{variable}{name.upper()}__")
            continue
        # A section that is a list has no field that says what it is.
        meaning = field.description or (paragraph(inner) if isinstance(inner, type) else "")
        yield f"| {path}{name} | `{variable}{name.upper()}` | {shown_default(field)} | {meaning}{also_set_by(field)} |"
        if (item := item_of(inner)) and get_origin(inner) is dict:
            yield from rows(item, f"{path}{name}.SOURCE.", f"{variable}{name.upper()}__SOURCE__")


def also_set_by(field: FieldInfo) -> str:
    names = [f"`{name}`" for also in field.metadata if isinstance(also, Also) for name in also.variables]
    return f"; also set by {', '.join(names)}" if names else ""


def item_of(annotation: object) -> type[BaseModel] | None:
    """What a setting that is a list or a table of others holds."""
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        annotation = annotation.model_fields["root"].annotation
    inner = [a for a in get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
    return next(iter(inner), None)


def paragraph(described: type) -> str:
    return " ".join((described.__doc__ or "").split())


def shown_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        default = default.model_dump()
    return "" if default is None else f"`{json.dumps(default)}`"


def alert_sources() -> Iterator[str]:
    yield "# Alert sources\n"
    yield (
        "How each monitoring system is set up; [alerts.md](alerts.md) says what holds for all of them. Alertmanager "
        "has a [complete example](alerts.md#complete-example-alertmanager)."
    )
    for source in sorted(own_registry().alert_sources.values(), key=lambda s: s.title.lower()):
        yield f"\n## {source.title}\n"
        yield f"`/webhook/{source.source}`, authenticated by {senders_of(source)}.\n"
        yield source.setup().strip()
    yield ""


def senders_of(source: AlertSource) -> str:
    """What of its section of senders authenticates it."""
    return " or ".join(f"`senders.{source.source}.{name}`" for name in source.authenticates_by)


def commands() -> Iterator[str]:
    yield "# Commands\n"
    yield "Exit codes are the same for all commands; the help text of a command says what they mean there.\n"
    yield "| code | meaning |\n|--:|---|"
    yield from (f"| {int(code)} | {meaning} |" for code, meaning in LEGEND)
    yield ""
    yield "## midwatch\n"
    yield shown_help()
    for name in COMMANDS:
        yield f"## midwatch {name}\n"
        yield shown_help(name)
        for inner in subcommands(name):
            yield f"### midwatch {name} {inner}\n"
            yield shown_help(name, inner)


def shown_help(*words: str) -> str:
    shown = CliRunner().invoke(app, [*words, "--help"], prog_name="midwatch", terminal_width=100)
    return "```\n" + shown.output.strip() + "\n```\n"


def subcommands(name: str) -> list[str]:
    command = typer.main.get_command(import_module(f"midwatch.interfaces.cli.{name}").app)
    return list(command.commands) if isinstance(command, TyperGroup) else []


def endpoints() -> Iterator[str]:
    document = openapi_document()
    yield "# Endpoints\n"
    yield "Written from the OpenAPI document, which a server gives at `/openapi.json` and shows at `/docs`."
    yield "[api.md](api.md) says how to use it.\n"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"## {method.upper()} {path}\n"
            yield f"{operation['summary']}. {operation.get('description', '')}".strip() + f" Role: {role(operation)}.\n"
            yield from inputs(operation, document["components"]["schemas"])
            yield (
                "Answers: "
                + ", ".join(f"{status} {answer_kind(answer)}" for status, answer in operation["responses"].items())
                + ".\n"
            )


def role(operation: dict[str, Any]) -> str:
    scopes = [scope for entry in operation.get("security", ()) for names in entry.values() for scope in names]
    return (
        f"the alert source's own authentication, or {key_role(KeylessRole.SENDER)}"
        if KeylessRole.SENDER in scopes
        else (scopes or ["none"])[0]
    )


def inputs(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    found = [
        (p["name"], p["in"], p["schema"], p["required"], p.get("description", ""))
        for p in operation.get("parameters", ())
    ]
    body = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {}).get("schema", {})
    shape = schemas[body["$ref"].rpartition("/")[2]] if "$ref" in body else {}
    for name, field in shape.get("properties", {}).items():
        found.append((name, "body", field, name in shape.get("required", ()), field.get("description", "")))
    if found:
        yield "| name | in | type | default | meaning |\n|---|---|---|---|---|"
        for name, place, schema, required, meaning in found:
            default = "required" if required else f"`{schema['default']!r}`" if "default" in schema else ""
            yield (
                f"| {name} | {place} | {shape_of(schema, schemas)} | {default} | "
                f"{meaning or schema.get('description', '')} |"
            )
        yield ""


def shape_of(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(shape_of(one, schemas) for one in schema["anyOf"])
    if "$ref" in schema:
        return shape_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    limits = {"minimum": "from {}", "maximum": "to {}", "minLength": "at least {}", "maxLength": "at most {}"}
    bounds = [words.format(schema[name]) for name, words in limits.items() if name in schema]
    return " ".join([schema.get("format", schema.get("type", "any")), *bounds])


def answer_kind(answer: dict[str, Any]) -> str:
    for kind, content in answer.get("content", {}).items():
        named = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        return f"`{named}`" if named else kind
    return "without a body"


def main() -> None:
    stale = [name for name, text in pages().items() if not (HERE / name).exists() or (HERE / name).read_text() != text]
    if "--check" in sys.argv:
        typer.echo(
            f"out of date: {', '.join(stale)} (run make docs)" if stale else "the reference pages are up to date"
        )
        raise SystemExit(bool(stale))
    for name, text in pages().items():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
