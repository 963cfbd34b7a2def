from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from midwatch.domain.access import AccessRole, Actor, ApiKey
from midwatch.interfaces.http.access import Address, ServerCtx, TheRates, caller_of
from midwatch.interfaces.http.envelope import DENIED, FAILURES, Ok
from midwatch.interfaces.http.timestamps import Moment
from midwatch.services import access
from midwatch.services.identity import LINK

log = structlog.get_logger()
router = APIRouter(prefix="/api/v1", tags=["access"], responses=FAILURES)


class KeyShown(BaseModel):
    """A key without its digest."""

    id: str
    name: str = Field(description="whose it is")
    prefix: str = Field(description="how the secret begins: what a person recognises it by")
    role: AccessRole
    created_at: datetime
    created_by: str
    expires_at: datetime | None = Field(description="null: never")
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="to within five minutes")

    @classmethod
    def of(cls, key: ApiKey) -> "KeyShown":
        return cls(**key.model_dump(include=set(cls.model_fields)))


class NewKey(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    role: AccessRole = AccessRole.VIEWER
    expires_at: Moment | None = None


class KeySecret(BaseModel):
    secret: str = Field(description="shown this once and kept nowhere")
    key: KeyShown


class Setup(BaseModel):
    token: str = Field(min_length=1, max_length=200, description="of the one-time link")
    name: str = Field(min_length=1, max_length=200, description="whose key it becomes")


@router.post("/keys", status_code=201, summary="Create an API key")
async def create(
    wanted: NewKey, ctx: ServerCtx, caller: Annotated[Actor, caller_of(access.create_key)]
) -> Ok[KeySecret]:
    key, secret = await access.create_key(ctx, caller, wanted.name, wanted.role, wanted.expires_at)
    log.info("key created", key=key.id, role=key.role.value, by=caller.name)
    return Ok(data=KeySecret(secret=secret, key=KeyShown.of(key)))


@router.get("/keys", summary="List API keys")
async def list_keys(ctx: ServerCtx, caller: Annotated[Actor, caller_of(access.keys)]) -> Ok[list[KeyShown]]:
    return Ok(data=[KeyShown.of(key) for key in await access.keys(ctx, caller)])


@router.delete("/keys/{key_id}", summary="Revoke an API key")
async def revoke(
    key_id: Annotated[str, Path(max_length=40)], ctx: ServerCtx, caller: Annotated[Actor, caller_of(access.revoke)]
) -> Ok[None]:
    await access.revoke(ctx, caller, key_id)
    log.info("key revoked", key=key_id, by=caller.name)
    return Ok(message="revoked", data=None)


@router.post(
    "/setup",
    status_code=201,
    summary="Create the first admin's key with the one-time token",
    responses={401: DENIED[401]},
)
async def setup(claim: Setup, ctx: ServerCtx, rates: TheRates, address: Address) -> Ok[KeySecret]:
    rates.setup(address)
    key, secret = await access.redeem(ctx, LINK, claim.token, claim.name)
    log.info("key created", key=key.id, role=key.role.value, by=LINK.name)
    return Ok(data=KeySecret(secret=secret, key=KeyShown.of(key)))
