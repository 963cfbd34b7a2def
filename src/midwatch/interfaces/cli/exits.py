"""Exit codes, in a module that loads nothing: a usage error is answered without loading a command."""

from enum import IntEnum


class Exit(IntEnum):
    """Published exit codes: scripts rely on them. `midwatch --help` and docs/commands.md list them.

    PROBLEM: also a problem of unknown cause (INCONCLUSIVE). UNKNOWN: no problem was found and not everything that the
    answer rests on could be read, or the object, namespace or label that was named is not in what was checked. FAILED:
    wrong arguments or settings, no connection, no space on the disk, a name that is asked back, or an internal error.
    INTERRUPTED: Ctrl-C, as shells count it; what runs until it is stopped (`serve`, `worker`) ends with HEALTHY on
    SIGTERM, as service managers expect.
    """

    HEALTHY = 0
    PROBLEM = 1
    UNKNOWN = 2
    FAILED = 3
    INTERRUPTED = 130


LEGEND = (
    (Exit.HEALTHY, "no problem found"),
    (Exit.PROBLEM, "problem found, also where its cause is unknown"),
    (Exit.UNKNOWN, "no problem found but not all was read, or the named object not found"),
    (Exit.FAILED, "could not run: arguments, settings, connection or disk"),
    (Exit.INTERRUPTED, "interrupted by Ctrl-C"),
)
