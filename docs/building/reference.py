"""The pages of the API reference: every public name, grouped by the room where it lives.

They are made from the sources as text, so that the site can be built where caldframe is not installed.
"""
# ruff: noqa: INP001 - part of a script, not of a package

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = Path(__file__).parents[2] / "caldframe"

TITLES = {
    "fetch": "Fetching",
    "client": "The client",
    "frames": "Tables and files",
    "archive": "The archive",
    "outcomes": "How calls ended",
    "lengths": "How long they lasted",
    "reach": "Reaching people",
    "timing": "When to call",
    "conversation": "What was said",
    "compare": "Comparing",
    "contacts": "Contacts",
    "cost": "Cost",
    "quality": "Is the data right?",
    "phone": "Phone numbers",
    "privacy": "Before you share",
    "plots": "Charts",
    "reports": "The report",
    "sandbox": "The sandbox",
    "errors": "Errors",
}


class ReferencePage(NamedTuple):
    """One page of the reference, of one module."""

    path: str
    title: str
    text: str


def reference_pages() -> list[ReferencePage]:
    """Give a page for each module that has public names, in the order of `TITLES`, others behind."""
    homes: dict[str, list[str]] = {}
    for name, module in _assigned(PACKAGE / "__init__.py", "_HOMES").items():
        homes.setdefault(module, []).append(f"caldframe.{name}")
    for module in _assigned(PACKAGE / "__init__.py", "_MODULES"):
        names = _assigned(_source_of(f"caldframe.{module}"), "__all__")
        homes[f"caldframe.{module}"] = [f"caldframe.{module}.{name}" for name in names]
    order = list(TITLES)
    pages = [_page(module, names) for module, names in homes.items()]
    return sorted(pages, key=lambda page: (page.title not in TITLES.values(), _place(page, order)))


def _page(module: str, names: list[str]) -> ReferencePage:
    room = module.rpartition(".")[2]
    title = TITLES.get(room, room.replace("_", " ").capitalize())
    parts = [f"# {title}", f"In `{module}`. {_described(module)}", *(f"::: {name}" for name in names)]
    return ReferencePage(f"reference/{room}.md", title, "\n\n".join(parts) + "\n")


def _place(page: ReferencePage, order: list[str]) -> int:
    room = Path(page.path).stem
    return order.index(room) if room in order else len(order)


def _described(module: str) -> str:
    """Give what the module says of itself; a drawing in it stands indented, as Markdown wants it too."""
    document = ast.get_docstring(ast.parse(_source_of(module).read_text(encoding="utf-8"))) or ""
    return re.sub(r"^::\n", "", document, flags=re.MULTILINE)


def _source_of(module: str) -> Path:
    path = PACKAGE.parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _assigned(path: Path, name: str) -> Any:
    """Give the literal that a module assigns to a name."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise LookupError(f"{path} assigns no literal to {name}")
