"""A shell with a person in front of it, on a terminal: what the tabulator key makes of a line."""

import os
import pty
import re
import select
import signal
import time
from pathlib import Path

PATIENCE_S = 60.0
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>()][0-9AB]?|[\x07\r]")
# How each is started without anybody's own settings.
SHELLS = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
}


class Shell:
    """`typed` sends a line, without its end, and gives what the screen showed since, until `wanted` is seen."""

    def __init__(self, name: str, folder: Path, path: str) -> None:
        environment = {"HOME": str(folder), "PATH": path, "TERM": "dumb", "PS1": "> ", "LC_ALL": "C.UTF-8"}
        self._pid, self._terminal = pty.fork()
        if not self._pid:
            os.chdir(folder)
            os.execvpe(SHELLS[name][0], SHELLS[name], environment)

    def typed(self, text: str, wanted: str) -> str:
        os.write(self._terminal, text.encode())
        seen, end = "", time.monotonic() + PATIENCE_S
        while not re.search(wanted, seen) and time.monotonic() < end:
            if select.select([self._terminal], [], [], 0.2)[0]:
                seen += _CONTROLS.sub("", os.read(self._terminal, 65536).decode(errors="replace"))
        return seen

    def close(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)
