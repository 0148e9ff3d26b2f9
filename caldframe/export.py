"""Four Arrow tables to Parquet and CSV and back; the only room that knows file formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from caldframe.schema import Tables


def write_parquet(
    tables: Tables, directory: str | os.PathLike[str], *, overwrite: bool = False
) -> list[Path]:
    raise RuntimeError


def read_parquet(directory: str | os.PathLike[str]) -> Tables:
    raise RuntimeError


def write_csv(
    tables: Tables,
    directory: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    spreadsheet_safe: bool = True,
) -> list[Path]:
    raise RuntimeError


def read_csv(directory: str | os.PathLike[str], *, spreadsheet_safe: bool = True) -> Tables:
    raise RuntimeError
