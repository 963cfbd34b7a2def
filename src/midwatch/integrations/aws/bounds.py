"""Size and time limits for the SDK's responses: by itself it reads to the end, in a thread that cannot be stopped."""

from importlib import import_module
from time import monotonic
from typing import Any

LARGEST = 32 * 1024 * 1024  # bytes; a page of 100,800 points has about 6 MB
SECONDS = 25.0  # for the body as a whole; the SDK's own limit is between two reads
_PIECE = 65_536


class BoundedBody:
    """The SDK's HTTP session with bounded response bodies. Raises the SDK's own errors."""

    def __init__(self, inner: Any, largest: int = LARGEST, seconds: float = SECONDS) -> None:
        self._inner, self._largest, self._seconds = inner, largest, seconds

    def send(self, request: Any) -> Any:
        request.stream_output = True  # the SDK then leaves the body to us
        answer = self._inner.send(request)
        answer._content = self._read(answer.raw, str(request.url))
        return answer

    def close(self) -> None:
        self._inner.close()

    def _read(self, raw: Any, url: str) -> bytes:
        errors, wire = import_module("botocore.exceptions"), import_module("urllib3.exceptions")
        end, body = monotonic() + self._seconds, bytearray()
        while len(body) <= self._largest and monotonic() <= end:
            try:
                part = raw.read1(_PIECE, decode_content=False)
            except (wire.HTTPError, OSError) as error:
                silent = isinstance(error, wire.ReadTimeoutError)
                raise (errors.ReadTimeoutError if silent else errors.ConnectionClosedError)(
                    endpoint_url=url, error=error
                ) from error
            if not part:
                return bytes(body)
            body += part
        raw.close()
        if len(body) > self._largest:
            raise errors.HTTPClientError(error=f"it has more than {self._largest} bytes")
        raise errors.ReadTimeoutError(endpoint_url=url, error="no end")


def add_limits(client: Any) -> None:
    """Applies the limits to a client of the SDK."""
    endpoint = client._endpoint
    endpoint.http_session = BoundedBody(endpoint.http_session)
