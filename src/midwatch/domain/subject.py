from midwatch.domain.base import Model


class Subject(Model, frozen=True):
    """An object that can be faulty: a Pod, a Service, a node, a gateway."""

    kind: str
    name: str
    namespace: str = ""
    container: str = ""

    def __eq__(self, other: object) -> bool:
        """Same result as the model's own, several times faster: subjects are the keys of all propagation."""
        return self.__dict__ == other.__dict__ if isinstance(other, Subject) else NotImplemented

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"

    @property
    def object(self) -> "Subject":
        """The object itself, without the container inside it."""
        return self.model_copy(update={"container": ""}) if self.container else self
