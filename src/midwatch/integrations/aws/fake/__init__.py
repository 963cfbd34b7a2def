"""Fake AWS in memory, at the HTTP edge: CloudWatch, EC2, CloudWatch Logs and STS as used by boto3."""

from midwatch.integrations.aws.fake.app import environment, serve
from midwatch.integrations.aws.fake.world import FakeAws, FakeFlowLog, FakeGateway, Talker

__all__ = ["FakeAws", "FakeFlowLog", "FakeGateway", "Talker", "environment", "serve"]
