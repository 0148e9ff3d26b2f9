"""`Archive`: many campaigns over time, in a folder or an object store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np
import pandas as pd

from caldframe.archive.commit import History
from caldframe.archive.commit import rebuild as rebuild_campaign
from caldframe.archive.history import changes_of, history_of
from caldframe.archive.reading import read_campaign
from caldframe.archive.scanning import scan_table
from caldframe.archive.states import all_states, states_of
from caldframe.archive.storage import open_storage
from caldframe.archive.syncing import Sync, sync_all
from caldframe.archive.verifying import verify_all
from caldframe.errors import ArchiveError, ConfigurationError
from caldframe.fetch.asking import checked_ids, opened_client
from caldframe.frames import CampaignFrames
from caldframe.schema import concat_tables

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from concurrent.futures import Executor
    from datetime import datetime

    from caldframe.archive.states import CampaignState
    from caldframe.client import Client

_READERS: Final = 8
_TEXT: Final = pd.StringDtype(na_value=np.nan)
_CAMPAIGN_COLUMNS: Final[Mapping[str, Any]] = {
    "campaign_id": _TEXT,
    "status": _TEXT,
    "calls": "int64",
    "pending": "int64",
    "fetched_at": "datetime64[us, UTC]",
    "responses": "int64",
    "bytes": "int64",
}


class Archive:
    """Many campaigns over time, in a folder or an object store, readable by anything that reads Parquet.

    The responses of the API are kept as they were received; the four tables are made from them. Nothing is
    ever half there: a file appears whole, and a campaign whose sync was interrupted is mended by the next.
    Several processes, on several machines, may read and sync one archive at the same time.

    Parameters
    ----------
    location : str or path
        A folder, or a URL that fsspec knows: ``s3://…`` (with the extra ``s3``), ``gs://…`` (``gcs``),
        ``az://…`` (``azure``). It need not be there before the first sync.
    storage_options : mapping, optional
        For a URL, what its file system is to be told: credentials, another endpoint. By default it finds out
        itself, from the environment for example.

    Raises
    ------
    ConfigurationError
        If it is neither a folder nor such a URL.
    MissingExtraError
        If the package for such URLs is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import caldframe as cf
    >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(seed=1, campaigns=2, calls=25) as sandbox:
    ...     archive = cf.Archive(folder)
    ...     account = {"base_url": sandbox.url, "api_key": sandbox.api_key}
    ...     first = archive.sync(sandbox.campaign_ids, **account)
    ...     again = archive.sync(sandbox.campaign_ids, **account)
    ...     frames = archive.frames()
    >>> first["action"].tolist(), again["action"].tolist()
    (['added', 'added'], ['skipped', 'skipped'])
    >>> frames
    CampaignFrames: 2 campaigns, 50 calls, 536 turns, 0 problems
    """

    def __init__(
        self, location: str | os.PathLike[str], *, storage_options: Mapping[str, Any] | None = None
    ) -> None:
        self._storage = open_storage(location, storage_options)

    def __repr__(self) -> str:
        return f"Archive({self._storage.name!r})"

    def sync(  # noqa: PLR0913 - one a decision of the caller's
        self,
        campaign_ids: Iterable[str] | None = None,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        client: Client | None = None,
        history: History = "latest",
        refresh: bool = False,
        executor: Executor | None = None,
        progress: bool | None = None,
    ) -> pd.DataFrame:
        """Bring campaigns up to date: fetch those that may have changed, keep what has.

        A campaign is skipped, without a request, if it is finished or cancelled in the archive and none of
        its calls is pending.

        Parameters
        ----------
        campaign_ids : iterable of str, optional
            The campaigns; by default all that are in the archive. One that is named twice is synced once.
        api_key, base_url, client
            As for `caldframe.fetch_campaigns`.
        history : {"latest", "all"}, default "latest"
            Whether an earlier response of a campaign goes when a new one is there, or stays. One with calls
            that the new one lacks always stays.
        refresh : bool, default False
            Whether campaigns that are over are fetched too.
        executor : concurrent.futures.Executor, optional
            What does the work, in place of threads of this process: a `ProcessPoolExecutor`, or that of a
            Dask cluster, ``dask_client.get_executor()``. Its workers write to the archive themselves, so they
            must reach it; and where they are other processes, the key comes from their ``CALD_API_KEY``.
        progress : bool, optional
            Whether to show a progress bar; by default in notebooks and where the standard error is a
            terminal.

        Returns
        -------
        pandas.DataFrame
            One row a campaign, in the order given:

            - `campaign_id` (str); `status` (str), as the archive now has it
            - `action` (str): ``added``, ``updated``, ``unchanged`` (fetched, and the same byte for byte),
              ``skipped``, or ``failed``
            - `calls` (Int64): how many it has; `new_calls` (Int64), how many of them the archive did not
              have; `changed_calls` (Int64), how many differ or are gone. Null if it failed.
            - `bytes` (Int64): how large the response was, decompressed
            - `seconds` (float64): how long it took to fetch and to write
            - `error` (str): why it failed, else null

        Raises
        ------
        ConfigurationError
            If an argument or the environment cannot be right; nothing is sent.
        ArchiveError
            If nothing can be written there; nothing is sent.

        Warns
        -----
        DataProblemsWarning
            If calls that the archive has are not in the new response any more.
        """
        ids = None if campaign_ids is None else checked_ids(campaign_ids, "sync")
        if history not in get_args(History):
            raise ConfigurationError(f'history is "latest" or "all", not {history!r}.')
        with opened_client(client, api_key, base_url) as opened:
            self._storage.prepare()
            states = all_states(self._storage) if ids is None else states_of(self._storage, ids)
            sync = Sync(self._storage, opened, history, refresh)
            return sync_all(sync, states, executor=executor, progress=progress)

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
        """
        rows = [
            (
                state.campaign_id,
                state.newest.name.status,
                state.newest.name.calls,
                state.newest.name.pending,
                state.newest.name.fetched_at,
                len(state.raws),
                sum(raw.size for raw in state.raws),
            )
            for state in self._states()
            if state.newest is not None
        ]
        return pd.DataFrame(
            {
                name: pd.Series([row[position] for row in rows], dtype=kind)
                for position, (name, kind) in enumerate(_CAMPAIGN_COLUMNS.items())
            }
        )

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

        Returns
        -------
        object
            What the engine calls a table; its columns are those of `caldframe.schema.TABLES`.

        Raises
        ------
        ConfigurationError
            If there is no such table or engine.
        ArchiveError
            If there is no archive.

        Notes
        -----
        Each file is read as it is at that moment. Two tables scanned while a sync runs may be of two
        responses of one campaign; `frames` never mixes them.
        """
        self._check_exists()
        return scan_table(self._storage, table, engine)

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
        """
        return changes_of(self._storage, self._states([campaign_id])[0])

    def verify(self, *, repair: bool = False) -> pd.DataFrame:
        """Read every file and say what is wrong.

        Parameters
        ----------
        repair : bool, default False
            Whether to mend what can be mended: tables are made anew from the raw response. A campaign whose
            raw response is damaged or missing is fetched anew by the next sync that names it.

        Returns
        -------
        pandas.DataFrame
            One row for everything that is wrong, sorted by path; none if all is well:

            - `campaign_id` (str): null where the file does not belong to one
            - `path` (str): the file, in the archive
            - `problem` (str): ``missing``; ``torn``, no whole file; ``checksum``, not the bytes that were
              written; ``stale``, a table that is not of the newest response; ``foreign``, a file that is none
              of the archive's, which is left alone; ``unfinished``, a mark of a sync that was stopped
            - `remedy` (str): ``rebuild`` from the raw response; ``fetch`` anew; ``set aside`` in the folder
              ``damaged``, for an earlier response; ``delete``; or ``none``
            - `repaired` (bool): whether the remedy has been applied, or, for ``fetch``, is left to the next
              sync

        Raises
        ------
        ArchiveError
            If there is no archive.
        """
        self._check_exists()
        return verify_all(self._storage, repair=repair)

    def rebuild(self, campaign_ids: Iterable[str] | None = None) -> int:
        """Make the tables anew from the raw responses, after an update of caldframe that decodes more.

        Parameters
        ----------
        campaign_ids : iterable of str, optional
            The campaigns; by default all.

        Returns
        -------
        int
            How many campaigns have been rebuilt.

        Raises
        ------
        ConfigurationError
            If a campaign is not in the archive.
        ArchiveError
            If there is no archive, or a raw response is damaged.
        """
        states = [state for state in self._states(campaign_ids) if state.newest is not None]
        with ThreadPoolExecutor(_READERS) as workers:
            return len(list(workers.map(partial(rebuild_campaign, self._storage), states)))

    def _check_exists(self) -> None:
        if not self._storage.exists():
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
