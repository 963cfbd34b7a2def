"""Health checks of the account: each kind of call is made once, and costs next to nothing."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from midwatch.domain.capabilities import Health
from midwatch.domain.tool import ToolError
from midwatch.domain.window import Window
from midwatch.integrations.aws.client import NOT_CONFIGURED, Aws
from midwatch.integrations.aws.errors import STRANGE, unexpected_answer
from midwatch.integrations.aws.insights import ask
from midwatch.integrations.aws.spans import nat

_FIRST = 5  # the smallest page of EC2
_NO_GATEWAY = "nat-00000000000000000"


async def health(aws: Aws) -> tuple[Health, ...]:
    """Health of identity, cloudwatch, ec2 and logs; one line when AWS is not configured."""
    if not aws.settings.is_configured:
        return (Health("aws", "missing", NOT_CONFIGURED, "NAT gateways cannot be checked without it"),)
    return tuple(
        await asyncio.gather(
            _line("identity", _identity(aws), "nothing in AWS can be read without it"),
            _line("cloudwatch", _cloudwatch(aws), "traffic of NAT gateways cannot be measured without it"),
            _line("ec2", _ec2(aws), "NAT gateways cannot be found without it"),
            _line("logs", _logs(aws), "top talkers of a NAT gateway cannot be determined without it"),
        )
    )


async def _line(name: str, asked: Awaitable[str], hint: str) -> Health:
    try:
        return Health(name, "ok", await asked)
    except ToolError as error:
        if error.permission:
            return Health(name, "refused", f"required permission: {error.permission}", hint)
        return Health(name, "missing" if error.absent else "failed", str(error), hint)
    except STRANGE:
        return Health(name, "failed", str(unexpected_answer(name)), hint)


async def _identity(aws: Aws) -> str:
    found = await aws.call("sts", "GetCallerIdentity")
    return f"{found['Arn']} in {aws.region}"


async def _cloudwatch(aws: Aws) -> str:
    metric = {
        "Namespace": nat()["namespace"],
        "MetricName": nat()["metrics"][0]["metric"],
        "Dimensions": [{"Name": nat()["dimension"], "Value": _NO_GATEWAY}],
    }
    query = {"Id": "m0", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}}
    now = aws.now()
    await aws.call(
        "cloudwatch", "GetMetricData", MetricDataQueries=[query], StartTime=now - timedelta(minutes=10), EndTime=now
    )
    return "metrics can be read"


async def _ec2(aws: Aws) -> str:
    found, _ = await asyncio.gather(
        aws.call("ec2", "DescribeNatGateways", MaxResults=_FIRST),
        aws.call("ec2", "DescribeSubnets", MaxResults=_FIRST),
    )
    many = " or more" if found.get("NextToken") else ""
    return f"{len(found.get('NatGateways', ()))}{many} NAT gateways"


async def _logs(aws: Aws) -> str:
    """Health of log queries, tested on a log group with flow logs, for one second of them: the permission is given for
    each log group."""
    asked = [{"Name": "log-destination-type", "Values": ["cloud-watch-logs"]}]
    logs = [
        log async for page in aws.pages("ec2", "DescribeFlowLogs", Filter=asked) for log in page.get("FlowLogs", ())
    ]
    group = next((log["LogGroupName"] for log in logs if log.get("LogGroupName")), "")
    if not group:
        raise ToolError("no flow logs in CloudWatch Logs", absent=True)
    await ask(aws, group, "limit 1", Window(aws.now() - timedelta(seconds=1), aws.now()))
    return f"flow logs in {group} can be queried"
