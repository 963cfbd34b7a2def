from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Bodies:
    """Reads no more than `largest` bytes of any request's body: 413, said before the rest is sent where its length is
    announced."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = 0
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")

        async def read() -> Message:
            nonlocal size
            if announced.isdigit() and len(announced) < 20 and int(announced) > self._largest:
                raise self._too_large()
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._largest:
                raise self._too_large()
            return message

        await self._app(scope, read, send)

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body is larger than {self._largest} bytes.")


async def raw(request: Request) -> bytes:
    """The body as it came: signatures cover its bytes. A sender that hangs up half-way has sent nothing."""
    try:
        return await request.body()
    except ClientDisconnect as gone:
        raise HTTPException(400, "The body broke off.") from gone
