"""What people paste: the text that kubectl printed, read back into objects. Pure functions; any text is safe to
give."""

from midwatch.integrations.kubernetes.text.parsed import Parsed, ParsedLog
from midwatch.integrations.kubernetes.text.reading import read, recognised

__all__ = ["Parsed", "ParsedLog", "read", "recognised"]
