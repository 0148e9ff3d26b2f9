"""Synthetic campaigns: a plan, and how much of it a client sees at a moment."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from caldframe.errors import ConfigurationError
from caldframe.sandbox.body import Body, as_json
from caldframe.sandbox.dice import Dice, fingerprint
from caldframe.sandbox.plan import Brief, Plan, make_plan
from caldframe.sandbox.script import Agent, Script, load_script

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MOST_CALLS", "SyntheticCampaign", "synthetic_campaign"]

MOST_CALLS: Final = 20_000
"""How many calls a campaign can have: there are only so many numbers reserved for fiction."""

_STATUSES: Final = ("finished", "finished", "active", "cancelled", "not_funded", "pending")
_CAST: Final = (
    # Script and agent, campaign by campaign. The first two differ by the agent alone.
    ("solar_survey", 0),
    ("solar_survey", 1),
    ("appointment_reminder", 0),
    ("term_deposit", 0),
    ("event_invitation", 0),
    ("customer_feedback", 0),
    ("appointment_reminder", 1),
    ("term_deposit", 1),
    ("event_invitation", 1),
    ("customer_feedback", 1),
)
_FIRST_MONDAY: Final = date(2025, 10, 13)  # daylight saving ends on the campaigns' way
_WEEKS: Final = 26
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

_MADE_AT_START: Final = 0.6  # the share of an active campaign's calls that are made before the sandbox starts
_SECONDS_A_CALL: Final = 20.0  # after that, one call in this time,
_SECONDS_LEFT: Final = 3600.0  # or faster, so that the campaign is finished after this time
_STOPPED: Final = (0.35, 0.75)

_STATS: Final = {
    "failedCalls": "failed",
    "pendingCalls": "pending",
    "pickedUpCalls": "pickedUp",
    "ivrCalls": "ivr",
    "voicemailCalls": "voicemail",
    "unansweredCalls": "unanswered",
    "disconnectedCalls": "disconnected",
}


class _Progress(NamedTuple):
    placed: int
    status: str


class SyntheticCampaign:
    """A made-up campaign, the same one for the same arguments.

    It is one week after the campaign before it; script, agent and status go round. The plan is made when
    it is first needed.

    A campaign is seen at a moment, counted in seconds since the sandbox started. Calls that are not placed
    yet are absent. A call that is under way is pending, and so are a few, in a campaign that is not finished,
    that the API never heard of again. An active campaign is a plan played back: three fifths of its calls
    were placed before the sandbox started, then one follows every twenty seconds, or faster, so that
    the campaign is finished after an hour at the latest. One that was cancelled or ran out of funds stands
    still where it stopped, and a pending one has no calls.

    Parameters
    ----------
    seed : int
        Another seed, another world.
    number : int
        Which campaign of that world, from 0.
    calls : int
        How many calls the whole plan has, at most `MOST_CALLS`.
    """

    def __init__(self, seed: int, number: int, calls: int) -> None:
        self.campaign_id = fingerprint("campaign", seed, number)
        self.list_id = fingerprint("list", seed, number)
        self._seed = seed
        self._number = number
        self._calls = calls
        self._status = _STATUSES[number % len(_STATUSES)]
        self._call_prefix = fingerprint("calls", seed, number, digits=12)
        self._cast = _CAST[number % len(_CAST)]
        self._lock = Lock()
        self._seen: tuple[_Progress, Body] | None = None

    @property
    def agents(self) -> list[dict[str, object]]:
        """The one agent of the campaign, as the API gives it."""
        description = f"{self._agent.name}, {self._script.name.lower()}"
        return [{"agentId": self._agent_id, "name": description, "recording": self._script.recording}]

    @property
    def contacts(self) -> list[dict[str, str]]:
        """The contacts of the campaign's list, as the API gives them."""
        return [contact.as_json() for contact in self._plan().contacts]

    def details(self, elapsed: float) -> Body:
        """Give the campaign and its calls as they are seen some seconds after the start."""
        progress = self._progress(elapsed)
        # A local, because another thread may replace it meanwhile.
        seen = self._seen
        if seen is None or seen[0] != progress:
            seen = progress, Body(self._render(progress))
            self._seen = seen
        return seen[1]

    def call(self, call_id: str, elapsed: float) -> Body | None:
        """Give one call as it is seen some seconds after the start, None where it is not (yet) there."""
        if not call_id.startswith(self._call_prefix):
            return None
        for seen_id, _, body in self._visible(self._progress(elapsed)):
            if seen_id == call_id:
                return Body(body)
        return None

    @cached_property
    def _script(self) -> Script:
        return load_script(self._cast[0])

    @cached_property
    def _agent(self) -> Agent:
        return self._script.agents[self._cast[1]]

    @cached_property
    def _agent_id(self) -> str:
        return fingerprint("agent", self._seed, *self._cast)

    @cached_property
    def _start(self) -> date:
        return _FIRST_MONDAY + timedelta(weeks=self._number % _WEEKS)

    @cached_property
    def _made(self) -> Plan:
        return make_plan(
            Brief(
                seed=self._seed,
                number=self._number,
                campaign_id=self.campaign_id,
                script=self._script,
                agent=self._agent,
                start=self._start,
                calls=self._calls,
                call_prefix=self._call_prefix,
            )
        )

    def _plan(self) -> Plan:
        with self._lock:  # so that two requests at once do not make it twice
            return self._made

    def _progress(self, elapsed: float) -> _Progress:
        """Say how many calls have been placed, and whether there are more to come."""
        if self._status == "finished":
            return _Progress(self._calls, "finished")
        if self._status == "active":
            placed = int(_MADE_AT_START * self._calls)
            rest = self._calls - placed
            pace = min(_SECONDS_A_CALL, _SECONDS_LEFT / max(rest, 1))
            # In whole steps: between two of them nothing changes. One more step ends the last call.
            steps = int(elapsed / pace)
            return _Progress(placed + min(steps, rest), "finished" if steps > rest else "active")
        stopped = Dice("stopped", self._seed, self._number).between(*_STOPPED)
        return _Progress(0 if self._status == "pending" else int(stopped * self._calls), self._status)

    def _visible(self, progress: _Progress) -> Iterable[tuple[str, str, bytes]]:
        """Give id, result and JSON of each call that is seen."""
        placed = self._plan().calls[: progress.placed]
        now = placed[-1].created if placed else 0
        for call in placed:
            if progress.status == "finished" or (call.reported and call.completed <= now):
                yield call.call_id, call.result, call.completed_json
            else:
                yield call.call_id, "pending", call.pending_json

    def _render(self, progress: _Progress) -> bytes:
        visible = list(self._visible(progress))
        results = Counter(result for _, result, _ in visible)
        head = {
            "campaignId": self.campaign_id,
            "name": f"{self._script.name}, {self._start.day} {_MONTHS[self._start.month - 1]}",
            "listId": self.list_id,
            "agentId": self._agent_id,
            "status": progress.status,
            "stats": {
                "totalCalls": len(visible),
                "completedCalls": len(visible) - results["pending"],
                **{stat: results[result] for stat, result in _STATS.items()},
            },
        }
        # The calls are JSON already; writing them anew would take most of the time.
        calls = b",".join(body for _, _, body in visible)
        return as_json(head)[:-1] + b',"calls":[' + calls + b"]}"


def synthetic_campaign(seed: int = 1, calls: int = 400) -> bytes:
    """Make up a finished campaign: the body of a response, the same one everywhere.

    It is what the first campaign of `Sandbox` with the same seed and number of calls serves.

    Parameters
    ----------
    seed : int, default 1
        Another seed, another campaign.
    calls : int, default 400
        How many calls it has, at most `MOST_CALLS`.

    Returns
    -------
    bytes
        A response of ``GET /campaigns/{campaignId}/details``, JSON in UTF-8.

    Raises
    ------
    ConfigurationError
        If `calls` is negative or too large.

    Examples
    --------
    >>> import caldframe as cf
    >>> cf.load_campaign(synthetic_campaign(seed=1, calls=25)).campaigns[["name", "status", "total_calls"]]
                       name    status  total_calls
    0  Solar survey, 13 Oct  finished           25
    """
    check_calls(calls)
    return SyntheticCampaign(seed, 0, calls).details(0).data


def check_calls(calls: int) -> None:
    """Refuse a number of calls that cannot be made up."""
    if not 0 <= calls <= MOST_CALLS:
        raise ConfigurationError(
            f"A made-up campaign can have 0 to {MOST_CALLS:,} calls, not {calls:,}. "
            "For more calls, make more campaigns."
        )
