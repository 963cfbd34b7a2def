"""PagerDuty: webhooks v3, the older v2, and events as they are sent to PagerDuty; details and notes by its REST API."""
