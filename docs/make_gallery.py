"""Draw the pictures of docs/gallery.md by running its blocks, so that page and pictures cannot differ.

Run it after a change of the charts: python docs/make_gallery.py
"""
# ruff: noqa: INP001 - a script, not part of a package

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

GALLERY = Path(__file__).with_name("gallery.md")

_STEP = re.compile(r"^```python\n(?P<code>(?s:.*?))^```$|^!\[.*\]\((?P<picture>.*)\)$", re.MULTILINE)
_DOTS_PER_INCH = 110
_COLORS = 96  # as many as a chart needs, and a third of the bytes


def draw_gallery(folder: Path) -> list[Path]:
    """Run the page's blocks, and save under its name what stood drawn where a picture follows."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with plt.style.context("default"):
        return list(_draw(folder, names))


def _draw(folder: Path, names: dict[str, Any]) -> Iterator[Path]:
    for step in _STEP.finditer(GALLERY.read_text(encoding="utf-8")):
        if step["code"]:
            exec(compile(step["code"], str(GALLERY), "exec"), names)  # noqa: S102 - our own page
            continue
        path = folder / step["picture"]
        path.parent.mkdir(parents=True, exist_ok=True)
        plt.gcf().savefig(path, dpi=_DOTS_PER_INCH)
        plt.close("all")
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        yield path


if __name__ == "__main__":
    for made in draw_gallery(GALLERY.parent):
        sys.stdout.write(f"{made}\n")
