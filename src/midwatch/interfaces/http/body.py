from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect


async def read(request: Request, largest: int) -> bytes:
    """The body as it came. More than `largest` bytes are not read: 413. A sender that hangs up half-way has sent nothing."""
    parts, size = list[bytes](), 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > largest:
                raise HTTPException(413, f"The body is larger than {largest} bytes.")
            parts.append(part)
    except ClientDisconnect as gone:
        raise HTTPException(400, "The body broke off.") from gone
    return b"".join(parts)
