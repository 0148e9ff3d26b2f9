"""Many campaigns at the same time: threads that ask and decode, and end when they are told to."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from caldframe.client import path_segment
from caldframe.errors import ConfigurationError, DataProblemsError, FetchError
from caldframe.fetch.asking import fetch_tables, opened_client
from caldframe.frames import FAILURE_COLUMNS, CampaignFrames
from caldframe.schema import Tables, concat_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from caldframe.client import Client

_LONGEST_GOODBYE: Final = 2.0


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
    ids = _checked_ids(campaign_ids)
    with opened_client(client, api_key, base_url) as opened, _progress_bar(len(ids), progress) as advance:
        outcomes = _fetch_all(opened, ids, strict=strict, collect=on_error == "collect", advance=advance)
    found = [outcomes[one] for one in ids]
    tables = concat_tables([one for one in found if isinstance(one, Tables)])
    rows = [one for one in found if not isinstance(one, Tables)]
    failures = pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in FAILURE_COLUMNS.items()}
    )
    return CampaignFrames.from_arrow(tables, failures)


def _checked_ids(campaign_ids: Iterable[str]) -> list[str]:
    if isinstance(campaign_ids, str | bytes) or not isinstance(campaign_ids, Iterable):
        raise ConfigurationError(
            f"campaign_ids is a list: fetch_campaigns([{campaign_ids!r}]). For a single campaign there is "
            "fetch_campaign."
        )
    ids = list(campaign_ids)
    for one in ids:
        path_segment(one)
    return list(dict.fromkeys(ids))


def _fetch_all(
    client: Client, ids: list[str], *, strict: bool, collect: bool, advance: Callable[[], object]
) -> dict[str, Tables | dict[str, Any]]:
    """Fetch and decode in threads; give each campaign's tables, or its row of `failures`."""
    waiting: SimpleQueue[str] = SimpleQueue()
    arrived: SimpleQueue[tuple[str, Tables | dict[str, Any] | BaseException]] = SimpleQueue()
    over = threading.Event()
    for one in ids:
        waiting.put(one)

    def work() -> None:
        while not over.is_set():
            try:
                one = waiting.get_nowait()
            except Empty:
                return
            outcome = _outcome(client, one, strict=strict, collect=collect)
            if isinstance(outcome, BaseException):
                over.set()
            arrived.put((one, outcome))

    # Not an executor: at exit Python waits for its threads, and one that is connecting cannot be ended.
    workers = [
        threading.Thread(target=work, name="caldframe-fetch", daemon=True)
        for _ in range(min(client.max_workers, len(ids)))
    ]
    outcomes: dict[str, Tables | dict[str, Any]] = {}
    try:
        for worker in workers:
            worker.start()
        while len(outcomes) < len(ids):
            one, outcome = _next(arrived)
            outcomes[one] = outcome
            advance()
    except BaseException:
        over.set()
        _end(workers, client)
        raise
    for worker in workers:
        worker.join()
    return outcomes


def _outcome(
    client: Client, campaign_id: str, *, strict: bool, collect: bool
) -> Tables | dict[str, Any] | BaseException:
    try:
        return fetch_tables(client, campaign_id, strict=strict)
    except (FetchError, DataProblemsError) as error:
        # A row at once: the error itself would keep the body alive through its traceback.
        return _failure(campaign_id, error) if collect else error
    except BaseException as error:  # noqa: BLE001 - whatever it is, the thread that waits has to know
        return error


def _failure(campaign_id: str, error: FetchError | DataProblemsError) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "error": type(error).__name__,
        "message": str(error),
        "status": getattr(error, "status", None),
        "attempts": getattr(error, "attempts", None),
        "retryable": getattr(error, "retryable", False),
    }


def _next(
    arrived: SimpleQueue[tuple[str, Tables | dict[str, Any] | BaseException]],
) -> tuple[str, Tables | dict[str, Any]]:
    """Wait for the next outcome, and raise it if it is an error."""
    while True:
        try:
            # In short turns, since Windows delivers Ctrl-C only between waits.
            one, outcome = arrived.get(timeout=0.2)
        except Empty:
            continue
        if isinstance(outcome, BaseException):
            raise outcome
        return one, outcome


def _end(workers: list[threading.Thread], client: Client) -> None:
    """End the threads now; one that just begins a request is caught the next time round."""
    deadline = time.monotonic() + _LONGEST_GOODBYE
    while any(worker.is_alive() for worker in workers) and time.monotonic() < deadline:
        client.abort()
        time.sleep(0.01)


@contextmanager
def _progress_bar(total: int, progress: bool | None) -> Iterator[Callable[[], object]]:
    """Give what is to be called for each campaign that is done."""
    if progress is None:
        progress = "ipykernel.zmqshell" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
    if not progress:
        yield lambda: None  # a disabled bar would start tqdm's thread all the same
        return
    from tqdm.auto import tqdm  # noqa: PLC0415 - in a notebook the import itself may warn

    class Bar(tqdm):  # type: ignore[type-arg]  # generic in the stubs alone
        monitor_interval = 0  # no thread that stays behind; with a step of one there is nothing to monitor

    with Bar(total=total, desc="Campaigns", unit="campaign", miniters=1) as bar:
        yield bar.update
