"""Datadog monitors, by a webhook with Midwatch's payload, Datadog's own default, or the fields of a monitor."""
