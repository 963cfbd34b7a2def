"""The frozen base of every noun: one definition for the API, the store, the events and the model."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict


class Model(BaseModel, frozen=True, extra="forbid"):
    """Values: equal when their fields are, and usable as keys."""


class SettingsSection(BaseModel):
    """A part of the settings. A name that is not known is refused: what was meant would silently not be set."""

    model_config = ConfigDict(extra="forbid")

    def credentials(self) -> Iterable[str]:
        """Texts that are not typed as secrets and must not be repeated either."""
        return ()
