"""The extra ``notebook``: JupyterLab is there, and a kernel of its own runs cells with caldframe in them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_CELL = """
import caldframe as cf
from tqdm.auto import tqdm
frames = cf.load_campaign({sample!r})
list(tqdm(["a bar of ipywidgets"]))
cf.plots.outcome_rates(cf.outcome_rates(frames.calls))
frames
"""


def main() -> None:
    """Run a notebook as JupyterLab would, and look at what it shows."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "one",
        "metadata": {},
        "outputs": [],
        "source": _CELL.format(sample=sys.argv[1]),
    }
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    Path("one.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    for arguments in (["lab", "--version"], ["nbconvert", "--to", "notebook", "--execute", "one.ipynb"]):
        subprocess.run([sys.executable, "-m", "jupyter", *arguments], check=True)  # noqa: S603
    shown = Path("one.nbconvert.ipynb").read_text(encoding="utf-8")
    for kind in ("image/png", "text/html", "application/vnd.jupyter.widget-view+json"):
        assert kind in shown, kind


if __name__ == "__main__":
    main()
