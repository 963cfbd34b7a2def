"""Takes alerts in until it is killed, and says the id of each when it is committed: `python -m tests.flows.taker URL
PREFIX`."""

import sys

import structlog

from midwatch.store.database import Database
from tests.flows.server_context import Watch, alert, over


def take(url: str, prefix: str) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the ids alone go to the output
    with Database.open(url) as db:
        watch = Watch(db)
        number = 0
        while True:
            number += 1
            # Every third joins the one before; every fifth is over at once.
            fingerprint = f"{prefix}-{number}"
            labels = {"namespace": prefix, "deployment": f"d{number - (number % 3 == 0)}"}
            watch.later(seconds=1).says(alert(fingerprint, labels=labels))
            sys.stdout.write(f"{fingerprint}\n")
            sys.stdout.flush()
            if number % 5 == 0:
                watch.says(over(fingerprint, labels=labels))


if __name__ == "__main__":
    take(*sys.argv[1:])
