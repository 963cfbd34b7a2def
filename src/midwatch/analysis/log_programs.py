"""Name of the program that wrote a log: fields of its logger, frames of its stack, names of files."""

import re

_READ = 64 * 1024  # characters
# The surest first. Frames name a program by the path of its source or by the archive that holds it.
_SIGNS = (
    re.compile(r'"(?:logging_pod|pod|app|service|component)": ?"([\w./-]{2,120})"', re.MULTILINE),
    re.compile(r"\bcmd/((?!server/|main/|app/)[a-z][a-z0-9-]{2,40})/", re.MULTILINE),
    re.compile(r"/s?bin/([a-z][\w.-]{1,40})(?: \(|:)", re.MULTILINE),
    re.compile(r"~?\[([\w.-]{3,80}?)-\d[\w.]{0,20}\.jar", re.MULTILINE),
    re.compile(r'"logger": ?"([\w./-]{2,120})"', re.MULTILINE),
    re.compile(r'File "(/(?!usr/lib/python|usr/local/lib/python)[^"\n]{3,160}\.py)"', re.MULTILINE),
    re.compile(r"\(([a-z]\w{1,40}(?:\.\w{1,60}){1,6})\)\s*$", re.MULTILINE),
    re.compile(r"^([a-z][\w.-]{2,40})(?:\[\d{1,8}\])?: (?!line )", re.MULTILINE),
    re.compile(r"^[ \t]{0,8}at ([a-z]\w{1,40}(?:\.[\w$]{1,60}){2,6})\(", re.MULTILINE),
    re.compile(r'"caller": ?"([\w./@-]{2,160}\.go)', re.MULTILINE),
    re.compile(
        r"^(?:\S{1,10} )?(?:\d{4}-\d\d-\d\d[ T][\d:.,]{8,15} )(?:[A-Z]{4,8} )?([a-z][a-z0-9]{1,40}_[a-z0-9_]{2,60}) ",
        re.MULTILINE,
    ),
)
_NO_PROGRAMS = frozenset(("error", "fatal", "warning", "panic", "exec", "stderr", "stdout", "info", "debug", "msg"))


def program(text: str) -> str:
    """As the log has it: a binary, a logger, a package or a script; "" where nothing names it."""
    head = text[-_READ:]
    found = (match[1] for sign in _SIGNS for match in sign.finditer(head))
    return next((name for name in found if name.lower() not in _NO_PROGRAMS), "")
