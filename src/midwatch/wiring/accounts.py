from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.health import health
from midwatch.integrations.manifest import Health
from midwatch.settings import Settings


async def account_health(settings: Settings) -> tuple[Health, ...]:
    """What Midwatch may read of the AWS account: each line a call that was really made."""
    return await health(Aws(settings.aws))
