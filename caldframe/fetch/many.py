"""Many campaigns at the same time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from caldframe.errors import ConfigurationError, DataProblemsError, FetchError
from caldframe.fetch.asking import checked_ids, fetch_tables, opened_client
from caldframe.fetch.progress import progress_bar
from caldframe.fetch.workers import work_in_threads
from caldframe.frames import FAILURE_COLUMNS, CampaignFrames, table_of_rows
from caldframe.schema import Tables, concat_tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caldframe.client import Client


def fetch_campaigns(  # noqa: PLR0913 - one a decision of the caller's
    campaign_ids: Iterable[str],
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    client: Client | None = None,
    strict: bool = False,
    on_error: Literal["raise", "collect"] = "raise",
    progress: bool | None = None,
) -> CampaignFrames:
    """Fetch many campaigns at the same time, as the same four tables with more rows.

    Parameters
    ----------
    campaign_ids : iterable of str
        The campaigns. One that is named twice is fetched once.
    api_key : str, optional
        The key; by default the environment's ``CALD_API_KEY``.
    base_url : str, optional
        Where the API is; by default the environment's ``CALD_BASE_URL``, or else the vendor's address.
    client : Client, optional
        A client of your own, with its own key and limits, instead of `api_key` and `base_url`. It says how
        many campaigns are asked for at a time. If a campaign fails, or you interrupt, all that the client
        has under way is ended, as `Client.abort` does; it can be used again.
    strict : bool, default False
        Whether a campaign fails if anything in its response does not fit.
    on_error : {"raise", "collect"}, default "raise"
        What to do if a campaign fails: end the others and raise, or go on and put it into `.failures`.
    progress : bool, optional
        Whether to show a progress bar; by default in notebooks and where the standard error is a terminal.

    Returns
    -------
    CampaignFrames
        The rows campaign by campaign, in the order asked for, whichever came first; and with
        ``on_error="collect"`` one row of `failures` for each campaign without any.

    Raises
    ------
    ConfigurationError
        If an argument or the environment cannot be right; nothing is sent.
    FetchError
        If there is no usable answer for a campaign, and `on_error` is ``"raise"``.
    DataProblemsError
        If `strict`, there is at least one problem, and `on_error` is ``"raise"``.

    Examples
    --------
    >>> import caldframe as cf
    >>> with cf.Sandbox(seed=1, campaigns=3) as sandbox:
    ...     frames = cf.fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
    >>> len(frames.campaigns), len(frames.failures)
    (3, 0)
    """
    if on_error not in {"raise", "collect"}:
        raise ConfigurationError(f'on_error is "raise" or "collect", not {on_error!r}.')
    ids = checked_ids(campaign_ids, "fetch_campaigns")
    with opened_client(client, api_key, base_url) as opened, progress_bar(len(ids), progress) as advance:
        fetch = partial(_tables_or_failure, opened, strict=strict, collect=on_error == "collect")
        outcomes = work_in_threads(
            ids, fetch, threads=opened.max_workers, stop=opened.abort, done=lambda _: advance()
        )
    found = [outcomes[one] for one in ids]
    tables = concat_tables([one for one in found if isinstance(one, Tables)])
    rows = [one for one in found if not isinstance(one, Tables)]
    return CampaignFrames.from_arrow(tables, table_of_rows(rows, FAILURE_COLUMNS))


def _tables_or_failure(
    client: Client, campaign_id: str, *, strict: bool, collect: bool
) -> Tables | dict[str, Any]:
    """Fetch and decode; give the campaign's tables, or its row of `failures`."""
    try:
        return fetch_tables(client, campaign_id, strict=strict)
    except (FetchError, DataProblemsError) as error:
        if not collect:
            raise
        # A row at once: the error itself would keep the body alive through its traceback.
        return _failure(campaign_id, error)


def _failure(campaign_id: str, error: FetchError | DataProblemsError) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "error": type(error).__name__,
        "message": str(error),
        "status": getattr(error, "status", None),
        "attempts": getattr(error, "attempts", None),
        "retryable": getattr(error, "retryable", False),
    }
