"""Four Arrow tables to Parquet and CSV and back, and to Excel; the only room that knows file formats."""

from __future__ import annotations

from caldframe.export.csv_files import read_csv, write_csv
from caldframe.export.excel_files import WORKBOOK, check_excel, write_excel
from caldframe.export.files import write_files
from caldframe.export.fitting import MisfitError, MissingColumnError, fit_table
from caldframe.export.parquet_files import open_parquet, read_parquet, write_parquet
from caldframe.export.sealed import BrokenSealError, seal_parquet, unseal_parquet

__all__ = [
    "WORKBOOK",
    "BrokenSealError",
    "MisfitError",
    "MissingColumnError",
    "check_excel",
    "fit_table",
    "open_parquet",
    "read_csv",
    "read_parquet",
    "seal_parquet",
    "unseal_parquet",
    "write_csv",
    "write_excel",
    "write_files",
    "write_parquet",
]
