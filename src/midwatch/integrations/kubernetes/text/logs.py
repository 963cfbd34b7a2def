"""The answer of `kubectl logs`: the text itself, less what kubectl says in front of it."""

import re

from midwatch.integrations.kubernetes.objects.kinds import KINDS
from midwatch.integrations.kubernetes.text.answers import command_error, error
from midwatch.integrations.kubernetes.text.commands import PLURAL_OF, Command
from midwatch.integrations.kubernetes.text.parse_result import Parsed, ParsedLog, ParsedScene

_CHOSEN = re.compile(r"Defaulted container \"([^\"]+)\" out of: .*")
_FOUND = re.compile(r"Found \d+ pods?, using pod/(\S+)")
_PREFIX = re.compile(r"\[pod/([^/\]\s]+)/([^/\]\s]+)\] ?")
_POD = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}")


def read_log(command: Command, scene: ParsedScene, lines: list[tuple[int, str]], parsed: Parsed) -> bool:
    target = command.names[0] if command.names else ""
    container = command.container or (command.names[1] if len(command.names) > 1 else "")
    kept = lines[next((n for n, (_, line) in enumerate(lines) if line.strip()), len(lines)) :]
    chosen = 0
    while chosen < len(kept) and (match := _CHOSEN.match(kept[chosen][1])):
        container = container or match[1]
        chosen += 1
    kept = kept[chosen:]
    if kept and (match := _FOUND.match(kept[0][1])):
        target = match[1]
        kept.pop(0)
    if kept and error(kept[0][1], sure=True) and not any(line.strip() for _, line in kept[1:]):
        number, line = kept[0]
        parsed.problems.append((number, line))
        if obj := command_error(line, f"{scene.file or 'text'} line {number}", command.line, scene.namespace):
            parsed.add(obj)
        return True
    log = _named(command, target, container, scene, lines[0][0] if lines else 1)
    return _keep(log, [line for _, line in kept], parsed)


def _named(command: Command, target: str, container: str, scene: ParsedScene, number: int) -> ParsedLog:
    """Whose log it is; `logs deploy/web` and `logs $(…)` name no pod."""
    kind, _, name = target.partition("/")
    plural = PLURAL_OF.get(kind.lower().split(".")[0], "") if name else ""
    if plural and _POD.fullmatch(name):
        return ParsedLog(scene.namespace, name, container, command.previous, "", KINDS[plural].name)
    if target and _POD.fullmatch(target) and command.program == "kubectl":
        return ParsedLog(scene.namespace, target, container, command.previous, "")
    return ParsedLog(scene.namespace, f"{scene.file or 'text'} line {number}", container, command.previous, "", "Log")


def _keep(log: ParsedLog, lines: list[str], parsed: Parsed) -> bool:
    """--prefix names pod and container in front of each line, as needed for a selector's many pods."""
    texts: dict[tuple[str, str], list[str]] = {}
    where = (log.pod, log.container)
    own = where
    for line in lines:
        match = _PREFIX.match(line)
        if match:
            where = (match[1], match[2])
        texts.setdefault(where, []).append(line[match.end() :] if match else line)
    found = [
        ParsedLog(
            log.namespace,
            pod,
            box,
            log.previous,
            "\n".join(text).strip("\n"),
            log.about if (pod, box) == own else "Pod",
        )
        for (pod, box), text in texts.items()
    ]
    kept = [log for log in found if log.text.strip()]
    parsed.logs += [log for log in kept if log.about == "Pod"]
    parsed.loose += [log for log in kept if log.about != "Pod"]
    return bool(kept) or log.about == "Pod"
