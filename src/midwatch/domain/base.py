"""The frozen base of every noun: one definition for the API, the store, the events and the model."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
