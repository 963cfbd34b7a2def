"""Websites and APIs: availability, latency, certificates, and the services behind them."""
