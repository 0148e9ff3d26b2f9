"""Draw the pictures of docs/architecture.md from the imports in the code.

Run it after a change of what imports what: python docs/make_architecture.py
"""
# ruff: noqa: INP001 - a script, not part of a package

from __future__ import annotations

import ast
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "caldframe"
IMAGES = ROOT / "docs" / "images"

_FRONT_DOOR = "__init__"  # it names every room, lazily, and so tells nothing
_BOX_WIDTH, _BOX_HEIGHT, _GAP, _FLOOR_HEIGHT, _LEFT = 92, 30, 6, 96, 60
_CELL, _NAMES = 19, 112
_INK, _LINE, _PAPER = "#1b1b1b", "#1f4e79", "#eaf1f8"
_FONT = "font-family='system-ui, sans-serif'"


def floors() -> dict[str, int]:
    """Give the floor of each room, as tests/test_architecture.py has it."""
    tests = ast.parse((ROOT / "tests" / "test_architecture.py").read_text(encoding="utf-8"))
    for node in tests.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS":
            return dict(ast.literal_eval(node.value))
    raise LookupError("tests/test_architecture.py has no FLOORS")


def rooms_imported() -> dict[str, set[str]]:
    """Give the rooms that each room imports, wherever in its modules the import stands."""
    rooms: dict[str, set[str]] = {room: set() for room in floors() if room != _FRONT_DOOR}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if room in rooms:
            rooms[room] |= _imported_by(path) & rooms.keys() - {room}
    return rooms


def _imported_by(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.split(".")[1] for name in names if name.startswith("caldframe.")}


def drawn_floors() -> str:
    """Draw the rooms on their floors. A line is an import; what also follows from two others is left out."""
    level, imports = floors(), rooms_imported()
    places = _places(level, imports)
    width = _LEFT + max(x for x, _ in places.values()) + _BOX_WIDTH + _GAP
    height = (max(level.values()) + 1) * _FLOOR_HEIGHT - _FLOOR_HEIGHT + _BOX_HEIGHT + 2 * _GAP
    parts = [_opening(width, height, "The rooms of caldframe on their floors, and what each imports")]
    for floor in sorted(set(level.values())):
        y = height - _GAP - floor * _FLOOR_HEIGHT - _BOX_HEIGHT
        parts.append(_text(f"floor {floor}", f"x='4' y='{y + 20}'"))
    for room, below in imports.items():
        shown = sorted(below - _reached_through(below, imports))
        parts += [_arrow(places[room], places[other], height) for other in shown]
    for room in imports:
        x, y = _LEFT + places[room][0], height - _GAP - places[room][1] - _BOX_HEIGHT
        parts.append(_rectangle(x, y, _BOX_WIDTH, _BOX_HEIGHT, f"fill='{_PAPER}' stroke='{_LINE}' rx='5'"))
        parts.append(_text(room, f"x='{x + _BOX_WIDTH // 2}' y='{y + 19}' text-anchor='middle'"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _places(level: dict[str, int], imports: dict[str, set[str]]) -> dict[str, tuple[int, int]]:
    """Give each room its place from the left and its height, near to what it imports, for short lines."""
    widest = max(
        sum(other == floor for room, other in level.items() if room in imports) for floor in level.values()
    )
    step = _BOX_WIDTH + _GAP
    places: dict[str, tuple[int, int]] = {}
    for floor in sorted(set(level.values())):
        here = [room for room in imports if level[room] == floor]
        here.sort(key=lambda room: (_middle(imports[room], places), room))
        left = (widest - len(here)) * step / 2
        for number, room in enumerate(here):
            places[room] = (round(left + number * step), floor * _FLOOR_HEIGHT)
    return places


def _middle(rooms: set[str], places: dict[str, tuple[int, int]]) -> float:
    there = [places[room][0] for room in rooms if room in places]
    return sum(there) / len(there) if there else 0


def _reached_through(rooms: set[str], imports: dict[str, set[str]]) -> set[str]:
    """Give the rooms that are imported by these rooms, or by rooms that they import."""
    reached: set[str] = set()
    waiting = [other for room in rooms for other in imports[room]]
    while waiting:
        room = waiting.pop()
        if room not in reached:
            reached.add(room)
            waiting += imports[room]
    return reached


def _arrow(upper: tuple[int, int], lower: tuple[int, int], height: int) -> str:
    x, y = _LEFT + upper[0] + _BOX_WIDTH // 2, height - _GAP - upper[1]
    to_x, to_y = _LEFT + lower[0] + _BOX_WIDTH // 2, height - _GAP - lower[1] - _BOX_HEIGHT
    bend = (to_y - y) // 2
    return (
        f"<path d='M{x} {y}C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}' fill='none' stroke='{_LINE}' "
        "stroke-opacity='0.55'/>"
    )


def drawn_imports() -> str:
    """Draw a table of all imports: a dot where the room of the line imports that of the column."""
    level, imports = floors(), rooms_imported()
    order = sorted(imports, key=lambda room: (-level[room], list(level).index(room)))
    size = _NAMES + _CELL * len(order) + _GAP
    parts = [_opening(size, size, "Which room of caldframe imports which, one dot each")]
    for number, room in enumerate(order):
        at = _NAMES + number * _CELL
        middle = at + _CELL // 2
        shade = _PAPER if level[room] % 2 else "#ffffff"
        upwards = f"transform='translate({middle + 4} {_NAMES - 6}) rotate(-90)'"
        parts += [
            _rectangle(_NAMES, at, _CELL * len(order), _CELL, f"fill='{shade}'"),
            _text(room, f"x='{_NAMES - 6}' y='{middle + 4}' text-anchor='end'"),
            _text(room, upwards),
            _rectangle(at + 6, at + 6, _CELL - 12, _CELL - 12, "fill='#c8c8c8'"),
        ]
    for line, room in enumerate(order):
        for column, other in enumerate(order):
            if other in imports[room]:
                x, y = (_NAMES + place * _CELL + _CELL // 2 for place in (column, line))
                parts.append(f"<circle cx='{x}' cy='{y}' r='5' fill='{_LINE}'/>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(text: str, attributes: str) -> str:
    return f"<text {attributes} {_FONT} font-size='12' fill='{_INK}'>{escape(text)}</text>"


def _rectangle(x: int, y: int, width: int, height: int, attributes: str) -> str:
    return f"<rect x='{x}' y='{y}' width='{width}' height='{height}' {attributes}/>"


def _opening(width: int, height: int, title: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
        f"height='{height}' role='img'>\n<title>{escape(title)}</title>\n"
        f"<rect width='{width}' height='{height}' fill='#ffffff'/>"
    )


DRAWINGS = {"floors.svg": drawn_floors, "imports.svg": drawn_imports}

if __name__ == "__main__":
    for name, drawn in DRAWINGS.items():
        (IMAGES / name).write_text(drawn(), encoding="utf-8", newline="\n")
