"""Settings: defaults, then `midwatch.yaml`, then variables of other programs that a setting declares (`Also`), then
MIDWATCH_* in the environment (`__` between levels), then flags.

What belongs to an integration or to an area is declared by it; `compose` puts the sections together.
"""

import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_origin

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    create_model,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from midwatch.domain.base import SettingsSection
from midwatch.domain.investigation import Budget
from midwatch.domain.refusal import Refusal
from midwatch.domain.sender import SenderSettings
from midwatch.domain.setting_types import Also, Count, DatabaseAddress, LogLevel, Origin, RequestSeconds, WebAddress
from midwatch.kit.containment import PluginFault, call
from midwatch.kit.credentials import note_address, note_credential


def home() -> Path:
    """The folder of the store: $MIDWATCH_HOME, else ~/.midwatch. `~` is the user's home folder also where no shell
    expands it, as in a unit of systemd; that of an unknown user (`~nobody`) is left as it is."""
    given = Path(os.environ.get("MIDWATCH_HOME") or "~/.midwatch")
    try:
        return given.expanduser()
    except RuntimeError:  # no such user, or a process without a home folder
        return given


class ServerSettings(SettingsSection):
    """`midwatch serve`: where it listens, where it keeps things, and how much it takes."""

    host: Annotated[str, Also(("API_HOST",))] = Field(
        default="127.0.0.1", description="address to listen on; beyond loopback only once an API key exists"
    )
    port: Annotated[int, Also(("API_PORT",))] = Field(default=8350, ge=0, le=65535, description="0 takes any free port")
    url: WebAddress = Field(default="", description="how others reach this server; used in links")
    database: DatabaseAddress = Field(
        default="", description="postgresql://…; empty: SQLite in $MIDWATCH_HOME (~/.midwatch)"
    )
    workers: int = Field(
        default=2, ge=0, le=64, description="investigations at a time in this process; 0: other processes work"
    )
    requests_per_hour: Count = Field(default=1000, description="requests of one API key")
    webhooks_per_hour: Count = Field(default=10_000, description="deliveries of one source from one address")
    answer_within: RequestSeconds = Field(
        default=100.0, description="seconds POST /query waits for an answer before it names the investigation instead"
    )
    queries_per_minute: Count = Field(default=60, description="POST /query, per key")
    keep_days: int = Field(
        default=90,
        gt=0,
        le=36_500,
        description="how long raw evidence and deliveries are kept; incidents and answers stay",
    )
    largest_body: Count = Field(default=1_048_576, description="bytes of a request's body")
    connections: int = Field(
        default=1000, ge=16, le=1_000_000, description="open connections; the longest idle one is closed for a new one"
    )
    connections_per_address: int = Field(
        default=200, ge=4, le=1_000_000, description="open connections of one address, those of `proxies` excepted"
    )
    head_within: RequestSeconds = Field(default=10.0, description="seconds a request's head may take to arrive")
    body_within: RequestSeconds = Field(default=30.0, description="seconds a request's body may take to arrive")
    streams: Count = Field(default=200, description="open event streams")
    streams_per_key: Count = Field(default=20, description="open event streams of one API key")
    proxies: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(),
        description="addresses or networks of reverse proxies whose `proxy_header` is believed; none by default",
    )
    proxy_header: Literal["x-forwarded-for", "forwarded"] = Field(
        default="x-forwarded-for", description="header in which the proxies say whose request it is"
    )
    cors_origins: Annotated[tuple[Origin, ...], Also(("CORS_ORIGINS",))] = Field(
        default=(),
        description="web pages of other origins whose scripts may use the API with a key: https://app.example.com, or "
        "* for all of them; cookies and other browser credentials are never allowed",
    )
    log_level: Annotated[LogLevel, Also(("LOG_LEVEL",))] = Field(
        default="info", description="events below this level are not logged"
    )


class UnusableSection(BaseModel):
    """In the place of an outside package's section that lacks what it requires, or cannot be read: that package is not
    configured, and nothing else is the matter. `reason` says what to set."""

    reason: str


S = TypeVar("S", bound=BaseModel)
_PREFIX = "MIDWATCH_"
_FILE = "midwatch.yaml"


class Settings(BaseSettings):
    """What belongs to Midwatch itself; the sections of integrations and areas are beside it once composed."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid")

    server: ServerSettings = Field(default_factory=ServerSettings, description="midwatch serve and midwatch worker")
    senders: dict[str, SenderSettings] = Field(
        default_factory=dict[str, SenderSettings],
        description="monitoring systems that send alerts: source → what it authenticates with",
    )
    budget: Budget = Field(default_factory=Budget, description="hard limits of one investigation")

    def of(self, section: type[S]) -> S:
        """The section that was declared with this type; its defaults where it was not composed in. Raises Refusal where
        it lacks what it requires."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if type(value) is section:
                return value
            if field.annotation is section and isinstance(value, UnusableSection):
                raise Refusal(value.reason, f"Section {name} of midwatch.yaml, or MIDWATCH_{name.upper()}__ variables")
        return section()

    def having(self, *sections: BaseModel) -> Self:
        """The same settings with other sections, each in the place of its type."""
        places: dict[type, str] = {type(getattr(self, name)): name for name in type(self).model_fields}
        return self.model_copy(update={places[type(section)]: section for section in sections})

    @model_validator(mode="after")
    def _notes_credentials(self) -> Self:
        """From here on no output repeats them."""
        for secret in _secrets(self):
            note_credential(secret)
        for url in _addresses(self):
            note_address(url)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        for folder in filter(Path.is_dir, files()):  # would be passed over without a word
            raise Refusal(f"{folder.absolute()} is a folder.", "The settings are a file of this name")
        file = YamlConfigSettingsSource(settings_cls, yaml_file=files(), yaml_file_encoding="utf-8", deep_merge=True)
        return init_settings, env_settings, OtherVariables(settings_cls), file


class OtherVariables(PydanticBaseSettingsSource):
    """What variables of other programs set (`Also`)."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path, field, also in other_variables(self.settings_cls):
            if name := next(iter(in_environment(also.variables)), ""):
                inner = found
                for part in path[:-1]:
                    inner = inner.setdefault(part, {})
                inner[path[-1]] = (
                    _listed(os.environ[name]) if get_origin(field.annotation) is tuple else os.environ[name]
                )
        return found


def other_variables(
    model: type[BaseModel], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], FieldInfo, Also]]:
    """Each setting that declares variables of other programs, with its path."""
    for name, field in model.model_fields.items():
        yield from (((*path, name), field, also) for also in field.metadata if isinstance(also, Also))
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from other_variables(field.annotation, (*path, name))


def in_environment(names: Iterable[str]) -> list[str]:
    """Those that are set: an empty variable is as good as none."""
    return [name for name in names if os.environ.get(name, "").strip()]


def _listed(text: str) -> Any:
    """A list as other programs write it: JSON, or separated by commas."""
    try:
        return json.loads(text)
    except ValueError:
        return [part.strip() for part in text.split(",") if part.strip()]


_chosen: ContextVar[Path | None] = ContextVar("settings_file", default=None)


@contextmanager
def only_file(path: Path) -> Generator[None]:
    """While it lasts, settings are read from this file and from no other."""
    before = _chosen.set(path)
    try:
        yield
    finally:
        _chosen.reset(before)


def files() -> list[Path]:
    """Where midwatch.yaml is read from; the later ones win. ~/.midwatch is where version 0.1.0 had it."""
    if chosen := _chosen.get():
        return [chosen]
    found: dict[Path, Path] = {}
    for file in (home() / _FILE, settings_file(), Path(_FILE)):
        found.setdefault(file.absolute(), file)
    return list(found.values())


def settings_file() -> Path:
    """The user's own: in $MIDWATCH_HOME where that is set, else $XDG_CONFIG_HOME/midwatch or ~/.config/midwatch.

    As XDG has it, a $XDG_CONFIG_HOME that is no absolute path is passed over.
    """
    if os.environ.get("MIDWATCH_HOME"):
        return home() / _FILE
    base = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".config") / "midwatch" / _FILE


def compose(sections: Mapping[str, type[BaseModel]], outside: Mapping[str, str] | None = None) -> type[Settings]:
    """Settings with a section for each. Those of `outside` packages, with whose they are, may lack what they require.
    Raises Refusal for a name that cannot be one."""
    fields: dict[str, Any] = {}
    for name, type_ in sections.items():
        if hasattr(Settings, name) or name in Settings.model_fields:
            raise Refusal(f"A section of the settings cannot be called {name!r}.", "Give it the name of its system")
        who, declared, default = (outside or {}).get(name), type_, type_
        if who is not None:
            declared = Annotated[type_, WrapValidator(_contained(name, who))]
            default = _default(name, who, type_)
        description = (type_.__doc__ or "").strip().partition("\n")[0]
        fields[name] = (declared, Field(default_factory=default, description=description))
    return create_model("Settings", __base__=Settings, **fields)


def _contained(name: str, who: str) -> Callable[[Any, ValidatorFunctionWrapHandler], Any]:
    """What is set wrongly is refused, as everywhere; what is not set, or a validator that fails, is the package's own
    trouble. Of its exception only the type is told: the text may hold what was set."""

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, UnusableSection):  # what `_default` made
            return value
        try:
            return call(who, handler, value, passed=(ValidationError,))
        except ValidationError as error:
            if any(problem["type"] != "missing" for problem in error.errors(include_url=False, include_context=False)):
                raise
            return _lacking(name, who, error)
        except PluginFault as fault:
            return UnusableSection(reason=f"The {who} cannot read its settings ({type(fault.__cause__).__name__}).")

    return validate


def _default(name: str, who: str, type_: type[BaseModel]) -> Callable[[], BaseModel]:
    def default() -> BaseModel:
        try:
            return call(who, type_, passed=(ValidationError,))
        except ValidationError as error:
            return _lacking(name, who, error)
        except PluginFault as fault:
            return UnusableSection(reason=f"The {who} has no default settings ({type(fault.__cause__).__name__}).")

    return default


def _lacking(name: str, who: str, error: ValidationError) -> UnusableSection:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    paths = [".".join((name, *map(str, problem["loc"]))) for problem in problems]
    return UnusableSection(reason=f"The {who} is not configured: set {', '.join(paths[:5])}.")


def unknown_variable(settings: type[Settings]) -> str:
    """A variable whose first part is no section: pydantic-settings passes over those. "" when there is none.

    Only names with `__`: a Kubernetes Service that is called midwatch puts MIDWATCH_PORT_… into every pod.
    """
    for name in sorted(os.environ):
        first, deeper, _ = name.upper().removeprefix(_PREFIX).partition("__")
        if name.upper().startswith(_PREFIX) and deeper and first.lower() not in settings.model_fields:
            return name
    return ""


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    for inner in _inside(value):
        yield from _secrets(inner)
    if isinstance(value, SettingsSection):
        yield from _named_credentials(value)


def _named_credentials(section: SettingsSection) -> Iterator[str]:
    """An outside package's may fail: its secrets that are typed as such are noted all the same."""
    try:
        yield from call("settings", lambda: list(section.credentials()))
    except PluginFault:
        return


def _addresses(value: object) -> Iterator[str]:
    """Texts that may be addresses with a password in them."""
    if isinstance(value, str) and "://" in value:
        yield value
    for inner in _inside(value):
        yield from _addresses(inner)


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, BaseModel):
        yield from (getattr(value, name) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, tuple | list):
        yield from value
