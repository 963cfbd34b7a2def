"""Recognises secret settings by their name and their value: `DB_PASSWORD=hunter2` is one, `SECRET_NAME=db-creds` is
not.

A name gives the kind of what it holds; a value can still be harmless: a switch, a reference, a path, a word that says
what is wrong.
"""

import re
from enum import StrEnum
from functools import lru_cache

LONGEST_NAME = 128  # characters of a name that are looked at
_SAMPLED = 200  # characters of a value that are tested for randomness


class SecretKind(StrEnum):
    """Required evidence in the value: a password needs none, an id must be long and random."""

    PASSWORD = "password"  # noqa: S105 - the kind of a setting
    SECRET = "secret"  # noqa: S105
    AUTH = "auth"
    LONG = "long"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PARTS = re.compile(r"[^A-Za-z0-9]+")
# Endings of names that describe a secret without holding one.
_ABOUT = _set("""
    name names ref refs reference ttl url urls uri uris addr address addresses host hosts hostname port ports service
    services svc endpoint endpoints file files filename path paths dir dirs directory folder mount mounts type types
    kind length len size sizes count counts limit limits max min total usage used expiry expire expires expired
    expiration expiring at in age lifetime duration timeout interval period seconds minutes hours days ms policy
    policies enabled disabled required optional allowed namespace version versions issuer audience aud algorithm alg
    method methods mode format prefix suffix header headers field fields param parameter scope scopes provider providers
    manager managers store stores backend backends class index rotation rotate cache bucket buckets status state error
    errors reason code message msg hint changed valid invalid found missing exists present strength attempt attempts
    retry retries prompt request requests response validator encoder encoding resolver controller operator review
    reviews server servers proxy identifier source strategy rule rules config configmap template label description title
    owner user username role group account email login failure failures failed success check checks event events rate
    region zone cluster db database table schema ring plugin encryption module middleware filter handler log logs level
    debug verify verification validation optout id ids app client property properties
    """)
_FILES = frozenset(
    ("json", "yaml", "yml", "properties", "ini", "conf", "cfg", "toml", "env", "xml", "txt", "sh", "sql", "py", "js")
)
_PASSWORD = re.compile(
    r"passw|passphrase|passcode|pwd(?:_|$)|(?:^|_)(?:\w{1,20}_)?(?:pass|pw)$|(?:user|store|key|require|pg)pass$|bindpw$|kennwort|"
    r"(?:^|_)(?:pwd\d{1,2}|psk)$"
)
_SECRET = re.compile(
    r"secret|token(?!i[sz])|credential|(?:^|_)creds?(?:_|$)|jwt|(?:^|_)dsn$|bearer|requirepass|"
    r"(?:^|_)(?:rest_)?api_?keys?(?:_|$)|[a-z]api_?key$|authkey|authtok$|"
    r"(?:access|private|signing|signature|encryption|encrypt|decryption|account|shared|master|license|licence|hmac|auth|storage|"
    r"webhook|subscription|ingest|integration|functions?|deploy|secure|crypto|priv)_?keys?$|key_data$|priv$|"
    r"(?:github|gitlab|azure|git|gh)_pat$|(?:encryption|password|hash|secret)_salt$"
)
_AUTH = re.compile(r"auth$|(?:^|_)authorization$")
_LONG = re.compile(
    r"(?:^|_)(?:session|client|service|app|application|ssh|write|read|admin|host|server|data|routing|license|user|security|consumer|"
    r"partner|project|functions?)_?key$|session_?id$|(?:^|_)sid$|(?:^|_)sig$|signature$|tokens$|secrets$|passwords$|cookies?$|"
    r"(?:^|_)nonce$|(?:^|_)otp$"
)
_REFERENCES = re.compile(
    r"^secrets_?manager$|(?:pull|tls|image)_?secrets?$|(?:^|_)secret_?(?:name|ref|key_ref)s?$|^key_?id$|public_?key|token_?type$|"
    r"(?:^|_)existing_?secret(?:_|s?$)"
)
_IDS = ("secret_id", "session_id", "sessionid")

_SWITCH = re.compile(
    r"(?i)true|false|yes|no|on|off|null|nil|none|undefined|unset|empty|missing|required|redacted|masked|hidden|expired|invalid|"
    r"\(?(?:not set|none|null|empty|hidden|redacted|masked|unset)\)?|n/a|[*x•.#-]{1,64}"
)
_REFERENCE = re.compile(
    r"\$[A-Z_][A-Z0-9_]{0,99}|\$[a-z_]{1,100}|\$?\$\{[^{}]{1,300}\}|\$\([\w.-]{1,200}\)|\{\{.{1,300}\}\}|<[^<>]{1,300}>|%[A-Z_]{1,100}%|"
    r"%\(\w{1,100}\)s|@[A-Z_]{1,100}@|\{[a-z_]{0,40}\}|%[sdvqr]|"
    r"arn:aws[\w-]{0,20}:[\w:/+=,.@*-]{1,300}|projects/[\w-]{1,100}/secrets/[\w/-]{1,200}|(?:ref\+)?[a-z]{2,20}://secret[\w./#-]{0,200}|"
    r"(?:vault|op|env|file|secret|gcpsm|awssm|akv)(?:://|:)[\w./#-]{1,200}|\[REDACTED:.*|"
    r"VALUE",  # the placeholder in our own commands
    re.DOTALL,
)
_PATH = re.compile(
    r"(?:~|\.{1,2})?/(?:[\w.@-]{1,100}/){1,30}[\w.@-]{0,100}|(?:~|\.{1,2})?/[a-z._-]{0,40}|[A-Z]:\\[\w.\\ -]{1,300}"
)
_MEASURE = re.compile(
    r"[+-]?\d{1,12}(?:\.\d{1,6})?(?:ns|us|µs|ms|s|m|h|d|w|y|sec|secs|min|mins|hours?|days?|%|[KMGT]i?B?|[kmg]b?|bytes?)|"
    r"(?:\d{1,6}[dhms]){2,4}|\d{4}-\d\d-\d\d(?:[T ][\d:.,+Z-]{0,30})?"
)
_PLACE = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\.){0,8}[a-z][a-z0-9-]{0,62}:\d{2,5}(?:/[\w./-]{0,200})?|\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?|"
    r"(?:[a-z0-9-]{1,63}\.){1,8}(?:svc|local|com|net|org|io|internal|cluster|dev|test|example|cloud|app)(?:/[\w./-]{0,200})?|"
    r"(?:https?|grpcs?|tcp|wss?|unix|ldaps?)://[^\s@?&;=]{1,500}"
)
_OBJECT = re.compile(r"(?:[a-z0-9][a-z0-9.-]{0,62}/)?([a-z][a-z0-9]{0,30}(?:-[a-z0-9]{1,30}){0,8})")
_OBJECT_WORDS = _set("""
    tls cert certs certificate creds cred credentials credential regcred secret secrets auth config ca key keys token
    tokens password passwords db database pull registry docker svc service issuer default webhook admin app
""")
_METHODS = re.compile(
    r"(?i)basic|digest|bearer|none|ldaps?|oauth2?|jwt|kerberos|krb5|iam|mtls|tls|saml2?|oidc|sspi|gss|trust|peer|md5|plain|ntlm|sasl|pam|"
    r"x509|cert|rbac|abac|webhook|node|anonymous|internal|external|local|token|password|apikey|api-key|scram(?:-sha-\d{1,3})?(?:-plus)?|"
    r"sha-?\d{0,3}|bcrypt|argon2\w{0,2}|pbkdf2|rs\d{3}|hs\d{3}|es\d{3}|aws4|negotiate|hmac"
)
# Words about the state of a secret, or the grammar around one.
_WORDS = _set("""
    a about absent accepted access account active after again against all already an and any are as at auth
    authentication authorization be because been before being blank broken but by can cannot change changed check checks
    config configuration configured contains correct corrupt could default denied deprecated did different disabled does
    due during empty enabled error errors exceeded exchange exist exists expected expires expired expiry expiring failed
    failure false field file for format forbidden found from generated given good had has hash have hidden if ignored
    ignoring in incorrect inactive insufficient invalid is issued issuer it its key last length locked long lookup
    malformed manager may mechanism method mismatch mismatched missing must need needed needs new nil no none not null
    of off old on only option optional or parse parsing please policy present prompt protected provided provider query
    reached refresh refused rejected removed renewed required request reset response returned review revoked right
    rotated same secret server service session set short should signature size source stale still store stored store
    string such supplied supported than that the their then there this timeout to token too true type unable
    unauthorized undefined unexpected unknown unset unspecified unsupported update updated updating used user username
    using valid validation value verification verify was weak were when which while will with within without would wrong
    yes your yours flag argument parameter parameters option options environment variable env here there mandatory
    password passwords passphrase credentials credential tokens header headers body cookie cookies basic bearer digest
    realm end eof identifier number keyword operator symbol bucket count counts limit limits usage kind name names sent
    reading loading accessdenied
    """)
_ENDINGS = ("ed", "ing", "able", "ible", "ly", "ful", "less", "tion")


@lru_cache(maxsize=4096)
def secret_kind(name: str) -> SecretKind | None:
    """The kind of secret that a setting of this name holds; None for other settings."""
    spelled = _PARTS.sub("_", _CAMEL.sub("_", name[-LONGEST_NAME:])).strip("_").lower()
    parts = spelled.split("_")
    if _REFERENCES.search(spelled) or (parts[-1] in _ABOUT and not spelled.endswith(_IDS)):
        return None
    if parts[-1] in _FILES and len(parts) > 1:
        spelled = "_".join(parts[:-1])
    if spelled.endswith(("tokens", "secrets", "passwords", "cookies", "cookie")) or spelled.endswith(_IDS[1:]):
        return SecretKind.LONG
    found = (
        (_PASSWORD, SecretKind.PASSWORD),
        (_SECRET, SecretKind.SECRET),
        (_AUTH, SecretKind.AUTH),
        (_LONG, SecretKind.LONG),
    )
    return next((kind for pattern, kind in found if pattern.search(spelled)), None)


@lru_cache(maxsize=8192)
def holds_secret(name: str, value: str) -> bool:
    """Whether a setting is a secret: its name denotes one, and the value could be one."""
    kind = secret_kind(name)
    if kind is None or not value:
        return False
    if _is_file(name) and any(sign in value for sign in "\n=:{"):
        return False  # a file about secrets: its lines are judged one by one
    return could_be_secret(kind, value.strip(), name)


def _is_file(name: str) -> bool:
    return name.rpartition(".")[2].lower() in _FILES and "." in name


def could_be_secret(kind: SecretKind, value: str, name: str = "") -> bool:
    """Whether the value of a setting of this kind could be a secret, in data: `NAME=value`, a key of JSON or YAML, a
    flag."""
    if _harmless(value):
        return False
    if kind is SecretKind.PASSWORD:
        return not (value.isdecimal() and len(value) < 4)
    if (value.isdecimal() and len(value) < 7) or _PLACE.fullmatch(value) or value.lower() in _WORDS:
        return False
    if kind is SecretKind.AUTH:
        return not _METHODS.fullmatch(value) and not _names_object(value)
    if kind is SecretKind.LONG:
        return len(value) >= 16 and is_random(value)
    plain = name.lower().strip("-_ ") in ("", "secret", "credential", "credentials", "token")
    return not (plain and _names_object(value)) and not _METHODS.fullmatch(value)


def is_secret_in_prose(kind: SecretKind, value: str) -> bool:
    """Whether the value in a sentence is a secret: `invalid token: expired at` holds none, `token: 8f3a91bc77` does."""
    bare = value.strip(".,:;!?()[]")
    if not could_be_secret(kind, bare) or _METHODS.fullmatch(bare):
        return False
    if kind is SecretKind.PASSWORD:
        return not is_ordinary(bare)
    return is_random(bare) and not _OBJECT.fullmatch(bare)


def is_ordinary(word: str) -> bool:
    """Whether this is an ordinary word of a sentence about a secret, not the secret."""
    low = word[:_SAMPLED].lower().strip("'\"`.,:;!?()[]")
    words = low.split()
    if not words or any(_mixed(other) for other in words[1:]) or (words[0] == "correct" and len(words) > 1):
        return False
    first = words[0]
    return first in _WORDS or (first.isalpha() and len(first) >= 6 and first.endswith(_ENDINGS))


def _mixed(word: str) -> bool:
    return any(c.isalpha() for c in word) and any(c.isdigit() for c in word)


def is_random(value: str) -> bool:
    """Whether the word looks random: letters and digits mixed, or upper and lower case in the middle of a long word."""
    if len(value) < 6:
        return False
    value = value[:_SAMPLED]
    letters, digits = any(c.isalpha() for c in value), any(c.isdigit() for c in value)
    if letters and (digits or any(c in "!#$%^&*+=?~" for c in value)):
        return not re.fullmatch(r"v?\d{1,5}(?:[.-]\w{1,20}){1,4}", value)
    inside = value[1:]
    return (
        len(value) >= 16
        and any(c.isupper() for c in inside)
        and any(c.islower() for c in inside)
        and not value.isidentifier()
    )


def _harmless(value: str) -> bool:
    if len(value) > 400 and not value.startswith(("[REDACTED", "${")):
        return False
    return not value or any(p.fullmatch(value) for p in (_SWITCH, _REFERENCE, _PATH, _MEASURE))


def _names_object(value: str) -> bool:
    """Whether the value is an object name (`db-creds`, `kube-system/tls-cert`): a Secret, a service or a file."""
    match = _OBJECT.fullmatch(value)
    return match is not None and ("/" in value or not _OBJECT_WORDS.isdisjoint(match[1].split("-")))
