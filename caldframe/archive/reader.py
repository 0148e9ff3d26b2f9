"""The part of an archive that reads and never writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from caldframe.archive.history import changes_of, history_of
from caldframe.archive.names import RAW
from caldframe.archive.reading import read_campaign
from caldframe.archive.scanning import files_of, scan_table
from caldframe.archive.states import all_states, states_of, table_of_states
from caldframe.archive.storage import open_storage
from caldframe.errors import ArchiveError, ConfigurationError
from caldframe.fetch.asking import checked_ids
from caldframe.frames import CampaignFrames
from caldframe.schema import TABLES, concat_tables

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import pandas as pd

    from caldframe.archive.states import CampaignState

_READERS: Final = 8


class ReadableArchive:
    """What can be read of an archive; `caldframe.Archive` says the rest.

    Parameters
    ----------
    location : str or path
        A folder, or a URL that fsspec knows.
    storage_options : mapping, optional
        For a URL, what its file system is to be told.
    """

    def __init__(
        self, location: str | os.PathLike[str], *, storage_options: Mapping[str, Any] | None = None
    ) -> None:
        self._storage = open_storage(location, storage_options)

    def __repr__(self) -> str:
        return f"Archive({self._storage.name!r})"

    def campaigns(self) -> pd.DataFrame:
        """List what is in the archive, from the names of its files alone.

        Returns
        -------
        pandas.DataFrame
            One row a campaign, sorted by the names of their folders:

            - `campaign_id` (str); `status` (str)
            - `calls` (int64); `pending` (int64), how many of them are not over, or more if the campaign
              itself counts more
            - `fetched_at` (datetime64[us, UTC]): when this state was first received
            - `responses` (int64): how many raw responses are kept; `bytes` (int64), their size, compressed

        Raises
        ------
        ArchiveError
            If there is no archive.

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(campaigns=2, calls=25) as sandbox:
        ...     archive = cf.Archive(folder)
        ...     done = archive.sync(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
        ...     table = archive.campaigns()
        >>> table[["status", "calls", "pending", "responses"]]
             status  calls  pending  responses
        0  finished     25        0          1
        1  finished     25        0          1
        """
        return table_of_states(self._states())

    def frames(
        self, campaign_ids: Iterable[str] | None = None, *, since: datetime | None = None
    ) -> CampaignFrames:
        """Read campaigns as pandas.

        The four tables of each campaign are of one and the same response, even while others sync it.

        Parameters
        ----------
        campaign_ids : iterable of str, optional
            The campaigns; by default all.
        since : datetime.datetime, optional
            Only campaigns that have changed since then: whose newest response was received at this moment or
            later. With a time zone.

        Returns
        -------
        CampaignFrames
            The rows campaign by campaign, in the order asked for, or in that of `campaigns`.

        Raises
        ------
        ConfigurationError
            If a campaign is not in the archive, or `since` has no time zone.
        ArchiveError
            If there is no archive, or a campaign in it is damaged.

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(campaigns=2, calls=25) as sandbox:
        ...     archive = cf.Archive(folder)
        ...     done = archive.sync(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
        ...     frames = archive.frames(sandbox.campaign_ids[:1])
        >>> frames.campaigns["total_calls"].tolist()
        [25]
        """
        if since is not None and getattr(since, "tzinfo", None) is None:
            raise ConfigurationError(
                "since is a datetime with a time zone: datetime(2026, 3, 2, tzinfo=UTC)."
            )
        states = [
            state
            for state in self._states(campaign_ids)
            if state.newest is not None and (since is None or state.newest.name.fetched_at >= since)
        ]
        with ThreadPoolExecutor(_READERS) as readers:
            parts = list(readers.map(partial(read_campaign, self._storage), states))
        return CampaignFrames.from_arrow(concat_tables(parts))

    def scan(self, table: str, *, engine: str = "pandas") -> Any:
        """Open one table of all campaigns in an engine, where it can lazily.

        Parameters
        ----------
        table : str
            ``campaigns``, ``calls``, ``transcripts`` or ``problems``.
        engine : str, default "pandas"
            - ``pandas``: a `pandas.DataFrame`, read at once
            - ``pyarrow``: a `pyarrow.dataset.Dataset`
            - ``polars``: a `polars.LazyFrame`; needs the extra ``polars``
            - ``duckdb``: a `duckdb.DuckDBPyRelation`; needs the extra ``duckdb``
            - ``dask``: a `dask.dataframe.DataFrame`; needs the extra ``dask``
            - ``spark``: a `pyspark.sql.DataFrame` of the active session, or of a new one; needs the extra
              ``spark``, and Java

        Returns
        -------
        object
            What the engine calls a table; its columns are those of `caldframe.schema.TABLES`.

        Raises
        ------
        ConfigurationError
            If there is no such table or engine.
        MissingExtraError
            If the engine is not installed.
        ArchiveError
            If there is no archive.

        Notes
        -----
        Each file is read as it is at that moment. Two tables scanned while a sync runs may be of two
        responses of one campaign; `frames` never mixes them. `unsettled` says of which campaigns that can be.

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(campaigns=2, calls=25) as sandbox:
        ...     archive = cf.Archive(folder)
        ...     done = archive.sync(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
        ...     calls = archive.scan("calls")
        >>> len(calls)
        50
        """
        self._check_exists()
        return scan_table(self._storage, table, engine)

    def unsettled(self) -> list[str]:
        """Name the campaigns of which `scan` may not show the newest response, but `frames` does.

        They are being synced at the moment, or a sync of them was stopped, or a file of theirs is missing.
        The next sync settles them, and so does `verify` with ``repair=True``.

        Returns
        -------
        list of str
            The campaigns, sorted by the names of their folders; none if all is well. Only names of files are
            looked at, so a file that is there and is damaged is left to `verify`.

        Raises
        ------
        ArchiveError
            If there is no archive.

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(campaigns=2, calls=25) as sandbox:
        ...     archive = cf.Archive(folder)
        ...     done = archive.sync(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
        ...     archive.unsettled()
        []
        """
        states = [state for state in self._states() if state.newest is not None]
        whole = set.intersection(*(set(files_of(self._storage, table).values()) for table in TABLES))
        return [
            state.campaign_id for state in states if state.may_be_unfinished or state.campaign_id not in whole
        ]

    def history(self, campaign_id: str) -> pd.DataFrame:
        """Tell how a campaign went on, from the responses that are kept.

        Parameters
        ----------
        campaign_id : str
            The campaign; synced with ``history="all"``, or there is little to tell.

        Returns
        -------
        pandas.DataFrame
            One row a response, the earliest first:

            - `fetched_at` (datetime64[us, UTC]); `status` (str)
            - `calls` (int64); `completed` (int64), how many were over; and how many had each result, a column
              each (int64)
            - `new_calls`, `changed_calls`, `vanished_calls` (int64): against the row before

        Raises
        ------
        ConfigurationError
            If the campaign is not in the archive.
        ArchiveError
            If there is no archive, or a response is damaged.

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> clock = 0
        >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(calls=25, now=lambda: clock) as sandbox:
        ...     archive, running = cf.Archive(folder), sandbox.campaign_ids[2]
        ...     account = {"base_url": sandbox.url, "api_key": sandbox.api_key, "history": "all"}
        ...     for clock in (0, 3600):
        ...         done = archive.sync([running], **account)
        ...     table = archive.history(running)
        >>> table[["status", "calls", "completed", "new_calls", "changed_calls"]]
             status  calls  completed  new_calls  changed_calls
        0    active     15         14         15              0
        1  finished     25         25         10              1
        """
        return history_of(self._storage, self._states([campaign_id])[0])

    def changes(self, campaign_id: str) -> pd.DataFrame:
        """Tell what changed from one kept response of a campaign to the next.

        Parameters
        ----------
        campaign_id : str
            The campaign; synced with ``history="all"``, or there is little to tell.

        Returns
        -------
        pandas.DataFrame
            One row a change, in the order of the responses, the campaign's own first:

            - `fetched_at` (datetime64[us, UTC]): when the response was received that first says so
            - `call_id` (str): the call; null for the campaign itself
            - `change` (str): ``appeared``, ``vanished``, ``changed``; or, of the campaign, ``new_field`` or
              ``new_value``: a field, or a value of an enumeration, that the API does not document and that no
              earlier response had
            - `field` (str): the column that changed, ``extra.x`` for a field that the API does not document,
              ``transcript`` for words; `before`, `after` (str), its values as text
            - `late` (bool): whether the call was over already before it changed

        Raises
        ------
        ConfigurationError
            If the campaign is not in the archive.
        ArchiveError
            If there is no archive, or a response is damaged.

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> clock = 0
        >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(calls=25, now=lambda: clock) as sandbox:
        ...     archive, running = cf.Archive(folder), sandbox.campaign_ids[2]
        ...     account = {"base_url": sandbox.url, "api_key": sandbox.api_key, "history": "all"}
        ...     for clock in (0, 3600):
        ...         done = archive.sync([running], **account)
        ...     table = archive.changes(running)
        >>> table[["change", "field", "before", "after"]].head(3)
            change            field  before     after
        0  changed           status  active  finished
        1  changed      total_calls      15        25
        2  changed  completed_calls      14        25
        """
        return changes_of(self._storage, self._states([campaign_id])[0])

    def _exists(self) -> bool:
        """Whether there is an archive, or an empty place that was meant for one."""
        names = self._storage.names()
        if names is None:
            return False
        others = {name for name in names if not name.startswith(".")}
        return not others or bool(others & {RAW, *TABLES})

    def _check_exists(self) -> None:
        if not self._exists():
            raise ArchiveError(f"There is no archive at {self._storage.name}. Make one with sync().")

    def _states(self, campaign_ids: Iterable[str] | None = None) -> list[CampaignState]:
        self._check_exists()
        if campaign_ids is None:
            return all_states(self._storage)
        states = states_of(self._storage, checked_ids(campaign_ids, "frames"))
        for state in states:
            if state.newest is None:
                raise ConfigurationError(
                    f"{state.campaign_id!r} is not in {self._storage.name}. Sync it first."
                )
        return states
