"""Amazon Web Services: NAT gateways, their metrics and their flow logs. Reads, and only reads."""

from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.tools import tools
from midwatch.integrations.manifest import Integration


def integration(client: Aws) -> Integration:
    """The integration for one account in one region."""
    return Integration(name="aws", title="Amazon Web Services", tools=tools(client))
