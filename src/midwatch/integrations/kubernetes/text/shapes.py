"""What a line is by its own look, where no command stands above it: a log's, a journal's, a sentence of a person."""

import re

# The beginnings of log lines: a time, a level, klog's letter, JSON or logfmt with a level or a message, a stack trace.
_LOG = re.compile(
    r"\s*(?:\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d[.,\] ]|\[\d{1,6}\.\d{3,9}\] "
    r"|[IWEF]\d{4} \d\d:\d\d:\d\d"
    r"|[\[<(]?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|SEVERE|PANIC|[Ff]atal|[Ee]rror|[Ii]nfo"
    r"|[Ww]arn(?:ing)?|[Dd]ebug)[\]>):]|(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)\b"
    r"|panic: |fatal error: |Traceback \(most|Exception in thread|Caused by: |goroutine \d+ \[|npm ERR!|nginx: \["
    r"|(?:[\w.$]{1,100})?(?:Error|Exception): |exec [\"/]|standard_init_linux|[a-z]{3,30}: (?:error|fatal|cannot)[: ]"
    r'|(?:time|ts|level|lvl)="?[\w:.+-]+"? \w+='
    r'|\{"(?:level|ts|time|timestamp|msg|message|severity|@timestamp|log|error)"'
    r"|\d{4}/\d\d/\d\d |(?:\d{1,3}\.){3}\d{1,3} - )"
)
_JOURNAL = re.compile(
    r"(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,6})?"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d:?\d\d)"
    r" (?P<host>[A-Za-z0-9][\w.-]{0,252}) (?P<unit>[\w@./-]{1,100})(?:\[\d{1,9}\])?: (?P<said>.*)"
)
_KERNEL = re.compile(
    r"(?:<\d+>)?\[ {0,6}(?:\d{1,9}\.\d{3,9}|[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ [\d:]{8} \d{4})\] (?P<said>.*)"
)
_OWN = re.compile(r"(?P<unit>[\w@-]{1,100})\.service: ")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f][\w'’-]*[.,;:!?)]*|I")
_OPENING = re.compile(r"[A-Z\u00c0-\u024f]|(?:i|my|so|the|when|but|and|it|hi|hello|thanks|any|please|then|after)\b")
LONGEST = 20_000  # letters of a line that is looked at


def is_log_line(line: str) -> bool:
    return _LOG.match(line[:400]) is not None or _JOURNAL.match(line[:400]) is not None


def is_sentence(line: str) -> bool:
    """A person's: at least three words, nearly all of them letters. Never what looks like a log line."""
    words = line.split()
    if not words or is_log_line(line) or line[:1].isspace() or not _OPENING.match(line):
        return False
    if len(words) < 3:
        return line.rstrip().endswith((":", "?", "!")) and all(_WORD.fullmatch(w) for w in words)
    plain = sum(1 for word in words if _WORD.fullmatch(word))
    return plain * 5 >= len(words) * 4


def journal(line: str) -> tuple[str, str] | None:
    """Host and unit of a line of a node's journal; systemd's own lines belong to the unit that they speak of."""
    match = _JOURNAL.match(line[:LONGEST])
    if match is None:
        return None
    about = _OWN.match(match["said"]) if match["unit"] == "systemd" else None
    return match["host"], (about["unit"] if about else match["unit"].rpartition("/")[2])


def kernel(line: str) -> bool:
    """A line of `dmesg`, which names no host."""
    return _KERNEL.match(line[:LONGEST]) is not None
