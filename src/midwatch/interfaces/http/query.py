from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field, StringConstraints

from midwatch.domain.access import Actor
from midwatch.domain.limits import LONGEST_QUESTION
from midwatch.interfaces.http.access import ServerCtx, TheRates, caller_of
from midwatch.interfaces.http.envelope import FAILURES
from midwatch.services import questions
from midwatch.services.questions import Reply

router = APIRouter(tags=["questions"], responses=FAILURES)
SAID = (
    "What caused the NAT spike at 2am?",
    "Show me NAT traffic for the last 24 hours",
    "Are any refresh jobs uploading data right now?",
    "Which client refresh is using the most bandwidth?",
    "Compare NAT traffic today vs yesterday",
    "Is shop.example.com up?",
    "Check the proteus service",
    "What is wrong in namespace shop?",
)
EXAMPLES: dict[str, Any] = {
    text: {"summary": text, "value": {"prompt": text, "session_id": "on-call-7"}} for text in SAID
}


class Prompt(BaseModel):
    prompt: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=LONGEST_QUESTION, description="the question, in words"
    )
    session_id: str = Field(
        default="",
        max_length=200,
        description="what a follow-up (`and yesterday?`) belongs to; your own name for it, without it none is one",
    )
    namespace: str = Field(
        default="", max_length=253, pattern=r"^[a-z0-9.-]*$", description="look into one namespace only"
    )


@router.post("/query", summary="Ask a question")
async def query(
    asked: Annotated[Prompt, Body(openapi_examples=EXAMPLES)],
    ctx: ServerCtx,
    rates: TheRates,
    caller: Annotated[Actor, caller_of(questions.ask)],
) -> Reply:
    """Answers in Markdown and as data. An ambiguous question is answered with a question and `choices`; no
    investigation starts.

    NAT gateways need the AWS permissions `cloudwatch:GetMetricData` and `ec2:DescribeNatGateways`; jobs and
    services need a cluster. What could not be read is listed in the answer. Limit: 60 questions a minute per key.
    """
    rates.query(caller.key_id or caller.name)
    return await questions.ask(ctx, caller, asked.prompt, asked.session_id, asked.namespace)
