"""What monitoring systems measured and a person saved: tables and Prometheus answers, as series with our own names for
signals."""
