"""The frames read back from the files that they were written to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from caldframe.errors import ConfigurationError, ExportError
from caldframe.export import read_csv as read_csv_tables
from caldframe.export import read_parquet as read_parquet_tables
from caldframe.frames.campaign_frames import CampaignFrames

if TYPE_CHECKING:
    import os

    from caldframe.schema import Tables

__all__ = ["read_csv", "read_parquet"]


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
        If a file is missing or is not Parquet, if a column of the schema is missing or of another type, or if
        pandas cannot hold another column.

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
    return _frames(read_parquet_tables(directory), directory)


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
    return _frames(read_csv_tables(directory, spreadsheet_safe=spreadsheet_safe), directory)


def _frames(tables: Tables, directory: str | os.PathLike[str]) -> CampaignFrames:
    try:
        return CampaignFrames.from_arrow(tables)
    except ConfigurationError as error:
        raise ExportError(f"{Path(directory)} cannot be read: {error}") from error
