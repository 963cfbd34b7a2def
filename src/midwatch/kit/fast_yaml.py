"""Fast reader for YAML that is a plain tree (maps with plain keys, lists and values), in half the library's time."""

from typing import Any

import yaml

_VALUES = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))


class _NotPlain(Exception):
    """Anchors, tags, merges, keys of several values, several documents."""


class TreeLoader(yaml.CSafeLoader):
    """The safe loader, which can also build a plain tree straight from the parser's events."""

    def tree(self) -> Any:
        """The value of the document. Raises _NotPlain, and the library's errors."""
        for expected in (yaml.StreamStartEvent, yaml.DocumentStartEvent):
            self._next(expected)
        value = self._value(self.get_event())
        for expected in (yaml.DocumentEndEvent, yaml.StreamEndEvent):
            self._next(expected)
        return value

    def _next(self, expected: type[yaml.Event]) -> None:
        if not isinstance(self.get_event(), expected):
            raise _NotPlain

    def _value(self, event: Any) -> Any:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
            raise _NotPlain
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        return self._map() if isinstance(event, yaml.MappingStartEvent) else self._list()

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        text: str = event.value
        if event.implicit[0]:
            for tag, pattern in self.yaml_implicit_resolvers.get(text[:1], ()):
                if pattern.match(text):
                    if tag not in _VALUES:
                        raise _NotPlain
                    return self.yaml_constructors[tag](self, yaml.ScalarNode(tag, text))
        return text

    def _map(self) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        while not isinstance(key := self.get_event(), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise _NotPlain
            found[self._value(key)] = self._value(self.get_event())
        return found

    def _list(self) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := self.get_event(), yaml.SequenceEndEvent):
            found.append(self._value(event))
        return found


def load(text: str, loader: type[TreeLoader] = TreeLoader) -> Any:
    """The value of a one-document text. Anything else than a plain tree, and invalid YAML, goes to the library, whose
    errors are raised."""
    try:
        return loader(text).tree()
    except (_NotPlain, yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError):
        return yaml.load(text, loader)  # noqa: S506  a safe loader
