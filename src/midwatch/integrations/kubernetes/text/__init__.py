"""What people paste: the text that kubectl printed, read back into objects. Pure functions; any text is safe to
give."""

from midwatch.integrations.kubernetes.text.fragments import parts_in
from midwatch.integrations.kubernetes.text.messages import suspects
from midwatch.integrations.kubernetes.text.parse_result import Parsed, ParsedLog
from midwatch.integrations.kubernetes.text.reading import has_commands, is_kubectl_output, messages_in, read, read_other

__all__ = [
    "Parsed",
    "ParsedLog",
    "has_commands",
    "is_kubectl_output",
    "messages_in",
    "parts_in",
    "read",
    "read_other",
    "suspects",
]
