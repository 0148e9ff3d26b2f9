"""Four Arrow tables to an Excel workbook, a sheet for each: text stays text, times are times."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

from caldframe.errors import ExportError, MissingExtraError
from caldframe.export.cells import is_text, plain, refuse_nested
from caldframe.export.excel_cells import LONGEST_TEXT, MOST_DIGITS, Cell, cells_of, count_parts, split_text
from caldframe.export.files import write_files
from caldframe.schema import TABLES

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from caldframe.schema import Tables

WORKBOOK: Final = "tables.xlsx"
"""What a workbook is called where only its folder is given."""

_ENDING: Final = ".xlsx"
_MOST_ROWS: Final = 1_048_576  # of a sheet, its header among them
_MOST_COLUMNS: Final = 16_384
_EVERYWHERE: Final = "A1:XFD1048576"
_ROWS_AT_ONCE: Final = 10_000

_NARROWEST: Final = 8  # characters
_WIDEST: Final = 60
_FILTER_BUTTON: Final = 4
_WIDTH_OF_TIMES: Final = 27

_TIME: Final = "yyyy-mm-dd hh:mm:ss.000"
_TIME_IN_UTC: Final = f'{_TIME} "UTC"'
_DATE: Final = "yyyy-mm-dd"

# XlsxWriter takes text that begins so for XML of its own and writes it as it is, and of two escapes that
# share an underscore it writes one wrongly. In pieces, which Excel shows as one text, neither happens.
_MISREAD: Final = re.compile(r"\A<r>|_x[0-9A-Fa-f]{4}_")
_PIECES: Final = re.compile(r"\A<|.*?_x|.+", re.DOTALL)
_NO_CHARACTERS: Final = str.maketrans({"\ufffe": "\ufffd", "\uffff": "\ufffd"})  # no XML may have them


def write_excel(tables: Tables, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write four tables as one Excel workbook, a sheet for each, behind one that explains the columns.

    Parameters
    ----------
    tables : Tables
        The tables; columns that the schema does not name are written too.
    path : str or path
        The file, which ends in ``.xlsx``; its folder is made if it is not there.
    overwrite : bool, default False
        Whether a file that is there already is replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    MissingExtraError
        If XlsxWriter is not installed.
    OutputExistsError
        If the file is there and `overwrite` is False.
    ExportError
        If `path` ends otherwise, a column of your own has a type that a cell cannot hold, a table has more
        columns than a sheet, or the file cannot be written.
    """
    check_excel()
    file = Path(path)
    if file.suffix.lower() != _ENDING:
        raise ExportError(
            f"{file} is no name of a workbook. Give a file that ends in {_ENDING}, as {WORKBOOK}."
        )
    sheets = {}
    for name, table in tables.as_dict().items():
        refuse_nested(table, name, "a workbook")
        sheets[name] = _columns(table, name)
    return write_files(
        file.parent, {file.name: partial(_write, sheets=sheets, tables=tables)}, overwrite=overwrite
    )[0]


def check_excel() -> None:
    """Raise `MissingExtraError` if workbooks cannot be written here."""
    _xlsxwriter()


def _xlsxwriter() -> Any:
    try:
        import xlsxwriter  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError("xlsxwriter", "excel") from error
    return xlsxwriter


@dataclass(frozen=True)
class _Column:
    """A column of a sheet, or several side by side where its texts are too long for one."""

    name: str
    values: pa.ChunkedArray[Any]
    parts: int

    @property
    def titles(self) -> list[str]:
        return [self.name, *(f"{self.name} ({part})" for part in range(2, self.parts + 1))]

    @property
    def number_format(self) -> str | None:
        data_type = self.values.type
        if pa.types.is_timestamp(data_type):
            return _TIME if data_type.tz is None else _TIME_IN_UTC
        return _DATE if pa.types.is_date(data_type) else None

    @property
    def width(self) -> int:
        longest = _NARROWEST
        if is_text(self.values.type):
            longest = pc.max(pc.utf8_length(self.values)).as_py() or 0
        elif pa.types.is_timestamp(self.values.type):
            longest = _WIDTH_OF_TIMES
        return min(max(longest, len(self.titles[-1]) + _FILTER_BUTTON, _NARROWEST), _WIDEST)


def _columns(table: pa.Table, name: str) -> list[_Column]:
    columns = []
    for title, values in zip(table.column_names, map(plain, table.columns), strict=True):
        columns.append(_Column(title, values, count_parts(values)))
        if len(split_text(columns[-1].titles[-1])) > 1:
            raise ExportError(
                f"A column of the {name} table has a name of {len(title):,} characters, more than the "
                f"{LONGEST_TEXT:,} of a cell. Give it a shorter name."
            )
    wanted = sum(column.parts for column in columns)
    if wanted > _MOST_COLUMNS:
        raise ExportError(
            f"The {name} table needs {wanted:,} columns, more than the {_MOST_COLUMNS:,} of a sheet. Leave "
            f"some of your own out, or write Parquet."
        )
    return columns


def _write(file: BinaryIO, *, sheets: dict[str, list[_Column]], tables: Tables) -> None:
    xlsxwriter = _xlsxwriter()
    content = io.BytesIO()
    failed: OSError | None = None
    with TemporaryDirectory() as folder:
        # Rows wait in files of that folder until the workbook is put together.
        options = {"constant_memory": True, "tmpdir": folder, "use_zip64": True}
        workbook = xlsxwriter.Workbook(content, options)
        try:
            writer = _Writer(workbook)
            writer.write_explanation(sheets, tables)
            for name, columns in sheets.items():
                writer.write_table(name, columns, tables.as_dict()[name].num_rows)
            workbook.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            # Raised below, for here it would keep the half-made archive alive until `content` is gone.
            failed = OSError(*error.args[0].args)
        finally:
            for sheet in workbook.worksheets():
                with suppress(OSError):
                    sheet.row_data_fh.close()
    if failed is not None:
        raise failed
    file.write(content.getbuffer())


class _Writer:
    """Writes sheets into a workbook, row after row."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        # Text stays text also when somebody edits the cell.
        as_text = {"num_format": "@", "quote_prefix": True, "valign": "top"}
        self._text = workbook.add_format(as_text)
        self._title = workbook.add_format({**as_text, "bold": True, "bottom": 1})
        self._plain = workbook.add_format({"valign": "top"})

    def write_explanation(self, sheets: dict[str, list[_Column]], tables: Tables) -> None:
        """Write the first sheet: how to read the others, and what each column holds."""
        sheet = self._workbook.add_worksheet("about")
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 1, 22)
        sheet.set_column(2, 2, 80)
        row = 0
        for line in _notes(tables):
            self._write_text(sheet, row, 0, line, self._title if row == 0 else self._text)
            row += 1
        row += 1
        for place, title in enumerate(("sheet", "column", "what it holds")):
            self._write_text(sheet, row, place, title, self._title)
        for name, columns in sheets.items():
            meanings = {column.name: column.meaning for column in TABLES[name]}
            for column in columns:
                row += 1
                meaning = meanings.get(column.name, "a column of your own").replace("`", "")
                for place, text in enumerate((name, column.name, meaning)):
                    self._write_text(sheet, row, place, text, self._text)

    def write_table(self, name: str, columns: list[_Column], rows: int) -> None:
        """Write a table into a sheet, and on into further ones where it has more rows than a sheet."""
        most = _MOST_ROWS - 1
        for number, start in enumerate(range(0, max(rows, 1), most), 1):
            sheet = self._workbook.add_worksheet(name if number == 1 else f"{name} {number}")
            self._write_rows(sheet, columns, start, min(start + most, rows))

    def _write_rows(self, sheet: Any, columns: list[_Column], start: int, end: int) -> None:
        formats: list[Any] = []
        for column in columns:
            at = len(formats)
            sheet.set_column(at, at + column.parts - 1, column.width)
            number_format = column.number_format
            cell_format = self._plain
            if number_format is not None:
                cell_format = self._workbook.add_format({"num_format": number_format, "valign": "top"})
            formats += [cell_format] * column.parts
        titles = [title for column in columns for title in column.titles]
        for place, title in enumerate(titles):
            self._write_text(sheet, 0, place, title, self._title)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, end - start, len(titles) - 1)
        sheet.ignore_errors({"number_stored_as_text": _EVERYWHERE})  # phone numbers are no mistake
        for row, cells in enumerate(_rows(columns, start, end), 1):
            self._write_row(sheet, row, cells, formats)

    def _write_row(self, sheet: Any, row: int, cells: list[Cell], formats: list[Any]) -> None:
        sheet.write_blank(row, 0, None, self._plain)  # a row of nothing but nulls is a row too
        for place, (cell, number_format) in enumerate(zip(cells, formats, strict=True)):
            if isinstance(cell, str):
                self._write_text(sheet, row, place, cell, self._text)
            elif isinstance(cell, bool):
                sheet.write_boolean(row, place, cell, self._plain)
            elif cell is not None:
                sheet.write_number(row, place, cell, number_format)

    def _write_text(self, sheet: Any, row: int, place: int, text: str, text_format: Any) -> None:
        if not text:
            return
        text = text.translate(_NO_CHARACTERS)
        if _MISREAD.search(text):
            pieces = _PIECES.findall(text)
            runs = [part for piece in pieces for part in (self._plain, piece)]
            sheet.write_rich_string(row, place, *runs, text_format)
        else:
            sheet.write_string(row, place, text, text_format)


def _rows(columns: list[_Column], start: int, end: int) -> Iterator[list[Cell]]:
    """Give the cells of each row, a manageable number of rows read at once."""
    for first in range(start, end, _ROWS_AT_ONCE):
        count = min(_ROWS_AT_ONCE, end - first)
        read = [cells_of(column.values.slice(first, count)) for column in columns]
        for cells in zip(*read, strict=True):
            row: list[Cell] = []
            for column, cell in zip(columns, cells, strict=True):
                if column.parts == 1:
                    row.append(cell)
                else:
                    parts = split_text(cell) if isinstance(cell, str) else []
                    row += [*parts, *[None] * (column.parts - len(parts))]
            yield row


def _notes(tables: Tables) -> list[str]:
    counted = ", ".join(f"{table.num_rows:,} {name}" for name, table in tables.as_dict().items())
    return [
        f"Written by caldframe {version('caldframe')}. Rows: {counted}",
        "Times are in UTC. Lengths of calls are in seconds.",
        "An empty cell is an absent value or an empty text.",
        f"A number of more than {MOST_DIGITS} digits is text, for Excel would round it.",
        f"Text of more than {LONGEST_TEXT:,} characters goes on in the columns (2), (3) and so on.",
        f"More than {_MOST_ROWS - 1:,} rows go on in the sheets 2, 3 and so on.",
    ]
