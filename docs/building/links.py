"""How links of the pages become links of the site.

The pages are read in two places: on the site, and as they are beside the code. So they link to files outside
of docs/ as files. On the site some of these files are pages, and the others are named.
"""
# ruff: noqa: INP001 - part of a script, not of a package

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Files outside of docs/ that are pages of the site.
OUTSIDE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "reporting.md",
    "data/data-dictionary.md": "data-dictionary.md",
}
# Files that are no pages, and the pages that say what they say.
INSTEAD = {"README.md": "index.md"}

_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>[^)#:\s]+)(?P<anchor>#[^)\s]*)?\)")


def site_links(text: str, source: str) -> str:
    """Turn the links of a page, which are as for a reader of the file, to what they mean on the site.

    Parameters
    ----------
    text : str
        The page, as Markdown.
    source : str
        Its file, from the root of the project.

    Returns
    -------
    str
        The same page. What is neither a page nor a picture is named by its path, without a link.
    """
    here = _site_path(source)

    def turned(link: re.Match[str]) -> str:
        path = _normal(PurePosixPath(source).parent / link["target"])
        there = _site_path(path)
        if there is None:
            return f"{link['text']} (`{path}`)" if link["text"].strip("`") != path else f"`{path}`"
        return f"[{link['text']}]({_relative(there, here or '')}{link['anchor'] or ''})"

    return _outside_of_code(text, lambda prose: _LINK.sub(turned, prose))


def _site_path(path: str) -> str | None:
    if path in OUTSIDE | INSTEAD:
        return (OUTSIDE | INSTEAD)[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else None


def _relative(there: str, here: str) -> str:
    return "../" * here.count("/") + there


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _outside_of_code(text: str, change: Callable[[str], str]) -> str:
    """Change what is not in a block of code."""
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else change(part) for part in parts)
