"""Speed, memory and load, measured on whole processes; never part of the tests, because machines are noisy."""
