"""The pictures of the documentation are what its charts look like."""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path
from typing import Any

from charts import CHARTS
from matplotlib.testing.compare import compare_images

DOCS = Path(__file__).parents[1] / "docs"
_SPECIFICATION = importlib.util.spec_from_file_location("make_gallery", DOCS / "make_gallery.py")
assert _SPECIFICATION is not None
assert _SPECIFICATION.loader is not None
make_gallery: Any = importlib.util.module_from_spec(_SPECIFICATION)
_SPECIFICATION.loader.exec_module(make_gallery)


def test_the_pictures_are_up_to_date(tmp_path: Path) -> None:
    """Letters may lie a little differently with another version of FreeType; nothing else may."""
    made = make_gallery.draw_gallery(tmp_path)
    for path in made:
        kept = DOCS / path.relative_to(tmp_path)
        assert kept.exists(), f"{kept.name} is missing: run docs/make_gallery.py"
        difference = compare_images(str(kept), str(path), tol=8)
        assert difference is None, f"{difference}\nrun docs/make_gallery.py"


def test_every_chart_is_in_the_gallery() -> None:
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    for chart in CHARTS.values():
        assert f"cf.plots.{partial(chart.draw).func.__name__}(" in page


def test_every_picture_is_shown_and_small() -> None:
    pages = "".join(
        path.read_text(encoding="utf-8") for path in [*DOCS.glob("*.md"), DOCS.parent / "README.md"]
    )
    pictures = sorted((DOCS / "images").iterdir())
    assert all(f"images/{picture.name})" in pages for picture in pictures)
    assert max(picture.stat().st_size for picture in pictures) < 40_000
    assert sum(picture.stat().st_size for picture in pictures) < 600_000
