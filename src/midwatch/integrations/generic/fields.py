"""Candidate fields of an alert of unknown shape: fields.yaml."""

from functools import cache
from importlib.resources import files

import yaml


@cache
def usual() -> dict[str, list[str]]:
    return yaml.load(
        files("midwatch.integrations.generic").joinpath("fields.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
