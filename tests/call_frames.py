"""Tables of calls for the tests of metrics: made by hand, by chance, or read from the real campaign."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
from hypothesis import strategies as st

from caldframe.frames import to_pandas
from caldframe.schema import CALLS, RESULTS, arrow_schema

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = {"callId": "call_id", "result": "result", "completed": "completed", "callLength": "call_length"}


def make_calls(**columns: Any) -> pd.DataFrame:
    """Give calls with the dtypes of the schema; columns that are not given are null."""
    length = max((len(values) for values in columns.values()), default=0)
    schema = arrow_schema(CALLS)
    rows = [
        {"turns": 0, **{name: values[row] for name, values in columns.items() if name in schema.names}}
        for row in range(length)
    ]
    calls = to_pandas(schema.empty_table().from_pylist(rows, schema=schema), CALLS)
    return calls.assign(**{name: values for name, values in columns.items() if name not in schema.names})


def real_calls(path: Path) -> pd.DataFrame:
    """Give the real campaign's calls by nothing but the standard library and pandas."""
    response = json.loads(gzip.decompress(path.read_bytes()))
    rows = [
        {"campaign_id": response["campaignId"]} | {FIELDS[name]: call.get(name) for name in FIELDS}
        for call in response["calls"]
    ]
    calls = make_calls(**{name: [row[name] for row in rows] for name in rows[0]})
    created = pd.to_datetime([call["createdAt"] for call in response["calls"]], utc=True)
    return calls.assign(weekday=created.day_name())


lengths = st.one_of(
    st.none(),
    st.integers(0, 40).map(float),
    st.floats(-5, 5000, allow_nan=False).map(lambda length: round(length, 3)),
)


@st.composite
def random_calls(draw: st.DrawFn) -> pd.DataFrame:
    """Draw up to 40 calls in a few groups, with nulls and new results among them."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from([None, "agent-1", "agent-2", "Zoë", ""]),
                st.sampled_from([None, 0, 1]),
                st.sampled_from([None, True, False, True]),
                st.sampled_from([*RESULTS, "busy", "abandoned", None]),
                lengths,
            ),
            max_size=40,
        )
    )
    agents, variants, completed, results, seconds = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    calls = make_calls(agent_id=agents, completed=completed, result=results, call_length=seconds)
    return calls.assign(variant=pd.array(variants, dtype="Int64"))
