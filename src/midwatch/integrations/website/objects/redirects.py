"""How a redirect is written down in a probe."""

LEAVES_HTTPS = "(leaves https)"
