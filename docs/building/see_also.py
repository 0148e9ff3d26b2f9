"""Links in the "See Also" sections of docstrings, which mkdocstrings would show as plain text."""
# ruff: noqa: INP001 - loaded by mkdocstrings, not part of a package

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_SECTION = re.compile(r"^See Also\n-+\n(?P<lines>.*?)(?=^\w[\w ]*\n-+$|\Z)", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^(?P<name>[\w.]+) : (?P<text>.*(?:\n[ ]+.*)*)$", re.MULTILINE)


class SeeAlso(Extension):  # type: ignore[misc] # as far as the types here know, it could be anything
    """Write each line of the section as an entry of a list that begins with a link."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of one object, before it is parsed."""
        if obj.docstring:
            near = obj.parent if obj.parent is not None and obj.parent.is_class else None

            def linked(section: re.Match[str]) -> str:
                entries = _LINE.sub(lambda line: _entry(line, near), section["lines"])
                return f"See Also\n--------\n{entries}"

            obj.docstring.value = _SECTION.sub(linked, obj.docstring.value)


def _entry(line: re.Match[str], near: Object | None) -> str:
    """Write a line that names a public object, or, in a method's docstring, another method of its class."""
    name = line["name"]
    if near is not None and name in near.members:
        target = f"caldframe.{near.name}.{name}"
    else:
        target = f"caldframe.{name.removeprefix('caldframe.')}"
    return f"- [`{name}`][{target}]: {' '.join(line['text'].split())}"
