"""The frozen base of every noun: one definition for the API, the store, the events and the model."""

from pydantic import BaseModel


class Model(BaseModel, frozen=True, extra="forbid"):
    """Values: equal when their fields are, and usable as keys."""
