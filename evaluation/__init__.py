"""Measures Midwatch on public data sets, read in place from a folder that is given. Nothing of them is part of the
product."""
