"""Words that speak of a failure, whoever wrote them: a text with one of them is never called well."""

import re

FAILURE = re.compile(
    r"(?i)\b(?:fail(?:ed|s|ure|ures|ing)?|errors?|err|denied|forbidden|cannot|can't|can not|could not|couldn't|refused"
    r"|timed out|timeout|invalid|panic(?:ked)?|unable|unauthorized|unreachable|unavailable|exception|fatal|killed"
    r"|bad (?:address|option|gateway|request)|not (?:found|permitted|allowed|supported|registered)|no such|expired"
    r"|exit(?:ed)?(?: with)?(?: code| status)?:? [1-9]\d{0,2}|no servers could be reached|not resolve|x509|oomkilled"
    r"|crashloopbackoff|imagepullbackoff|evicted|no match for)\b|[a-z](?:Error|Exception)\b"
)
