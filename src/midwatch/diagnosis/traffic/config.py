"""Traffic configuration of one company: NAT gateways, data jobs, and receiving vendors.

Kept in a YAML file of its own. The names of the source document's own file are understood as well.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from midwatch.domain.refusal import Refusal
from midwatch.kit import fast_yaml
from midwatch.kit.yaml_lines import line_of

_JOBS = ("jobs", "job_search", "zeus_job_search")
GB = 1e9  # bytes; the gigabyte of networks, not the gibibyte


def _regular(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"invalid regular expression: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_regular)]
Positive = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class NatGateway(_Part):
    """A NAT gateway. `usual_gb` and `spike_gb` are for five minutes of traffic out: the normal range, and the value
    that is always a spike."""

    id: str = Field(validation_alias=AliasChoices("id", "nat_id"), pattern=r"^nat-[0-9a-zA-Z-]+$")
    name: str = ""
    cluster: str = ""
    vpc: str = Field(default="", validation_alias=AliasChoices("vpc", "vpc_id"))
    zone: str = Field(default="", validation_alias=AliasChoices("zone", "availability_zone"))
    usual_gb: Positive | None = Field(
        default=None, validation_alias=AliasChoices("usual_gb", "normal_gb_per_5min", "normal_baseline_gb")
    )
    spike_gb: Positive | None = Field(default=None, validation_alias=AliasChoices("spike_gb", "spike_threshold_gb"))
    tags: dict[str, str] = {}


class Vendor(_Part):
    """An external receiver of data; `hosts` are host names, or their ends when they begin with a dot."""

    name: str
    hosts: tuple[str, ...] = ()


class Hours(_Part):
    """Business hours, in which large transfers are expected; at other times a lower limit applies."""

    zone: str = "UTC"
    begin: int = Field(default=9, ge=0, le=23)
    end: int = Field(default=17, ge=1, le=24)


class TrafficLimits(_Part):
    """Limits of one spike in GB: a spike needs checking above `off_hours_gb` outside the business hours, and above
    `unexplained_gb` without a job."""

    off_hours_gb: Positive = 20.0
    unexplained_gb: Positive = 50.0


class JobSearch(_Part):
    """Selectors of the data jobs, and parsers of their environment and logs.

    `environment` gives for each of our words (client, type, user, locator) the name of a variable; `locator` is a
    pattern whose named groups are more of our words. The log patterns have named groups: `uploads` file and size,
    `runs` job, run, url and state.
    """

    what: str = "job"
    namespaces: tuple[str, ...] = ()
    selector: str = Field(default="", validation_alias=AliasChoices("selector", "label_selector"))
    environment: dict[str, str] = {}
    locator: Pattern = ""
    uploads: tuple[Pattern, ...] = ()
    log_patterns: tuple[Pattern, ...] = ()  # upload lines, without names for their parts
    runs: tuple[Pattern, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    usual_gb: tuple[Positive, Positive] | None = None
    log_tail_lines: int = Field(default=1000, ge=1, le=20_000)
    timeout_seconds: float = Field(default=5.0, gt=0, le=60)
    nearby_minutes: float = Field(default=30.0, ge=0)


class Traffic(_Part):
    gateways: tuple[NatGateway, ...] = Field(default=(), validation_alias=AliasChoices("gateways", "nat_gateways"))
    jobs: JobSearch = Field(default_factory=JobSearch, validation_alias=AliasChoices(*_JOBS))
    vendors: tuple[Vendor, ...] = Field(default=(), validation_alias=AliasChoices("vendors", "external_vendors"))
    clients: tuple[str, ...] = ()
    hours: Hours = Field(default_factory=Hours, validation_alias=AliasChoices("hours", "business_hours"))
    limits: TrafficLimits = Field(default_factory=TrafficLimits)

    @model_validator(mode="before")
    @classmethod
    def _packed(cls, given: Any) -> Any:
        """Merges a shipped set (`pack: refresh`) into the jobs' settings; explicit settings win."""
        root = _mapping(given)
        for name in _JOBS:
            jobs = _mapping(root.get(name))
            if pack := jobs.pop("pack", "refresh" if jobs and name.startswith("zeus") else ""):
                root[name] = _pack(str(pack)) | jobs
        return root if isinstance(given, dict) else given

    @field_validator("hours")
    @classmethod
    def _known_zone(cls, hours: Hours) -> Hours:
        try:
            ZoneInfo(hours.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"unknown time zone {hours.zone!r}; use an IANA name such as America/New_York") from error
        return hours

    def gateway(self, name: str) -> NatGateway | None:
        """The gateway with this id or name."""
        return next((g for g in self.gateways if name in (g.id, g.name)), None)

    @property
    def known_vendors(self) -> tuple[Vendor, ...]:
        return (*self.vendors, *self.jobs.vendors)


def _mapping(value: Any) -> dict[str, Any]:
    return dict(cast(dict[str, Any], value)) if isinstance(value, dict) else {}


def _pack(name: str) -> dict[str, Any]:
    file = files(__name__.rpartition(".")[0]).joinpath("packs", f"{name}.yaml")
    if not file.is_file():
        raise ValueError(f"unknown job pack {name!r}")
    found: dict[str, Any] = fast_yaml.load(file.read_text("utf-8"))
    return found


def load_traffic(file: Path | None, beside: Path) -> Traffic:
    """Traffic configuration from the given file, or from traffic.yaml `beside` the settings; empty without one."""
    if file is None and not (beside / "traffic.yaml").exists():
        return Traffic.model_validate({"jobs": {"pack": "refresh"}})
    return load(file or beside / "traffic.yaml")


def load(path: Path) -> Traffic:
    """Loads the file. Raises Refusal with the file, the line and the key of an error."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise Refusal(
            f"{path} cannot be read: {error.strerror}.", "Set traffic.file to your file, or leave it out"
        ) from error
    try:
        return Traffic.model_validate(fast_yaml.load(text) or {})
    except yaml.YAMLError as error:
        raise Refusal(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = [step for step in problem["loc"] if not isinstance(step, str) or not step.startswith("function-")]
        key = ".".join(str(step) for step in where)
        message = (
            f"{path}, line {line_of(text, where)}: {key or 'the file'}: {problem['msg'].removeprefix('Value error, ')}."
        )
        raise Refusal(message, "The page NAT traffic (section Setup) has a complete example") from error
