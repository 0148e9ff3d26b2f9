"""`CampaignFrames`: the four tables as pandas, held together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from caldframe.export import read_csv as read_csv_tables
from caldframe.export import read_parquet as read_parquet_tables
from caldframe.export import write_csv, write_excel, write_parquet
from caldframe.frames.conversion import fitted, to_arrow, to_pandas
from caldframe.schema import TABLES, Tables

if TYPE_CHECKING:
    import os
    from pathlib import Path

__all__ = ["FAILURE_COLUMNS", "CampaignFrames", "read_csv", "read_parquet"]

FAILURE_COLUMNS: Final = {
    "campaign_id": pd.StringDtype(na_value=np.nan),
    "error": pd.StringDtype(na_value=np.nan),
    "message": pd.StringDtype(na_value=np.nan),
    "status": pd.Int64Dtype(),
    "attempts": pd.Int64Dtype(),
    "retryable": pd.BooleanDtype(),
}
"""The columns of `CampaignFrames.failures` and their dtypes."""


def _no_failures() -> pd.DataFrame:
    return _empty_failures().copy()


@cache
def _empty_failures() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in FAILURE_COLUMNS.items()})


@dataclass(frozen=True, eq=False, repr=False)
class CampaignFrames:
    """The four tables of one campaign, or of many, as pandas DataFrames.

    Parameters
    ----------
    campaigns : pandas.DataFrame
        One row a campaign, in the order asked for. Columns: `caldframe.schema.CAMPAIGNS`.
    calls : pandas.DataFrame
        One row a call, in the order of the response. Columns: `caldframe.schema.CALLS`;
        `call_length` in seconds, times in UTC.
    transcripts : pandas.DataFrame
        One row a turn, in the order of the calls. Columns: `caldframe.schema.TRANSCRIPTS`.
    problems : pandas.DataFrame
        One row for everything in the response that did not fit; empty for a clean campaign.
        Columns: `caldframe.schema.PROBLEMS`.
    failures : pandas.DataFrame, optional
        One row a campaign that could not be fetched, where errors were collected rather than raised.
        Columns: `FAILURE_COLUMNS`.

    Examples
    --------
    >>> import caldframe as cf
    >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "result": "ivr"}]}')
    >>> frames
    CampaignFrames: 1 campaign, 1 call, 0 turns, 0 problems
    >>> frames.calls["result"].tolist()
    ['ivr']
    """

    campaigns: pd.DataFrame
    calls: pd.DataFrame
    transcripts: pd.DataFrame
    problems: pd.DataFrame
    failures: pd.DataFrame = field(default_factory=_no_failures)

    def __repr__(self) -> str:
        parts = [
            _counted(len(self.campaigns), "campaign"),
            _counted(len(self.calls), "call"),
            _counted(len(self.transcripts), "turn"),
            _counted(len(self.problems), "problem"),
        ]
        if len(self.failures):
            parts.append(f"{_counted(len(self.failures), 'campaign')} not fetched (see .failures)")
        return f"CampaignFrames: {', '.join(parts)}"

    @classmethod
    def from_arrow(cls, tables: Tables, failures: pd.DataFrame | None = None) -> CampaignFrames:
        """Make the frames of four Arrow tables.

        Parameters
        ----------
        tables : Tables
            The four tables; columns beyond the schema are kept.
        failures : pandas.DataFrame, optional
            What could not be fetched.

        Returns
        -------
        CampaignFrames
            The same rows as pandas: text as `str`, booleans and counts as nullable dtypes, times as
            `datetime64[us, UTC]`.

        Raises
        ------
        UnknownColumnError
            If a table lacks a column of the schema.
        ConfigurationError
            If a column of the schema holds values that its type cannot.
        """
        frames = {
            name: to_pandas(fitted(table, name), TABLES[name]) for name, table in tables.as_dict().items()
        }
        return cls(**frames, failures=_no_failures() if failures is None else failures)

    def to_arrow(self) -> Tables:
        """Give the four tables as Arrow, columns of your own included.

        Returns
        -------
        Tables
            The columns of the schema first, in its order and types, then all others. The index of a frame
            is not kept.

        Raises
        ------
        UnknownColumnError
            If a table lacks a column of the schema.
        ConfigurationError
            If a column of the schema holds values that its type cannot, or a column of your own holds values
            that Arrow cannot, or two columns have the same name.
        """
        return Tables(**{name: to_arrow(getattr(self, name), name) for name in TABLES})

    def to_parquet(self, directory: str | os.PathLike[str], *, overwrite: bool = False) -> list[Path]:
        """Write `campaigns.parquet`, `calls.parquet`, `transcripts.parquet` and `problems.parquet`.

        Each file appears whole or not at all. Columns of your own are written behind those of the schema.
        The index of a frame is not kept, nor are `failures`.

        Parameters
        ----------
        directory : str or path
            The folder to write into; made if it is not there.
        overwrite : bool, default False
            Whether files that are there already are replaced.

        Returns
        -------
        list of pathlib.Path
            The files written, in the order of the tables.

        Raises
        ------
        OutputExistsError
            If one of the files is there and `overwrite` is False; nothing is written then.
        ExportError
            If a file cannot be written.
        ConfigurationError
            If the frames do not fit their schema, as `to_arrow` says.

        See Also
        --------
        caldframe.read_parquet : Read them back, exactly.

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "result": "ivr"}]}')
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     print([path.name for path in frames.to_parquet(folder)])
        ...     cf.read_parquet(folder)
        ['campaigns.parquet', 'calls.parquet', 'transcripts.parquet', 'problems.parquet']
        CampaignFrames: 1 campaign, 1 call, 0 turns, 0 problems
        """
        return write_parquet(self.to_arrow(), directory, overwrite=overwrite)

    def to_csv(
        self,
        directory: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        spreadsheet_safe: bool = True,
    ) -> list[Path]:
        """Write `campaigns.csv`, `calls.csv`, `transcripts.csv` and `problems.csv`, UTF-8.

        Each file appears whole or not at all. Every text is in quotes, so that an empty cell is null and
        ``""`` an empty text. Times are in UTC, as ``2026-03-02 14:05:00.000000Z``; a `timedelta` of your own
        is in seconds, and an interval is text. The index of a frame is not kept, nor are `failures`.

        Parameters
        ----------
        directory : str or path
            The folder to write into; made if it is not there.
        overwrite : bool, default False
            Whether files that are there already are replaced.
        spreadsheet_safe : bool, default True
            Whether text that a spreadsheet would run as a formula gets an apostrophe in front: text that
            begins with ``=``, ``+``, ``-`` or ``@``, full-width ones too, even behind blanks or characters
            that do not show, or with a tab or a line break. Phone numbers begin with a plus sign, so they get
            one too. `caldframe.read_csv` takes it off.

        Returns
        -------
        list of pathlib.Path
            The files written, in the order of the tables.

        Raises
        ------
        OutputExistsError
            If one of the files is there and `overwrite` is False; nothing is written then.
        ExportError
            If a file cannot be written, or a column of your own holds what a cell cannot, lists for example.
        ConfigurationError
            If the frames do not fit their schema, as `to_arrow` says.

        See Also
        --------
        caldframe.read_csv : Read them back.

        Notes
        -----
        Open the files as UTF-8 with commas between cells. A spreadsheet program that is set to semicolons, as
        many are outside English, must be told: in Excel, *Data*, *From Text/CSV*. Were a text torn apart at
        its semicolons, its pieces could run as formulas.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import caldframe as cf
        >>> frames = cf.load_campaign(b'{"campaignId": "c1", "name": "=1+1", "calls": []}')
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = frames.to_csv(folder)
        ...     print(Path(folder, "campaigns.csv").read_text(encoding="utf-8").splitlines()[1][:14])
        ...     cf.read_csv(folder).campaigns["name"].tolist()
        "c1","'=1+1",,
        ['=1+1']
        """
        return write_csv(self.to_arrow(), directory, overwrite=overwrite, spreadsheet_safe=spreadsheet_safe)

    def to_excel(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write an Excel workbook: a sheet for each table, behind one that says what each column holds.

        The file appears whole or not at all. Times and numbers are what Excel takes for such, so that it can
        sort and count them; all else is text that never runs as a formula and leads nowhere, also when
        somebody edits the cell. Each sheet has a filter, and its first row stays in sight. The index of a
        frame is not kept, nor are `failures`.

        Parameters
        ----------
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
            If XlsxWriter is not installed; it comes with the extra `excel`.
        OutputExistsError
            If the file is there and `overwrite` is False.
        ExportError
            If `path` ends otherwise, a column of your own holds what a cell cannot, lists for example, a
            table has more than 16,384 columns, or the file cannot be written.
        ConfigurationError
            If the frames do not fit their schema, as `to_arrow` says.

        See Also
        --------
        to_parquet : Write files that come back exactly.
        to_csv : Write files that any program opens.

        Notes
        -----
        A workbook is to be read by people; what a sheet has no room for is still there, elsewhere:

        - Text of more than 32,767 characters goes on in further columns: ``content``, ``content (2)``.
        - A table of more than 1,048,575 rows goes on in further sheets: ``calls``, ``calls 2``.
        - A number of more than 15 digits is text, and so are infinity and times before March 1900.

        Excel knows no time zones: times are in UTC, and each says so. It counts time in days, which holds
        about a microsecond, and shows milliseconds; of fractions it keeps 15 to 16 digits. A length of time
        of your own is in seconds. Null and the empty text are both an empty cell. Control characters are
        written as the file format wants it, ``_x0000_``, which most programs turn back; the two code points
        that no file may have, U+FFFE and U+FFFF, become U+FFFD.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import caldframe as cf
        >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "result": "ivr"}]}')
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     frames.to_excel(Path(folder, "spring.xlsx")).name
        'spring.xlsx'
        """
        return write_excel(self.to_arrow(), path, overwrite=overwrite)


def read_parquet(directory: str | os.PathLike[str]) -> CampaignFrames:
    """Read the frames that `CampaignFrames.to_parquet` wrote: same values, dtypes and order.

    Columns of your own too have the dtype that they had: categories with their order, times with their zone.
    A column of dtype `object` has its values, with None for every null.

    Files that another tool has written or changed are read too, if their columns fit the schema without loss.

    Parameters
    ----------
    directory : str or path
        The folder with the four files.

    Returns
    -------
    CampaignFrames
        The frames.

    Raises
    ------
    ExportError
        If a file is missing or is not Parquet, or if a column of the schema is missing or of another type.

    Examples
    --------
    >>> import tempfile
    >>> import caldframe as cf
    >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "result": "ivr"}]}')
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     written = frames.to_parquet(directory)
    ...     saved = cf.read_parquet(directory)
    >>> saved.calls.equals(frames.calls)
    True
    """
    return CampaignFrames.from_arrow(read_parquet_tables(directory))


def read_csv(directory: str | os.PathLike[str], *, spreadsheet_safe: bool = True) -> CampaignFrames:
    """Read the frames that `CampaignFrames.to_csv` wrote: same values in the columns of the schema.

    Parameters
    ----------
    directory : str or path
        The folder with the four files.
    spreadsheet_safe : bool, default True
        What the files were written with: whether apostrophes before formulas are taken off.

    Returns
    -------
    CampaignFrames
        The frames. Columns that the schema does not name get the type that their text suggests.

    Raises
    ------
    ExportError
        If a file is missing or is not CSV, or if a column of the schema is missing or of another type.

    Examples
    --------
    >>> import tempfile
    >>> import caldframe as cf
    >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "to": "+1415"}]}')
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     written = frames.to_csv(directory)
    ...     saved = cf.read_csv(directory)
    >>> saved.calls.equals(frames.calls)
    True
    """
    return CampaignFrames.from_arrow(read_csv_tables(directory, spreadsheet_safe=spreadsheet_safe))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
