"""Charts look as they did when somebody last looked at them.

After a change that is meant: pytest tests/test_plots_images.py --mpl-generate-path=tests/baseline, and look.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from charts import CHARTS, draw, sample_frames, sample_table
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure, SubFigure

BASELINE = Path(__file__).with_name("baseline")
HOSTILE = ["$5 offer$ and $x^2$", "<b>bold</b>", "two\nlines", "long " * 40, "שלום"]


@pytest.fixture(scope="module", autouse=True)
def _small(pytestconfig: pytest.Config) -> Iterator[None]:
    """Keep pictures that are generated small: a chart has few colours."""
    yield
    for path in Path(pytestconfig.getoption("mpl_generate_path") or "none there").glob("*.png"):
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 70})
def test_chart(name: str) -> Figure | SubFigure:
    return CHARTS[name].draw(sample_table(name)).figure


@pytest.mark.parametrize("name", ["outcome_rates_grouped", "length_ecdf_grouped", "compare_outcomes"])
@pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 70})
def test_chart_of_hostile_names(name: str) -> Figure | SubFigure:
    frames = sample_frames()
    names = pd.Series(HOSTILE, dtype="str").take(range(5)).tolist() * 24
    return draw(name, replace(frames, calls=frames.calls.assign(group=names))).figure


def test_pictures_are_compared_and_small(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("mpl_generate_path"):
        pytest.skip("they are being made")
    assert pytestconfig.getoption("mpl")
    sizes = {path.name: path.stat().st_size for path in BASELINE.iterdir()}
    assert len(sizes) == len(CHARTS) + 3
    assert max(sizes.values()) < 30_000
