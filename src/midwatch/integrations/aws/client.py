"""The only module that uses the SDK. Its calls block, so they run in threads; clients are made once, and are thread
safe."""

import asyncio
import os
import re
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from midwatch.domain.tool import ToolError
from midwatch.integrations.aws.bounds import add_limits
from midwatch.integrations.aws.cache import Cache, CacheState
from midwatch.integrations.aws.errors import STRANGE, Busy, Call, explain, unexpected_answer
from midwatch.integrations.aws.settings import AwsSettings
from midwatch.kit.clock import utc_now
from midwatch.kit.credentials import note_credential

_CONNECT, _READ = 3, 10  # seconds
_CONNECTIONS = 16  # to one endpoint, kept open
PAGES = 200  # of one answer; a week of all metrics is two, and an account has at most some thousand gateways
_TOKEN = 16_384  # characters
# Field that every valid response has, even an empty one: a page of HTML is not an account without gateways.
HOLDS: dict[str, tuple[str, type]] = {
    "DescribeNatGateways": ("NatGateways", list),
    "DescribeSubnets": ("Subnets", list),
    "DescribeFlowLogs": ("FlowLogs", list),
    "GetMetricData": ("MetricDataResults", list),
    "StartQuery": ("queryId", str),
    "GetQueryResults": ("status", str),
    "GetCallerIdentity": ("Arn", str),
}
_SESSION = "midwatch"  # session name of an assumed role, in CloudTrail
NOT_INSTALLED = "AWS SDK is not installed: pip install 'midwatch[aws]'"
NOT_CONFIGURED = "AWS is not configured: set aws.region or AWS_REGION"


@dataclass(frozen=True)
class Pace:
    """Timeouts of AWS calls, in seconds."""

    retry: float = 1.0
    first_poll: float = 0.5
    longest_poll: float = 2.0
    poll_for: float = 20.0


@dataclass(frozen=True)
class _Sdk:
    """The imported SDK. `failures` are the exceptions it raises; `session` makes clients, one at a time."""

    session: Any
    config: Any
    failures: tuple[type[Exception], ...]
    region: str


class Aws:
    """One account in one region. No request is sent, and no SDK is imported, before the first call."""

    def __init__(self, settings: AwsSettings, now: Callable[[], datetime] = utc_now, pace: Pace | None = None) -> None:
        self.settings, self.now, self.pace = settings, now, pace or Pace()
        self.cache = Cache(now)
        self._lock = threading.Lock()
        self._sdk: _Sdk | None = None
        self._clients: dict[str, Any] = {}

    @property
    def cache_state(self) -> CacheState:
        return self.cache.state

    @property
    def region(self) -> str:
        """The region; known after the first call."""
        return self._sdk.region if self._sdk else self.settings.region

    async def call(self, service: str, action: str, **parameters: Any) -> dict[str, Any]:
        """One API call by AWS's own names. Raises ToolError; a throttled call is retried once."""
        if not self.settings.is_configured:
            raise ToolError(NOT_CONFIGURED, absent=True)
        try:
            return await asyncio.to_thread(self._put, service, action, parameters)
        except Busy:
            await asyncio.sleep(self.pace.retry)
        return await asyncio.to_thread(self._put, service, action, parameters)

    async def pages(self, service: str, action: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        """All pages of a response: an empty page may have a next one. Raises ToolError for endless paging."""
        token, before = "", set[str]()
        for _ in range(PAGES):
            page = await self.call(service, action, **parameters, **({"NextToken": token} if token else {}))
            yield page
            token = str(page.get("NextToken") or "")
            if not token:
                return
            if token in before or len(token) > _TOKEN:
                break
            before.add(token)
        raise ToolError(
            f"AWS ({service}) returned more than {PAGES} pages, or the same page twice, for {action}; "
            "the result is not used."
        )

    def _put(self, service: str, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        with self._lock:  # sessions are not thread safe
            self._sdk = self._sdk or _connect(self.settings)
            sdk = self._sdk
            client = self._clients.get(service) or self._open(sdk, service, action)
        try:
            _register_credentials(sdk)
            answer: dict[str, Any] = getattr(client, _snake(action))(**parameters)
        except sdk.failures as error:
            host = urlsplit(str(client.meta.endpoint_url)).netloc.rpartition("@")[2]
            raise explain(error, Call(service, action, sdk.region or "(none)", host)) from error
        except (
            *STRANGE,
            RuntimeError,
        ) as error:  # the SDK's parsers fail on a response that is none of the API's
            raise unexpected_answer(f"{service}:{action}") from error
        name, kind = HOLDS.get(action, ("ResponseMetadata", dict))
        if not isinstance(answer.get(name), kind):
            raise unexpected_answer(f"{service}:{action}")
        return answer

    def _open(self, sdk: _Sdk, service: str, action: str) -> Any:
        try:
            client = sdk.session.client(service, config=sdk.config)
        except sdk.failures as error:
            raise explain(error, Call(service, action, sdk.region or "(none)")) from error
        add_limits(client)
        self._clients[service] = client
        return client


def _connect(settings: AwsSettings) -> _Sdk:
    try:
        boto3, core = import_module("boto3"), import_module("botocore.config")
    except ImportError as error:
        raise ToolError(NOT_INSTALLED) from error
    errors, parsers = import_module("botocore.exceptions"), import_module("botocore.parsers")
    failures = (errors.BotoCoreError, errors.ClientError, parsers.ResponseParserError)
    # Retries are ours: throttled callers have to wait, and the evidence has to mention the throttling.
    config = core.Config(
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        max_pool_connections=_CONNECTIONS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        user_agent_extra=_SESSION,
    )
    named = settings.region or os.environ.get("AWS_REGION") or None  # boto3 itself reads AWS_DEFAULT_REGION only
    try:
        session = boto3.Session(profile_name=settings.profile or None, region_name=named)
        region = session.region_name or ""
        if settings.role_arn:
            session = boto3.Session(botocore_session=_assumed(session, config, settings), region_name=region or None)
    except failures as error:
        raise explain(error, Call("sts", "AssumeRole", named or "(none)")) from error
    return _Sdk(session, config, failures, region)


def _register_credentials(sdk: _Sdk) -> None:
    """Registers the signing credentials, so that no output repeats them: they are fetched anyway, and renewed from time
    to time."""
    if (held := sdk.session.get_credentials()) is not None:
        frozen = held.get_frozen_credentials()
        for value in (frozen.access_key, frozen.secret_key, frozen.token):
            note_credential(value)


def _assumed(session: Any, config: Any, settings: AwsSettings) -> Any:
    """A session with the role's credentials, renewed before they expire."""
    credentials, core = import_module("botocore.credentials"), import_module("botocore.session")
    sts = session.client("sts", config=config)
    add_limits(sts)
    asked = {"RoleArn": settings.role_arn, "RoleSessionName": _SESSION}
    if settings.external_id:
        asked["ExternalId"] = settings.external_id

    def renew() -> dict[str, str]:
        given = sts.assume_role(**asked)["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }

    inner = core.get_session()
    inner._credentials = credentials.DeferredRefreshableCredentials(refresh_using=renew, method="sts-assume-role")
    return inner


def _snake(action: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
