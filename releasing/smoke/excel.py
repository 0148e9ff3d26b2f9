"""The extra ``excel``: a workbook with a sheet for each table."""

from __future__ import annotations

import sys
import zipfile

import caldframe as cf


def main() -> None:
    """Write the workbook."""
    path = cf.load_campaign(sys.argv[1]).to_excel("tables.xlsx")
    with zipfile.ZipFile(path) as workbook:
        sheets = [name for name in workbook.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 5, sheets  # noqa: PLR2004 - the four tables, and what their columns hold


if __name__ == "__main__":
    main()
