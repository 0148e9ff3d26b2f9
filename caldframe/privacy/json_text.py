"""Values to JSON text that a column can hold."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["to_json"]


def to_json(value: Any) -> str:
    """Write a value that was read from JSON as JSON again.

    Examples
    --------
    >>> to_json({"plan": "gold", "seats": [1, None]})
    '{"plan":"gold","seats":[1,null]}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half of a UTF-16 pair, which no column of text can hold, can be in it as an escape.
        return json.dumps(value, separators=(",", ":"))
    return text
