"""Bring campaigns up to date: fetch what may have changed, keep what has, and say what was done."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from concurrent.futures import as_completed
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow.compute as pc

from caldframe.archive.commit import Received, commit, finish
from caldframe.archive.differences import differences
from caldframe.archive.names import RawName, digest_of
from caldframe.archive.reading import read_campaign
from caldframe.archive.turns import in_turn
from caldframe.decode import decode_campaign
from caldframe.errors import ArchiveError, BadResponseError, CaldError, DataProblemsWarning
from caldframe.fetch.asking import answering
from caldframe.fetch.progress import progress_bar
from caldframe.fetch.workers import work_in_threads
from caldframe.frames import table_of_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    from caldframe.archive.commit import History
    from caldframe.archive.states import CampaignState
    from caldframe.archive.storage import Storage
    from caldframe.client import Client, Response
    from caldframe.schema import Tables

_FREE: Final = nullcontext()

SYNC_COLUMNS: Final[dict[str, Any]] = {
    "campaign_id": "str",
    "status": "str",
    "action": "str",
    "calls": pd.Int64Dtype(),
    "new_calls": pd.Int64Dtype(),
    "changed_calls": pd.Int64Dtype(),
    "bytes": pd.Int64Dtype(),
    "seconds": "float64",
    "error": "str",
}
"""The columns of the table that a sync gives, and their dtypes."""


@dataclass(frozen=True)
class Synced:
    """What a sync did with one campaign; the fields are those of `SYNC_COLUMNS`, and one more."""

    campaign_id: str
    action: str
    status: str | None = None
    calls: int | None = None
    new_calls: int | None = None
    changed_calls: int | None = None
    bytes: int = 0
    seconds: float = 0.0
    error: str | None = None
    vanished_calls: int = 0


@dataclass(frozen=True)
class Sync:
    """What to do with each campaign; it can be sent to other processes and machines.

    Parameters
    ----------
    storage : Storage
        Where the archive is.
    client : Client
        What asks.
    history : {"latest", "all"}
        Which raw responses are kept.
    refresh : bool
        Whether campaigns are fetched although they are over.
    """

    storage: Storage
    client: Client
    history: History
    refresh: bool

    def is_due(self, state: CampaignState) -> bool:
        """Whether there is anything to do for a campaign."""
        return self.refresh or not state.is_over or state.may_be_unfinished

    def __call__(self, state: CampaignState, asking: AbstractContextManager[Any] = _FREE) -> Synced:
        """Bring one campaign up to date.

        Parameters
        ----------
        state : CampaignState
            What the archive held of it before anything was asked.
        asking : context manager, optional
            Held while it is asked for.

        Returns
        -------
        Synced
            What was done, or why it failed; a campaign that fails raises nothing.
        """
        started = time.perf_counter()
        try:
            result = self._bring_up_to_date(state, asking)
        except CaldError as error:
            result = _failed(state.campaign_id, error)
        return replace(result, seconds=time.perf_counter() - started)

    def _bring_up_to_date(self, state: CampaignState, asking: AbstractContextManager[Any]) -> Synced:
        if state.may_be_unfinished:
            finish(self.storage, state, history=self.history)
            if state.is_over and not self.refresh:
                return _as_it_was(state, "skipped")
        with asking:
            response = self.client.campaign(state.campaign_id)
        newest = state.newest
        if (
            newest is not None
            and newest.name.digest == digest_of(response.body)
            and not state.must_be_fetched
        ):
            return replace(_as_it_was(state, "unchanged"), bytes=len(response.body))
        received = self._received(state, response)
        previous = self._previous(state)
        result = _compared(state, received, previous)
        known = {} if newest is None or previous is None else {newest.name: previous}
        commit(self.storage, state, received, known, history=self.history)
        return result

    def _received(self, state: CampaignState, response: Response) -> Received:
        moment = response.received_at
        if state.newest is not None:
            # The clock of the machine that fetched the last one may be ahead of this one's.
            moment = max(moment, state.newest.name.fetched_at + timedelta(microseconds=1))
        body = response.body
        with answering(self.client, response, state.campaign_id), in_turn(len(body)):
            tables = decode_campaign(body, campaign_id=state.campaign_id, fetched_at=moment)
            _refuse_another_campaign(tables, state.campaign_id)
            return Received(body, _name(body, tables), tables)

    def _previous(self, state: CampaignState) -> Tables | None:
        """Give what the archive says of a campaign; None if it says nothing, or nothing any more."""
        if state.newest is None:
            return None
        try:
            return read_campaign(self.storage, state)
        except ArchiveError:
            return None


def sync_all(
    sync: Sync, states: Sequence[CampaignState], *, executor: Executor | None, progress: bool | None
) -> pd.DataFrame:
    """Bring campaigns up to date; `caldframe.Archive.sync` says what the rows are."""
    due = {state.campaign_id: state for state in states if sync.is_due(state)}
    done = {
        state.campaign_id: _as_it_was(state, "skipped") for state in states if state.campaign_id not in due
    }
    with progress_bar(len(states), progress) as advance:
        counts: Counter[str] = Counter()

        def note(result: Synced) -> None:
            counts[result.action] += 1
            advance(", ".join(f"{count:,} {action}" for action, count in counts.items()))

        for result in done.values():
            note(result)
        done |= _in_threads(sync, due, note) if executor is None else _in_executor(sync, due, executor, note)
    results = [done[state.campaign_id] for state in states]
    _warn_of_vanished(results)
    return table_of_rows([asdict(result) for result in results], SYNC_COLUMNS)


def _in_threads(
    sync: Sync, due: Mapping[str, CampaignState], note: Callable[[Synced], None]
) -> dict[str, Synced]:
    # More than ask at a time, so that campaigns are asked for while others are written.
    asking = BoundedSemaphore(sync.client.max_workers)
    return work_in_threads(
        list(due),
        lambda campaign_id: sync(due[campaign_id], asking),
        threads=3 * sync.client.max_workers,
        stop=sync.client.abort,
        done=note,
    )


def _in_executor(
    sync: Sync, due: Mapping[str, CampaignState], executor: Executor, note: Callable[[Synced], None]
) -> dict[str, Synced]:
    futures = {executor.submit(sync, state): campaign_id for campaign_id, state in due.items()}
    done = {}
    try:
        for future in as_completed(futures):
            campaign_id = futures[future]
            try:
                done[campaign_id] = future.result()
            except Exception as error:  # noqa: BLE001 - a worker that died is a campaign that failed
                done[campaign_id] = _failed(campaign_id, error)
            note(done[campaign_id])
    except BaseException:
        for future in futures:
            future.cancel()
        sync.client.abort()
        raise
    return done


def _as_it_was(state: CampaignState, action: str) -> Synced:
    """Say of a campaign that nothing in it has changed."""
    newest = state.newest
    if newest is None:
        return Synced(state.campaign_id, action)
    name = newest.name
    return Synced(
        state.campaign_id, action, status=name.status, calls=name.calls, new_calls=0, changed_calls=0
    )


def _refuse_another_campaign(tables: Tables, asked: str) -> None:
    named = tables.campaigns["campaign_id"].to_pylist()[0]
    if named != asked:
        raise BadResponseError(
            f"The answer is another campaign, {named!r}, so nothing was kept. Sync that one by its own id."
        )


def _name(body: bytes, tables: Tables) -> RawName:
    about = ["fetched_at", "status", "pending_calls"]
    campaign = tables.campaigns.select(about).to_pylist()[0]
    calls = tables.calls
    waiting = pc.or_(
        pc.fill_null(pc.equal(calls["result"], "pending"), fill_value=False),
        pc.fill_null(pc.invert(calls["completed"]), fill_value=False),
    )
    pending = max(pc.sum(waiting).as_py() or 0, campaign["pending_calls"] or 0)
    return RawName(campaign["fetched_at"], digest_of(body), campaign["status"], calls.num_rows, pending)


def _compared(state: CampaignState, received: Received, previous: Tables | None) -> Synced:
    name = received.name
    result = Synced(
        state.campaign_id,
        "added" if state.newest is None else "updated",
        status=name.status,
        calls=name.calls,
        bytes=len(received.body),
    )
    if state.newest is None:
        return replace(result, new_calls=name.calls, changed_calls=0)
    if previous is None:
        return result
    found = differences(previous, received.tables)
    return replace(
        result,
        new_calls=len(found.appeared),
        changed_calls=found.changed_calls + len(found.vanished),
        vanished_calls=len(found.vanished),
    )


def _failed(campaign_id: str, error: Exception) -> Synced:
    words = str(error) if isinstance(error, CaldError) else f"{type(error).__name__}: {error}"
    return Synced(campaign_id, "failed", error=words)


def _warn_of_vanished(results: Iterable[Synced]) -> None:
    for result in results:
        if result.vanished_calls:
            warnings.warn(
                f"The new response of {result.campaign_id} lacks {result.vanished_calls:,} of the calls that "
                "the archive has. The earlier response is kept; `Archive.changes` names them.",
                DataProblemsWarning,
                stacklevel=4,
            )
