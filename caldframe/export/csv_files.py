"""Four Arrow tables to CSV files and back: no cell runs as a formula, null and empty text stay apart."""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from caldframe.export.cells import is_text, plain, refuse_nested
from caldframe.export.files import read_tables, write_files
from caldframe.schema import TABLES, TEXT, arrow_schema

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from caldframe.schema import Tables

# What a spreadsheet would run, or would if it dropped what it does not show: LibreOffice drops NUL and runs
# the rest. Text that has apostrophes in front of such a beginning gets one more, so that taking one off is
# right for every text.
_FORMULA: Final = r"(?:[\t\r\n]|[^\p{L}\p{M}\p{N}\p{P}\p{S}]*[=+\-@＝＋－＠])"  # noqa: RUF001 - full-width signs
_TO_NEUTRALISE: Final = rf"\A('*{_FORMULA})"
_NEUTRALISED: Final = rf"\A'('*{_FORMULA})"

_BLOCK_BYTES: Final = 2**23
_LARGEST_BLOCK_BYTES: Final = 2**31 - 1


def write_csv(
    tables: Tables,
    directory: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    spreadsheet_safe: bool = True,
) -> list[Path]:
    """Write four tables as CSV files: UTF-8, commas, every text in quotes, an empty cell for null.

    Times are in UTC, as ``2026-03-02 14:05:00.000000Z``; lengths of time are in seconds.

    Parameters
    ----------
    tables : Tables
        The tables; columns that the schema does not name are written too.
    directory : str or path
        The folder to write into; made if it is not there.
    overwrite : bool, default False
        Whether files that are there already are replaced.
    spreadsheet_safe : bool, default True
        Whether text that a spreadsheet would run as a formula gets an apostrophe in front.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of the tables.

    Raises
    ------
    OutputExistsError
        If one of the files is there and `overwrite` is False; nothing is written then.
    ExportError
        If a column of your own has a type that CSV cannot hold, or a file cannot be written.
    """
    contents: dict[str, Callable[[BinaryIO], None]] = {}
    for name, table in tables.as_dict().items():
        refuse_nested(table, name, "a CSV file")
        contents[f"{name}.csv"] = partial(_write, table=table, spreadsheet_safe=spreadsheet_safe)
    return write_files(Path(directory), contents, overwrite=overwrite)


def read_csv(directory: str | os.PathLike[str], *, spreadsheet_safe: bool = True) -> Tables:
    """Read the tables that `write_csv` wrote.

    Parameters
    ----------
    directory : str or path
        The folder with the four files.
    spreadsheet_safe : bool, default True
        What the files were written with: whether apostrophes in front of formulas are taken off.

    Returns
    -------
    Tables
        The tables. Columns that the schema does not name get the type that their text suggests.

    Raises
    ------
    ExportError
        If a file is missing, is not CSV, or does not fit the schema.
    """
    return read_tables(Path(directory), "csv", partial(_read, spreadsheet_safe=spreadsheet_safe))


def _write(file: BinaryIO, *, table: pa.Table, spreadsheet_safe: bool) -> None:
    cells = [plain(values) for values in table.columns]
    names = table.column_names
    if spreadsheet_safe:
        cells = [_apostrophe_added(values) if is_text(values.type) else values for values in cells]
        names = [str(name) for name in _apostrophe_added(pa.chunked_array([names], TEXT))]
    pa_csv.write_csv(pa.Table.from_arrays(cells, names=names), file)


def _apostrophe_added(values: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    return pc.replace_substring_regex(values, _TO_NEUTRALISE, r"'\1", max_replacements=1)


def _apostrophe_taken_off(values: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    return pc.replace_substring_regex(values, _NEUTRALISED, r"\1", max_replacements=1)


def _read(path: Path, *, spreadsheet_safe: bool) -> pa.Table:
    table = _parsed(path)
    if not spreadsheet_safe:
        return table
    names = [str(name) for name in _apostrophe_taken_off(pa.chunked_array([table.column_names], TEXT))]
    cells = [_apostrophe_taken_off(values) if is_text(values.type) else values for values in table.columns]
    return pa.Table.from_arrays(cells, names=names)


def _parsed(path: Path) -> pa.Table:
    try:
        try:
            return _parsed_in_blocks(path, _BLOCK_BYTES)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
            # A row is longer than a block.
            return _parsed_in_blocks(path, min(path.stat().st_size, _LARGEST_BLOCK_BYTES))
    except pa.ArrowInvalid as error:
        raise pa.ArrowInvalid(_with_column_name(str(error), path)) from error


def _parsed_in_blocks(path: Path, block_bytes: int) -> pa.Table:
    types = {field.name: field.type for field in arrow_schema(TABLES[path.stem])}
    return pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(block_size=block_bytes),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _with_column_name(message: str, path: Path) -> str:
    """Say `column 'turns'` where Arrow counts columns."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file, suppress(csv.Error):
        header = dict(enumerate(next(csv.reader(file), [])))
        return re.sub(
            r"CSV column #(\d+)",
            lambda number: f"column {header.get(int(number[1]), number[1])!r}",
            message,
        )
    return message
