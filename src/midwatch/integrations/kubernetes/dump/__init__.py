"""What was saved of a cluster: folders, archives and text, read as if it were the cluster."""

from midwatch.integrations.kubernetes.dump.reader import DumpReader, open_dump

__all__ = ["DumpReader", "open_dump"]
