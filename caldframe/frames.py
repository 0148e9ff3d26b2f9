"""`CampaignFrames`: the four tables as pandas, held together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from caldframe import export
from caldframe.errors import UnknownColumnError
from caldframe.schema import TABLES, Column, Tables, arrow_schema

if TYPE_CHECKING:
    import os
    from pathlib import Path

__all__ = ["FAILURE_COLUMNS", "CampaignFrames", "read_csv", "read_parquet", "to_pandas"]

FAILURE_COLUMNS: Final = {
    "campaign_id": pd.StringDtype(na_value=np.nan),
    "error": pd.StringDtype(na_value=np.nan),
    "message": pd.StringDtype(na_value=np.nan),
    "status": pd.Int64Dtype(),
    "attempts": pd.Int64Dtype(),
    "retryable": pd.BooleanDtype(),
}
"""The columns of `CampaignFrames.failures` and their dtypes."""

_PANDAS_TYPES: Final = {
    pa.string(): pd.StringDtype(na_value=np.nan),
    pa.bool_(): pd.BooleanDtype(),
    pa.int64(): pd.Int64Dtype(),
}


def _no_failures() -> pd.DataFrame:
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
        """
        frames = {name: to_pandas(table, TABLES[name]) for name, table in tables.as_dict().items()}
        return cls(**frames, failures=_no_failures() if failures is None else failures)

    def to_arrow(self) -> Tables:
        """Give the four tables as Arrow, columns of your own included.

        Returns
        -------
        Tables
            The columns of the schema first, in its order and types, then all others.

        Raises
        ------
        UnknownColumnError
            If a table lacks a column of the schema, or holds values that its type cannot.
        """
        return Tables(**{name: _to_arrow(getattr(self, name), name) for name in TABLES})

    def to_parquet(self, directory: str | os.PathLike[str], *, overwrite: bool = False) -> list[Path]:
        """Write `campaigns.parquet`, `calls.parquet`, `transcripts.parquet` and `problems.parquet`.

        Each file appears whole or not at all.

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

        See Also
        --------
        caldframe.read_parquet : Read them back, exactly.
        """
        return export.write_parquet(self.to_arrow(), directory, overwrite=overwrite)

    def to_csv(
        self,
        directory: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        spreadsheet_safe: bool = True,
    ) -> list[Path]:
        """Write `campaigns.csv`, `calls.csv`, `transcripts.csv` and `problems.csv`, UTF-8.

        Each file appears whole or not at all. An empty cell is null; an empty text is written ``""``.

        Parameters
        ----------
        directory : str or path
            The folder to write into; made if it is not there.
        overwrite : bool, default False
            Whether files that are there already are replaced.
        spreadsheet_safe : bool, default True
            Whether text that a spreadsheet would run as a formula gets an apostrophe in front.
            Phone numbers begin with a plus sign, so they get one too. `caldframe.read_csv` takes it off.

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

        See Also
        --------
        caldframe.read_csv : Read them back.
        """
        return export.write_csv(
            self.to_arrow(), directory, overwrite=overwrite, spreadsheet_safe=spreadsheet_safe
        )


def read_parquet(directory: str | os.PathLike[str]) -> CampaignFrames:
    """Read the frames that `CampaignFrames.to_parquet` wrote: same values, dtypes and order.

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
        If a file is missing, is not Parquet, or lacks a column.
    """
    return CampaignFrames.from_arrow(export.read_parquet(directory))


def read_csv(directory: str | os.PathLike[str], *, spreadsheet_safe: bool = True) -> CampaignFrames:
    """Read the frames that `CampaignFrames.to_csv` wrote: same values.

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
        If a file is missing, is not CSV, lacks a column, or holds a value of another type.
    """
    return CampaignFrames.from_arrow(export.read_csv(directory, spreadsheet_safe=spreadsheet_safe))


def to_pandas(table: pa.Table, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Turn an Arrow table into pandas, with the dtypes that the schema's types stand for.

    Parameters
    ----------
    table : pyarrow.Table
        A table that has all of `columns`; others are kept behind them, as Arrow converts them.
    columns : tuple of Column
        The table's columns by the schema.

    Returns
    -------
    pandas.DataFrame
        The same rows.
    """
    names = [column.name for column in columns]
    own = table.select(names).replace_schema_metadata().to_pandas(types_mapper=_PANDAS_TYPES.get)
    others = [name for name in table.column_names if name not in names]
    if not others:
        return own
    return pd.concat([own, table.select(others).to_pandas()], axis="columns")


def _to_arrow(frame: pd.DataFrame, name: str) -> pa.Table:
    schema = arrow_schema(TABLES[name])
    absent = [column for column in schema.names if column not in frame.columns]
    if absent:
        raise UnknownColumnError(
            f"The {name} table lacks the column {absent[0]!r}. Keep every column of the schema; "
            f"add columns of your own beside them."
        )
    try:
        own = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
        others = pa.Table.from_pandas(frame.drop(columns=schema.names), preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise UnknownColumnError(f"The {name} table does not fit its schema: {error}") from error
    table = own.replace_schema_metadata(others.schema.metadata if others.num_columns else None)
    for column in others.column_names:
        table = table.append_column(others.schema.field(column), others.column(column))
    return table


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
