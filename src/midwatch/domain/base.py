"""The frozen base class of all domain objects: one definition for the API, the store, the events and the model."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict


class Model(BaseModel, frozen=True, extra="forbid"):
    """A value: equal when its fields are equal, usable as a key."""


class SettingsSection(BaseModel):
    """A section of the settings. Unknown names are refused: the intended setting would silently not be set."""

    model_config = ConfigDict(extra="forbid")

    def credentials(self) -> Iterable[str]:
        """Secret texts of this section that are not typed as secrets and must not be repeated either."""
        return ()
