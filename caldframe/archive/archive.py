"""`Archive`: many campaigns over time, in a folder or an object store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, get_args

from caldframe.archive.commit import History
from caldframe.archive.commit import rebuild as rebuild_campaign
from caldframe.archive.reader import ReadableArchive
from caldframe.archive.recordings import fetch_all, recordings_of
from caldframe.archive.states import all_states, states_of
from caldframe.archive.syncing import Sync, sync_all
from caldframe.archive.verifying import verify_all
from caldframe.client import Downloader
from caldframe.errors import ArchiveError, ConfigurationError
from caldframe.fetch.asking import checked_ids, opened_client

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    import pandas as pd

    from caldframe.client import Client

_WORKERS: Final = 8


class Archive(ReadableArchive):
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
            If nothing can be written there, or there is no archive and no campaign is named; nothing is sent.

        Warns
        -----
        DataProblemsWarning
            If calls that the archive has are not in the new response any more.

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(campaigns=2, calls=25) as sandbox:
        ...     archive = cf.Archive(folder)
        ...     table = archive.sync(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
        >>> table[["status", "action", "calls"]]
             status action  calls
        0  finished  added     25
        1  finished  added     25
        """
        ids = None if campaign_ids is None else checked_ids(campaign_ids, "sync")
        if ids is None and not self._exists():
            raise ArchiveError(
                f"There is no archive at {self._storage.name}, and no campaign is named to begin one with. "
                f"Check the place, or name campaigns."
            )
        if history not in get_args(History):
            raise ConfigurationError(f'history is "latest" or "all", not {history!r}.')
        with opened_client(client, api_key, base_url) as opened:
            self._storage.prepare()
            states = all_states(self._storage) if ids is None else states_of(self._storage, ids)
            sync = Sync(self._storage, opened, history, refresh)
            return sync_all(sync, states, executor=executor, progress=progress)

    def fetch_recordings(  # noqa: PLR0913 - one a limit
        self,
        campaign_ids: Iterable[str] | None = None,
        *,
        max_bytes: int = 500_000_000,
        max_workers: int = 8,
        allow_private: bool = False,
        downloader: Downloader | None = None,
        progress: bool | None = None,
    ) -> pd.DataFrame:
        """Fetch the recordings of calls into the folder ``recordings``, those that are not there yet.

        They are fetched without the API key, from ``https://`` addresses of the public internet alone. One
        that breaks off is gone on with where the server can do so, by the next run too (in a folder, not in
        an object store).

        Parameters
        ----------
        campaign_ids : iterable of str, optional
            The campaigns; by default all.
        max_bytes : int, default 500 MB
            The most that one recording may hold.
        max_workers : int, default 8
            How many are fetched at a time.
        allow_private : bool, default False
            Whether addresses of this machine (then ``http://`` too) and of private networks are asked. Calls
            name the addresses, so allow it only if you trust whoever can write into the account.
        downloader : caldframe.client.Downloader, optional
            One of your own, with its own limits, in place of the three arguments above.
        progress : bool, optional
            As for `sync`.

        Returns
        -------
        pandas.DataFrame
            One row a recording, in the order of the calls:

            - `campaign_id`, `call_id` (str)
            - `action` (str): ``fetched``, ``present`` (it was there), or ``failed``
            - `path` (str): the file, in the archive; `bytes` (Int64), null if it failed
            - `seconds` (float64): how long it took
            - `error` (str): why it failed, else null

        Raises
        ------
        ConfigurationError
            If a campaign is not in the archive, or a limit cannot be right.
        ArchiveError
            If there is no archive, or it cannot be written.
        """
        recordings = recordings_of(self._storage, self._states(campaign_ids))
        self._storage.prepare()
        with downloader or Downloader(
            max_bytes=max_bytes, max_workers=max_workers, allow_private=allow_private
        ) as opened:
            return fetch_all(self._storage, recordings, opened, progress=progress)

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

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(campaigns=2, calls=25) as sandbox:
        ...     archive = cf.Archive(folder)
        ...     done = archive.sync(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
        ...     wrong = archive.verify()
        >>> len(wrong)
        0
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

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> with tempfile.TemporaryDirectory() as folder, cf.Sandbox(campaigns=2, calls=25) as sandbox:
        ...     archive = cf.Archive(folder)
        ...     done = archive.sync(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
        ...     made = archive.rebuild()
        >>> made
        2
        """
        states = [state for state in self._states(campaign_ids) if state.newest is not None]
        with ThreadPoolExecutor(_WORKERS) as workers:
            return len(list(workers.map(partial(rebuild_campaign, self._storage), states)))
