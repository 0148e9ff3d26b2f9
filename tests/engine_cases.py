"""What the tests of engines compare: the same calls on every engine, and every metric on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import caldframe as cf
from caldframe.frames import CampaignFrames
from caldframe.schema import CALLS, CAMPAIGNS, PROBLEMS, RESULTS, TRANSCRIPTS, Tables, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, eq=False)
class Held:
    """The tables of campaigns on one engine."""

    campaigns: Any
    calls: Any
    transcripts: Any
    problems: Any

    @property
    def contacts(self) -> pd.DataFrame:
        """A list of contacts, here."""
        return pd.DataFrame({"phone_number": ["+12125550123", "+447700900123"]})


METRICS: Final[Mapping[str, Callable[[Any], pd.DataFrame]]] = {
    "outcome_rates": lambda held: cf.outcome_rates(held.calls),
    "outcome_rates of all, by two": lambda held: cf.outcome_rates(
        held.calls, ["agent_id", "completed"], of="all"
    ),
    "outcome_rates by whole numbers": lambda held: cf.outcome_rates(held.calls, ["variant", "turns"]),
    "outcome_rates by time": lambda held: cf.outcome_rates(held.calls, "created_at"),
    "reconcile": cf.reconcile,
    "funnel": lambda held: cf.funnel(held.calls, held.transcripts, "agent_id", engaged_turns=2),
    "funnel without turns": lambda held: cf.funnel(held.calls, by=["turns"]),
    "contact_kpis": lambda held: cf.contact_kpis(held.calls, "agent_id"),
    "contact_kpis of all": lambda held: cf.contact_kpis(held.calls, list_size=100_000),
    "caller_numbers": lambda held: cf.caller_numbers(held.calls, tz="America/New_York"),
    "length_summary": lambda held: cf.length_summary(held.calls, "agent_id"),
    "length_summary of all": lambda held: cf.length_summary(held.calls, ["sale"], results=None),
    "length_distribution": lambda held: cf.length_distribution(held.calls, "agent_id", results=None),
    "length_ecdf": lambda held: cf.length_ecdf(held.calls, "campaign_id", results=("pickedUp", "ivr")),
    "reach_curve": lambda held: cf.reach_curve(held.calls, "agent_id"),
    "reach_curve of all": lambda held: cf.reach_curve(held.calls, outcome="sale", max_attempts=2),
    "reach_by_gap": lambda held: cf.reach_by_gap(held.calls, ["completed", "sale"], gaps=["30s", "1D"]),
    "ring_time": lambda held: cf.ring_time(held.calls, "result"),
    "pickup_by_hour": lambda held: cf.pickup_by_hour(held.calls, tz="America/St_Johns"),
    "pickup_by_hour of agents": lambda held: cf.pickup_by_hour(
        held.calls, tz="Europe/Berlin", by=["agent_id", "hour"], outcome="sale"
    ),
    "pickup_by_hour of prospects": lambda held: cf.pickup_by_hour(held.calls, tz="prospect", by="hour"),
    "progress": lambda held: cf.progress(held.calls, freq="D", tz="Europe/London"),
    "campaign_cost": lambda held: cf.campaign_cost(held.calls, "0.12", increment=6, by="agent_id"),
    "compare_outcomes": lambda held: cf.compare_outcomes(held.calls, "agent_id"),
    "compare_outcomes of one's own": lambda held: cf.compare_outcomes(held.calls, "agent_id", outcome="sale"),
    "compare_lengths": lambda held: cf.compare_lengths(held.calls, ["agent_id", "variant"]),
    "drop_off": lambda held: cf.drop_off(held.transcripts, held.calls, "agent_id"),
    "drop_off of campaigns": lambda held: cf.drop_off(held.transcripts, held.calls, ["campaign_id", "sale"]),
    "drop_off of turns alone": lambda held: cf.drop_off(held.transcripts, by="role"),
    "drop_off of all turns": lambda held: cf.drop_off(held.transcripts),
    "quiet_hours": lambda held: cf.quiet_hours(held.calls),
    "quiet_hours of one's own": lambda held: cf.quiet_hours(held.calls, start=8.37, end=14.01),
}
"""Every metric that counts on any engine, by what is asked of it."""

CAMPAIGN_BY_CAMPAIGN: Final[Mapping[str, Callable[[Any], pd.DataFrame]]] = {
    "attempts": lambda held: cf.attempts(held.calls),
    "attempts to sell": lambda held: cf.attempts(held.calls, outcome="sale"),
    "talk_metrics": lambda held: cf.talk_metrics(held.transcripts, held.calls),
    "talk_metrics of turns alone": lambda held: cf.talk_metrics(held.transcripts),
    "talk_summary": lambda held: cf.talk_summary(held.transcripts, held.calls, ["agent_id", "variant"]),
    "search_transcripts": lambda held: cf.search_transcripts(held.transcripts, "hotel|yes", regex=True),
    "search_transcripts of users": lambda held: cf.search_transcripts(held.transcripts, "e", "user", 0),
    "distinctive_terms": lambda held: cf.distinctive_terms(held.transcripts, "role"),
    "distinctive_terms of results": lambda held: cf.distinctive_terms(
        held.transcripts, "result", held.calls, role="user", ngrams=2
    ),
    "hang_up_lines": lambda held: cf.hang_up_lines(held.transcripts, held.calls),
    "openings": lambda held: cf.openings(held.transcripts, held.calls),
    "openings that sell": lambda held: cf.openings(held.transcripts, held.calls, "sale"),
    "opt_outs": lambda held: cf.opt_outs(held.transcripts),
    "opt_out_numbers": lambda held: cf.opt_out_numbers(held.calls, held.transcripts),
    "audit_labels": lambda held: cf.audit_labels(held.calls, held.transcripts, exchange_turns=1),
    "audited_answer_rate": lambda held: cf.audited_answer_rate(held.calls, held.transcripts, "agent_id"),
    "quality": cf.quality,
    "quality of campaigns": lambda held: cf.quality(held, "campaign_id", now="2026-06-01T00:00Z", examples=2),
}
"""Every metric that needs rows side by side, which come here campaign by campaign."""

ALL: Final[Mapping[str, Callable[[Any], pd.DataFrame]]] = {**METRICS, **CAMPAIGN_BY_CAMPAIGN}
"""Every metric that any engine has rows for."""

NEED_ROWS: Final[Mapping[str, Callable[[Any], pd.DataFrame]]] = {
    "join_contacts": lambda held: cf.join_contacts(held.calls, held.contacts).counts,
}
"""Every metric that needs all calls in this process."""

_OWN: Final = {"sale": pa.bool_(), "variant": pa.int64()}
_MOMENTS: Final = [
    datetime(2026, 3, 2, 14, 5, tzinfo=UTC),
    datetime(2026, 3, 2, 14, 5, 30, 250_000, tzinfo=UTC),
    datetime(2026, 3, 8, 6, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
]
_SPACES: Final = ["", " ", "\t\n", "\x1c", "\x85", "\u2003", "\u3000\u00a0", "\u200b", "\ufeff"]


def on_pandas(tables: Tables) -> CampaignFrames:
    """Give the tables as pandas has them: what every engine is compared with."""
    return CampaignFrames.from_arrow(tables)


def on_engine(tables: Tables, put: Callable[[pa.Table], Any]) -> Held:
    """Give the tables as an engine has them."""
    return Held(*(put(table) for table in tables.as_dict().values()))


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Compare values, dtypes, order and how they were made, to the last digit."""
    assert_frame_equal(found, expected, check_exact=True)
    assert [repr(dtype) for dtype in found.dtypes] == [repr(dtype) for dtype in expected.dtypes]
    assert found.attrs == expected.attrs


def with_own_columns(tables: Tables) -> Tables:
    """Give the tables with columns of true and false and of whole numbers beside those of the calls."""
    lengths = tables.calls.column("call_length").to_pylist()
    sale = [None if length is None else length > 200 for length in lengths]
    variant = [None if row % 7 == 0 else row % 3 for row in range(len(lengths))]
    calls = tables.calls.append_column("sale", pa.array(sale, pa.bool_()))
    calls = calls.append_column("variant", pa.array(variant, pa.int64()))
    return Tables(tables.campaigns, calls, tables.transcripts, tables.problems)


moments = st.one_of(
    st.none(),
    st.sampled_from(_MOMENTS),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(datetime(1890, 1, 1), datetime(2300, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
lengths = st.one_of(
    st.none(),
    st.sampled_from([0.0, 9.9, 10.0, 60.0, 60.5, -1.0, float("inf")]),
    st.floats(0, 5000).map(lambda length: round(length, 3)),
)
numbers = st.sampled_from(
    [None, "", "+12125550123", "+12135550123", "+17095550123", "+448005550123", "+447700900123", "soon"]
)

_CELLS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "campaign_id": st.sampled_from(["c1", "c2", None]),
    "agent_id": st.sampled_from([None, "agent-1", "agent-2", "Zoë", "", "\x00"]),
    "call_id": st.sampled_from([None, "k1", "k2", "k3", "k4"]),
    "direction": st.sampled_from(["outbound", "outbound", "outbound", "inbound", None]),
    "from_number": numbers,
    "prospect_number": numbers,
    "completed": st.sampled_from([True, True, True, False, None]),
    "result": st.sampled_from([*RESULTS, "pickedUp", "pickedUp", "busy", None]),
    "created_at": moments,
    "completed_at": moments,
    "call_length": lengths,
    "turns": st.integers(0, 3),
    "sale": st.sampled_from([True, False, None]),
    "variant": st.sampled_from([None, 0, 1]),
    "role": st.sampled_from(["user", "user", "assistant", None, "system"]),
    "turn": st.integers(0, 5),
    "content": st.one_of(
        st.none(),
        st.sampled_from(["Yes?", "Is this Zoë?", "Stop calling me!", "After the tone."]),
        st.sampled_from(_SPACES),
        st.text(max_size=2),
    ),
    "field": st.just("calls[0].callId"),
    "problem": st.sampled_from(["missing", "unknown_value", "negative"]),
    "total_calls": st.sampled_from([None, 0, 12]),
}


@st.composite
def _drawn(draw: st.DrawFn, schema: pa.Schema, most: int) -> pa.Table:
    cells = {name: _CELLS[name] for name in schema.names if name in _CELLS}
    rows = draw(st.lists(st.tuples(*cells.values()), max_size=most))
    given = [dict(zip(cells, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(given, schema=schema)


@st.composite
def random_tables(draw: st.DrawFn) -> Tables:
    """Draw campaigns, calls with columns of one's own, and turns, with nulls and odd values everywhere."""
    calls = arrow_schema(CALLS)
    for name, kind in _OWN.items():
        calls = calls.append(pa.field(name, kind))
    return Tables(
        draw(_drawn(arrow_schema(CAMPAIGNS), 3)),
        draw(_drawn(calls, 30)),
        draw(_drawn(arrow_schema(TRANSCRIPTS), 20)),
        draw(_drawn(arrow_schema(PROBLEMS), 5)),
    )
