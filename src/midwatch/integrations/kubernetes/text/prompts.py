"""Which lines of a pasted text are command lines, whatever stands in front of the program.

A line is a command when a program's word (`kubectl`, `oc`, `microk8s kubectl`, `helm` …) stands behind a short lead and
what follows reads as that program's command line. The lead may be any shell's prompt, a number, a bullet, a heading's
signs, a quotation mark, or a few words of a person; the less it looks like a prompt, the more the rest has to look like
a command: prose that speaks of `kubectl get pods` in the middle of a sentence introduces nothing.
"""

import re
from dataclasses import replace

from midwatch.integrations.kubernetes.text.commands import Command, parse_any

_LONGEST = 2100  # letters of a command line
_LEAD_LONGEST = 120  # letters of a prompt in front of it
_WORDS_LONGEST = 60  # letters of a person's words in front of it
# Words of which every such line has one.
PROGRAMS = ("kubectl", "oc ", "k ", "helm ", "journalctl", "dmesg", "docker ", "crictl ", "nerdctl ", "podman ")
# What wraps kubectl, and what is called like it.
_KUBECTL = re.compile(
    r"(?<![\w./\\-])(?:/[\w./-]{1,80}/)?(?:(?:sudo|watch|time) +)?"
    r"(?:(?:microk8s|k3s|rke2|k0s|minikube)[ .]{1,3}kubectl(?: +--(?= ))?|kubectl(?:\.exe)?|oc|k) +(?=[a-z-])"
)
_OTHER = re.compile(r"(?<![\w./\\-])(?P<program>helm3?|journalctl|dmesg|docker|crictl|nerdctl|podman|microk8s)(?= |$)")
_MARKS = re.compile(r"[\s>|*_`\"'+=#•~–-]*(?:(?:[Ss]tep )?[(\[]?(?:\d{1,3}|[a-z])[.):\]][\s*_`\"'$#>]*)?")
_BEFORE = frozenset(("sudo", "watch", "time", "exec"))  # words that may stand between a prompt and a program
_SIGNS = ("$", "#", ">", "%", "❯", "➜", "λ", "»", "✗", "→", "›")
_FANCY = ("➜", "❯", "╰", "└", "»")
# A shell's prompt in front of a command of any program: its output is no longer that of the command above.
_PROMPT = re.compile(
    r"^(?:\([^()\n]{1,40}\) ?)?(?:[\w.-]{1,64}@[\w.-]{1,64}[ :][^\n$#%>]{0,80}[$#%>]|"
    r"\[[\w.-]{1,64}@[^\]\n]{1,80}\] ?[$#]"
    r"|PS [A-Za-z]:[^\n>]{0,80}>|\$|[➜❯])[ \t]+(?P<program>[a-z][\w./-]{0,40})(?P<rest>[^\n]{0,400})$",
    re.M,
)
# Behind a lone `$` only these: a log may quote a script.
_SUBCOMMANDS = frozenset(
    ("list", "ls", "status", "history", "logs", "ps", "inspect", "install", "upgrade", "rollback", "uninstall", "get")
)
_TOOLS = frozenset(
    (
        *("cat", "ls", "cd", "docker", "curl", "wget", "ssh", "ping", "df", "du", "free", "top", "ps", "uname", "ip"),
        *("echo", "grep", "nslookup", "dig", "git", "aws", "gcloud", "az", "minikube", "kind", "k3d", "kubeadm"),
        *("make", "terraform", "openssl", "helm", "helm3", "systemctl", "journalctl", "dmesg", "crictl", "ctr", "vi"),
        *("vim", "nano", "sudo", "service", "ifconfig", "iptables", "netstat", "ss", "telnet", "nc", "lsblk", "mount"),
        *("eksctl", "doctl", "istioctl", "argocd", "flux", "velero", "calicoctl", "cilium", "k9s", "stern", "tail"),
        *("head", "less", "more", "export", "mkdir", "rm", "cp", "mv", "touch", "tree", "find", "which", "date"),
        *("microk8s", "snap", "apt", "apt-get", "yum", "dnf", "pip", "npm", "python", "python3", "bash", "sh"),
    )
)
_NAME = re.compile(r"[a-z0-9][\w.:/@%=,{}\[\]*-]*|[$<{*].*|[A-Z][A-Z0-9_-]*")
# What follows the words `kubectl get pods` in a sentence.
_PROSE = frozenset(
    (
        *(
            "a",
            "all",
            "also",
            "and",
            "are",
            "as",
            "at",
            "be",
            "below",
            "but",
            "by",
            "command",
            "does",
            "doesn't",
            "fails",
        ),
        *("for", "from", "gives", "i", "in", "is", "it", "its", "just", "looks", "me", "my", "not", "of", "on", "or"),
        *(
            "output",
            "outputs",
            "prints",
            "returns",
            "returned",
            "said",
            "says",
            "show",
            "showed",
            "shows",
            "so",
            "still",
        ),
        *("that", "the", "then", "there", "this", "to", "was", "we", "were", "when", "which", "with", "works", "you"),
    )
)
_MOST_TARGETS = 4
_MOST_NAMES = {"get": 2, "describe": 2, "logs": 2, "top": 2, "events": 0}


def command_of(line: str) -> Command | None:
    """The command of a line that introduces its output, or None for any other line."""
    if len(line) > _LONGEST or not any(program in line for program in PROGRAMS):
        return None
    match = _KUBECTL.search(line)
    if match is None or match.start() > _LEAD_LONGEST:
        return _of_other(line)
    lead, rest = line[: match.start()], line[match.end() :].strip()
    sure = is_prompt(lead)
    if not sure and (len(lead) > _WORDS_LONGEST or "  " in lead.strip()):
        return None  # a row of a table, or a sentence
    typed = _bare(lead, rest)
    said = parse_any(typed)
    set_off = typed != rest  # quoted, emphasised, or with a colon behind it
    if said is None or not (sure or _plausible(said, lead, set_off=set_off)):
        return None
    if match[0].strip() == "k" and not (sure or not lead.strip()):
        return None
    return replace(said, line=f"kubectl {typed}")


def _of_other(line: str) -> Command | None:
    match = _OTHER.search(line)
    if match is None or match.start() > _LEAD_LONGEST:
        return None
    lead, words = line[: match.start()], line[match.end() :].strip(" =*`:-\"'").split()
    if not (is_prompt(lead) or (not _MARKS.sub("", lead, count=1).strip() and _looks_like_flags(match[0], words))):
        return None
    verb = "logs" if match[0] in ("docker", "crictl", "nerdctl", "podman") and "logs" in words[:2] else ""
    return Command(program=match[0], verb=verb, line=" ".join((match[0], *words)))


def _looks_like_flags(program: str, words: list[str]) -> bool:
    """`journalctl -u kubelet`, `helm list -A`, `dmesg`; not a sentence that begins with the program's name."""
    if not words:
        return program in ("dmesg", "journalctl")
    return words[0].startswith(("-", "|")) or words[0] in _SUBCOMMANDS


def foreign_commands(text: str) -> list[tuple[int, int]]:
    """Begin and end of the lines behind a prompt that call any other program."""
    if not any(sign in text for sign in ("$ ", "# ", "> ", "% ", "➜ ", "❯ ")):
        return []
    return [(m.start(), m.end()) for m in _PROMPT.finditer(text) if m[0][0] not in "$➜❯" or m["program"] in _TOOLS]


def is_prompt(lead: str) -> bool:
    """Whether what stands before a program is a shell's prompt, a number or signs, and no words of a person."""
    lead = _without_settings(lead)
    if not lead or lead.lstrip().startswith(_FANCY):
        return True
    if lead.endswith(_SIGNS):
        return lead.count(" ") <= 6
    return _MARKS.fullmatch(lead) is not None and any(sign in lead for sign in "$>+=#`*0123456789")


def _without_settings(lead: str) -> str:
    """Without `KUBECONFIG=/etc/k.yaml sudo` at its end."""
    lead = lead.rstrip()
    while (word := lead.rpartition(" ")[2]) and (
        word in _BEFORE or (word.partition("=")[0].isidentifier() and "=" in word)
    ):
        lead = lead.removesuffix(word).rstrip()
    return lead


def _bare(lead: str, rest: str) -> str:
    """Without what closes a heading, a quotation or emphasis, where the line ends with that."""
    for mark in ("```", "`", "**", '"', "'"):
        typed, closed, after = rest.partition(mark)
        if lead.rstrip().endswith(mark) and closed and not after.strip(" :.,*)`"):
            return typed
    return rest.rstrip(" =*`:-\"'")


def _plausible(said: Command, lead: str, *, set_off: bool) -> bool:
    """Without a prompt: names that can be names, and no more of them than such a command has."""
    names = said.names
    if any(name.lower() in _PROSE or not _NAME.fullmatch(name) for name in names):
        return False
    if said.verb not in _MOST_NAMES:  # `kubectl apply …` within a sentence introduces nothing
        return set_off or (not _MARKS.sub("", lead, count=1).strip() and len(names) <= _MOST_TARGETS)
    if lead.strip() and not _MARKS.fullmatch(lead) and said.verb in ("get", "describe") and len(names) > 1:
        return False
    return len(names) <= _MOST_NAMES[said.verb]


def join_lines(text: str, begin: int, end: int) -> tuple[str, int]:
    """The line from `begin`, with those that a backslash at its end continues, and where the last one ends."""
    line = text[begin:end]
    for _ in range(20):
        if not line.rstrip().endswith("\\") or end >= len(text):
            break
        after = text.find("\n", end + 1)
        after = after if after >= 0 else len(text)
        line, end = line.rstrip()[:-1] + " " + text[end + 1 : after].strip(), after
    return line, end
