"""Words that speak of a failure, whoever wrote them: a text with one of them is never called well."""

import re

FAILURE = re.compile(
    r"(?i)\b(?:fail(?:ed|s|ure|ures|ing)?|errors?|denied|forbidden|cannot|can't|can not|could not|couldn't|refused"
    r"|timed out|invalid|panic(?:ked)?|unable|unauthorized|unreachable|unavailable|exception|fatal|killed"
    r"|bad (?:address|option|gateway|request)|not (?:found|permitted|allowed|supported|registered)|no such|expired"
    r"|exit(?:ed)?(?: with)?(?: code| status)?:? [1-9]\d{0,2}|no servers could be reached|not resolve"
    r"|x509(?=:)|oomkilled|crashloopbackoff|imagepullbackoff|evicted|no match for)\b|[a-z](?:Error|Exception)\b"
)
_DENIED = re.compile(
    r"(?i)\b(?:no|0|without|zero|any) (?:\w+ )?(?:errors?|failures?|exceptions?)\b"
    r"|\b(?:errors?|fail(?:ed|ures?)|exceptions?)[\"']?\s?[:=]\s?(?:0\b|\"\"|null|nil|none|false|\[\]|<nil>)"
)


def speaks_of_failure(line: str) -> bool:
    """Whether a line has a word of failure and does not say itself that there was none."""
    return FAILURE.search(line) is not None and _DENIED.search(line) is None
