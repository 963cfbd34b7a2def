"""The answer of `kubectl logs`: the text itself, less what kubectl says in front of it."""

import re

from midwatch.integrations.kubernetes.text.answers import error
from midwatch.integrations.kubernetes.text.commands import Command
from midwatch.integrations.kubernetes.text.parse_result import Parsed, ParsedLog

_CHOSEN = re.compile(r"Defaulted container \"([^\"]+)\" out of: .*")
_FOUND = re.compile(r"Found \d+ pods?, using pod/(\S+)")
_PREFIX = re.compile(r"\[pod/([^/\]\s]+)/([^/\]\s]+)\] ?")


def read_log(command: Command, namespace: str, lines: list[tuple[int, str]], parsed: Parsed) -> bool:
    pod = command.names[0] if command.names and "/" not in command.names[0] else ""
    container = command.container or (command.names[1] if len(command.names) > 1 else "")
    kept = lines[next((n for n, (_, line) in enumerate(lines) if line.strip()), len(lines)) :]
    chosen = 0
    while chosen < len(kept) and (match := _CHOSEN.match(kept[chosen][1])):
        container = container or match[1]
        chosen += 1
    kept = kept[chosen:]
    if kept and (match := _FOUND.match(kept[0][1])):
        pod = match[1]
        kept.pop(0)
    if kept and error(kept[0][1], sure=True) and not any(line.strip() for _, line in kept[1:]):
        parsed.problems.append((kept[0][0], kept[0][1]))
        return True
    return _keep(ParsedLog(namespace, pod, container, command.previous, ""), [line for _, line in kept], parsed)


def _keep(log: ParsedLog, lines: list[str], parsed: Parsed) -> bool:
    """--prefix names pod and container in front of each line, as needed for a selector's many pods."""
    texts: dict[tuple[str, str], list[str]] = {}
    where = (log.pod, log.container)
    for line in lines:
        match = _PREFIX.match(line)
        if match:
            where = (match[1], match[2])
        texts.setdefault(where, []).append(line[match.end() :] if match else line)
    found = [
        ParsedLog(log.namespace, pod, box, log.previous, "\n".join(text).strip("\n"))
        for (pod, box), text in texts.items()
        if pod
    ]
    parsed.logs += [log for log in found if log.text]
    return bool(found)
