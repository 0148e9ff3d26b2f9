"""The extra ``report``: one page of HTML about a campaign, charts in it."""

from __future__ import annotations

import sys
from pathlib import Path

import caldframe as cf


def main() -> None:
    """Write the page."""
    cf.report(cf.load_campaign(sys.argv[1]), "report.html")
    page = Path("report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<svg" in page


if __name__ == "__main__":
    main()
