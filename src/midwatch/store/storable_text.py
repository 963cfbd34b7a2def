"""Outside text in a form that both databases store."""

import json
import re
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from midwatch.kit.storable import MARK, storable, storable_tree

_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def to_json(model: BaseModel, exclude: set[str] | None = None) -> str:
    """A domain object as JSON, storable throughout: without NUL, so that PostgreSQL can query the JSON as well."""
    try:
        text = model.model_dump_json(exclude=exclude)
    except (PydanticSerializationError, UnicodeEncodeError):
        text = type(model).model_validate(storable_tree(model.model_dump())).model_dump_json(exclude=exclude)
    return _ESCAPED_NUL.sub(r"\1" + MARK, text) if "u0000" in text else text


def text_of(value: Any) -> str:
    """A plain value as storable JSON."""
    return storable(json.dumps(storable_tree(value), sort_keys=True, ensure_ascii=False))
