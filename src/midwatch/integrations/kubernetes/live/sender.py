"""Sends one GET, with one second try where that is likely to help, and hands the body on piece by piece."""

import asyncio
from collections.abc import Collection
from typing import Protocol

import httpx2

from midwatch.integrations.kubernetes.live.connection import CONNECTIONS, ClusterConnection
from midwatch.integrations.kubernetes.live.errors import ApiAnswer, ApiRequest, TooSlow, refuse_transport
from midwatch.integrations.kubernetes.reader import Refused

BUSY = frozenset({429, 500, 502, 503, 504})
# What a page of a list may take as a whole; a server that trickles would never run into the read time-out.
PAGE_SECONDS = 30.0
# A throttling API server says 1 s; more than 5 s is not worth a person's waiting.
LONGEST_PAUSE, PAUSE = 5.0, 0.5
_ERROR_BYTES = 64 * 1024


class Sink(Protocol):
    def clear(self) -> None: ...

    def add(self, chunk: bytes) -> bool:
        """False when enough was read; the connection is closed then."""
        ...


class ApiSender:
    def __init__(self, connection: ClusterConnection) -> None:
        self._connection = connection
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def get(
        self,
        question: ApiRequest,
        sink: Sink,
        headers: dict[str, str],
        *,
        again: Collection[int] = BUSY,
        seconds: float = PAGE_SECONDS,
    ) -> ApiAnswer:
        """Raises Refused when no answer arrives; an answer other than 200 is returned with its body, and nothing is in
        the sink."""
        try:
            async with self._slots, asyncio.timeout(seconds):
                return await self._try_twice(question, sink, headers, again)
        except httpx2.RequestError as error:
            raise refuse_transport(error, question) from None
        except httpx2.InvalidURL:
            raise Refused(
                f"The question to {question.place} would be longer than an address may be; it was not sent."
            ) from None
        except TimeoutError:
            raise TooSlow(
                f"{question.place} did not answer within {seconds:g} s; ask again, or for less.", query=question.query
            ) from None

    async def _try_twice(
        self, question: ApiRequest, sink: Sink, headers: dict[str, str], again: Collection[int]
    ) -> ApiAnswer:
        pause = PAUSE
        try:
            answer = await self._once(question, sink, headers)
            if answer.status not in again:
                return answer
            pause = _pause(answer)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            sink.clear()
        await asyncio.sleep(pause)
        return await self._once(question, sink, headers)

    async def _once(self, question: ApiRequest, sink: Sink, headers: dict[str, str]) -> ApiAnswer:
        client, name = self._connection.client, self._connection.server_name
        request = client.build_request(
            "GET", question.url, headers=headers, extensions={"sni_hostname": name} if name else None
        )
        response = await client.send(request, stream=True)
        try:
            if response.status_code == 200:
                async for chunk in response.aiter_bytes():
                    if not sink.add(chunk):
                        break
                return ApiAnswer(200, response.headers)
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _ERROR_BYTES:
                    break
            return ApiAnswer(response.status_code, response.headers, bytes(body), _token(response))
        finally:
            await response.aclose()


def _token(response: httpx2.Response) -> str:
    scheme, _, value = response.request.headers.get("Authorization", "").partition(" ")
    return value if scheme == "Bearer" else ""


def _pause(answer: ApiAnswer) -> float:
    said = answer.headers.get("Retry-After", "")
    return min(float(said), LONGEST_PAUSE) if said.isascii() and said.isdigit() else PAUSE
