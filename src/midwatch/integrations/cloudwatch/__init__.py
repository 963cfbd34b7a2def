"""Amazon CloudWatch alarms, by an SNS topic or by EventBridge."""
