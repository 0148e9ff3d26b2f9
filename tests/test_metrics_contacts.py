from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from call_frames import make_calls
from hypothesis import given
from hypothesis import strategies as st

from caldframe.errors import ConfigurationError, UnknownColumnError
from caldframe.fetch import fetch_campaign, fetch_contacts, load_campaign
from caldframe.frames import to_pandas
from caldframe.metrics.contacts import join_contacts
from caldframe.sandbox import Sandbox
from caldframe.schema import CONTACTS, arrow_schema

if TYPE_CHECKING:
    from pathlib import Path

ANN, BOB, CAT, DAN = (f"+1415555010{digit}" for digit in range(1, 5))


def make_contacts(*rows: dict[str, Any]) -> pd.DataFrame:
    """Give contacts as fetch_contacts does."""
    schema = arrow_schema(CONTACTS)
    return to_pandas(schema.empty_table().from_pylist(list(rows), schema=schema), CONTACTS)


def contact(number: str | None, **extra: Any) -> dict[str, Any]:
    return {"phone_number": number, "extra": json.dumps(extra) if extra else None}


def plain(values: pd.Series[Any]) -> list[Any]:
    return values.astype(object).where(values.notna(), None).tolist()


def counts_of(table: pd.DataFrame, of: str) -> dict[str, int]:
    some = table[table["of"] == of]
    return dict(zip(some["contact_match"], some["n"], strict=True))


def test_custom_variables_become_columns_to_group_by() -> None:
    calls = make_calls(prospect_number=[ANN, BOB, ANN, CAT, None, "nobody"])
    contacts = make_contacts(
        {"phone_number": ANN, "prospect_name": "Ann", "extra": '{"plan": "gold", "visits": 3}'},
        {"phone_number": BOB, "prospect_name": "Bob", "extra": '{"plan": "basic"}'},
        {"phone_number": DAN},
        {"phone_number": "call me"},
    )
    joined = join_contacts(calls, contacts)
    assert joined.calls.columns.tolist() == [
        *calls.columns,
        *("contact_number", "contact_match", "prospect_name", "email", "plan", "visits"),
    ]
    assert plain(joined.calls["plan"]) == ["gold", "basic", "gold", None, None, None]
    assert plain(joined.calls["visits"]) == [3, None, 3, None, None, None]
    assert joined.calls["contact_match"].tolist() == [*["matched"] * 3, "unmatched", *["no_number"] * 2]
    assert plain(joined.calls["contact_number"]) == [ANN, BOB, ANN, CAT, None, None]
    assert joined.contacts["contact_match"].tolist() == ["matched", "matched", "unmatched", "no_number"]
    assert joined.contacts["contact_calls"].tolist() == [2, 1, 0, 0]
    assert counts_of(joined.counts, "calls") == {
        "matched": 3,
        "ambiguous": 0,
        "unmatched": 1,
        "no_number": 2,
    }
    assert counts_of(joined.counts, "contacts") == {
        "matched": 2,
        "ambiguous": 0,
        "unmatched": 1,
        "no_number": 1,
        "repeated": 0,
    }
    pd.testing.assert_frame_equal(joined.calls[calls.columns.tolist()], calls)


@pytest.mark.parametrize(
    "file", ["phone,plan\n14155550101,gold\n(415) 555-0102,basic\n", "phone,plan\n4155550101,gold\n,basic\n"]
)
def test_a_file_read_by_pandas_matches_on_the_normal_form(file: str) -> None:
    contacts = pd.read_csv(io.StringIO(file))
    joined = join_contacts(make_calls(prospect_number=[ANN]), contacts, on="phone", region="US")
    assert joined.calls["plan"].tolist() == ["gold"]
    assert "phone" not in joined.calls
    assert plain(joined.contacts["contact_number"])[0] == ANN


def test_contacts_that_differ_are_ambiguous_and_those_that_do_not_are_one() -> None:
    contacts = make_contacts(
        contact(ANN, plan="gold"),
        contact(ANN, plan="basic"),
        contact(BOB, plan="gold"),
        contact("+1 (415) 555-0102", plan="gold"),
        contact(ANN, plan="gold"),
        contact(CAT),
        contact(CAT),
    )
    joined = join_contacts(make_calls(prospect_number=[ANN, BOB, BOB, CAT]), contacts)
    assert joined.calls["contact_match"].tolist() == ["ambiguous", *["matched"] * 3]
    assert plain(joined.calls["plan"]) == [None, "gold", "gold", None]
    assert joined.contacts["contact_match"].tolist() == [
        *("ambiguous", "ambiguous", "matched", "repeated", "repeated", "matched", "repeated")
    ]
    assert joined.contacts["contact_calls"].tolist() == [1, 1, 2, 2, 1, 1, 1]


def test_variables_keep_their_kind_and_nothing_is_lost() -> None:
    contacts = make_contacts(
        contact(
            ANN, whole=1, part=1, yes=True, mixed=1, deep={"a": [1]}, huge=2**80, none=None, half="\ud83d"
        ),
        contact(BOB, whole=-5, part=0.5, yes=False, mixed="é", deep=None, huge=1, none=None),
    )
    calls = join_contacts(make_calls(prospect_number=[ANN, BOB]), contacts).calls.iloc[:, -8:]
    assert calls.dtypes.astype(str).to_dict() == {
        "whole": "Int64",
        "part": "Float64",
        "yes": "boolean",
        "mixed": "str",
        "deep": "str",
        "huge": "str",
        "none": "str",
        "half": "str",
    }
    assert plain(calls["mixed"]) == ["1", "é"]
    assert plain(calls["deep"]) == ['{"a": [1]}', None]
    assert plain(calls["huge"]) == [str(2**80), "1"]
    assert plain(calls["half"]) == ["\ufffd", None]


def test_dtypes_do_not_depend_on_whether_all_are_matched() -> None:
    contacts = pd.DataFrame(
        {
            "phone_number": [ANN, BOB],
            "age": [30, 40],
            "small": np.array([1, 2], dtype="uint8"),
            "vip": [True, False],
            "score": [0.5, 1.5],
            "tier": pd.Categorical(["a", "b"]),
            "since": pd.to_datetime(["2020-01-01", "2021-01-01"]),
        }
    )
    some = join_contacts(make_calls(prospect_number=[CAT, ANN]), contacts).calls
    every = join_contacts(make_calls(prospect_number=[BOB, ANN]), contacts).calls
    nobody = join_contacts(make_calls(), contacts).calls
    assert some.dtypes.equals(every.dtypes)
    assert some.dtypes.equals(nobody.dtypes)
    names = ["age", "small", "vip", "score", "tier"]
    assert some[names].dtypes.astype(str).tolist() == ["Int64", "UInt64", "boolean", "float64", "category"]
    assert plain(some["age"]) == [None, 30]
    assert every.dtypes["since"] == contacts.dtypes["since"]
    empty = join_contacts(make_calls(prospect_number=[ANN]), contacts.iloc[:0])
    assert empty.calls.dtypes.equals(some.dtypes)
    assert empty.counts.dtypes.astype(str).tolist() == ["str", "str", "int64", "int64"]
    assert len(empty.counts) == 9
    assert empty.contacts.columns.tolist() == [
        *contacts.columns,
        *("contact_number", "contact_match", "contact_calls"),
    ]


def test_names_that_both_tables_have_are_told_apart() -> None:
    contacts = make_contacts(contact(ANN, result="won", email=5)).assign(list_id="L")
    joined = join_contacts(make_calls(prospect_number=[ANN], result=["ivr"]), contacts)
    (row,) = joined.calls.to_dict("records")
    assert [row["result"], row["contact_result"], row["contact_list_id"]] == ["ivr", "won", "L"]
    assert row["extra_email"] == 5
    assert {"contact_result", "contact_list_id", "extra_email"} <= set(joined.contacts.columns)


def test_any_index_and_the_inputs_stay() -> None:
    calls = make_calls(prospect_number=[ANN, BOB, CAT]).set_index(pd.Index(["x", "x", "y"], name="row"))
    contacts = make_contacts(contact(ANN, plan="gold"), contact(BOB, plan="basic")).set_index(
        pd.Index([7, 7], name="contact")
    )
    before = calls.copy(deep=True), contacts.copy(deep=True)
    joined = join_contacts(calls, contacts)
    pd.testing.assert_frame_equal(calls, before[0])
    pd.testing.assert_frame_equal(contacts, before[1])
    pd.testing.assert_index_equal(joined.calls.index, calls.index)
    pd.testing.assert_index_equal(joined.contacts.index, contacts.index)
    assert plain(joined.calls["plan"]) == ["gold", "basic", None]
    text = contacts.astype({"phone_number": "category", "extra": object})
    other = join_contacts(calls.astype({"prospect_number": "string[pyarrow]"}), text)
    assert plain(other.calls["plan"]) == ["gold", "basic", None]


numbers = st.sampled_from([ANN, BOB, CAT, DAN, f"{ANN[:2]} {ANN[2:]}", "nobody", None])


@given(
    st.lists(numbers, max_size=12),
    st.lists(st.tuples(numbers, st.sampled_from([None, "gold", "basic"])), max_size=12),
)
def test_the_join_is_that_of_sql(called: list[Any], listed: list[tuple[Any, Any]]) -> None:
    calls = make_calls(prospect_number=called, call_id=[str(row) for row in range(len(called))])
    contacts = pd.DataFrame(
        {
            "phone_number": pd.Series([number for number, _ in listed], dtype="str"),
            "plan": pd.Series([plan for _, plan in listed], dtype="str"),
        }
    )
    joined = join_contacts(calls, contacts)
    assert len(joined.calls) == len(calls)
    assert len(joined.contacts) == len(contacts)
    with duckdb.connect() as database:
        database.register("calls", calls)
        database.register("contacts", contacts)
        expected = database.sql(
            """
            WITH plain AS (
                SELECT call_id, replace(prospect_number, ' ', '') AS number FROM calls
            ), known AS (
                SELECT DISTINCT replace(phone_number, ' ', '') AS number, plan FROM contacts
            ), single AS (
                SELECT number, count(*) AS contacts, any_value(plan) AS plan FROM known GROUP BY number
            )
            SELECT call_id,
                CASE WHEN plain.number IS NULL OR plain.number = 'nobody' THEN 'no_number'
                     WHEN contacts IS NULL THEN 'unmatched'
                     WHEN contacts > 1 THEN 'ambiguous' ELSE 'matched' END AS match,
                CASE WHEN contacts = 1 AND plain.number <> 'nobody' THEN plan END AS plan
            FROM plain LEFT JOIN single USING (number) ORDER BY call_id::int
            """
        ).fetchall()
    columns = ["call_id", "contact_match", "plan"]
    assert list(zip(*(plain(joined.calls[name]) for name in columns), strict=True)) == expected
    for of, table in (("calls", joined.calls), ("contacts", joined.contacts)):
        some = joined.counts[joined.counts["of"] == of]
        assert some["n"].sum() == len(table)
        assert some["total"].eq(len(table)).all()
        assert counts_of(joined.counts, of) == {
            kind: int((table["contact_match"] == kind).sum()) for kind in some["contact_match"]
        }
    once = ~joined.contacts["contact_match"].isin(["repeated", "no_number"])
    distinct = joined.contacts[once].drop_duplicates("contact_number")
    assert (
        distinct["contact_calls"].sum() == joined.calls["contact_match"].isin(["matched", "ambiguous"]).sum()
    )


def test_contacts_of_the_api() -> None:
    with Sandbox(seed=1, calls=60) as sandbox:
        account: Any = {"base_url": sandbox.url, "api_key": sandbox.api_key}
        frames = fetch_campaign(sandbox.campaign_ids[0], **account)
        contacts = fetch_contacts(frames.campaigns["list_id"].iloc[0], **account)
    joined = join_contacts(frames.calls, contacts)
    assert joined.calls["contact_match"].eq("matched").all()
    assert joined.calls["prospect_name"].notna().all()
    assert joined.contacts["contact_calls"].sum() == len(frames.calls)


def test_the_real_campaign(real_campaign: Path) -> None:
    calls = load_campaign(real_campaign).calls
    distinct = calls["prospect_number"].drop_duplicates().reset_index(drop=True)
    contacts = pd.DataFrame({"phone": distinct.str.removeprefix("+"), "place": range(len(distinct))})
    joined = join_contacts(calls, contacts.iloc[::2], on="phone", region="US")
    expected = calls["prospect_number"].map({number: row for row, number in distinct.iloc[::2].items()})
    assert joined.calls["place"].isna().tolist() == expected.isna().tolist()
    assert joined.calls["place"].dropna().tolist() == expected.dropna().tolist()


@pytest.mark.parametrize(
    ("contacts", "message"),
    [
        ({"phone_number": [ANN], "extra": ["gold"]}, "'extra' of the contacts should hold JSON objects"),
        ({"phone_number": [ANN], "extra": ["[1]"]}, "should hold JSON objects"),
        ({"phone_number": [ANN], "contact_match": ["x"]}, "'contact_match' would be named 'contact_match'"),
        ({"phone_number": [ANN], "result": [1], "contact_result": [2]}, "would be named 'contact_result'"),
        ({"phone_number": [ANN], "tags": [["a"]]}, "cannot be compared"),
    ],
)
def test_contacts_that_cannot_be_joined_are_refused(contacts: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        join_contacts(make_calls(prospect_number=[ANN]), pd.DataFrame(contacts))


def test_wrong_arguments_are_named() -> None:
    calls, contacts = make_calls(prospect_number=[ANN]), make_contacts(contact(ANN))
    with pytest.raises(UnknownColumnError, match="no column 'phone'"):
        join_contacts(calls, contacts, on="phone")
    with pytest.raises(UnknownColumnError, match="no column 'prospect_number'"):
        join_contacts(contacts, contacts)
    with pytest.raises(ConfigurationError, match="region='us'"):
        join_contacts(calls, contacts, region="us")
    with pytest.raises(ConfigurationError, match=r"on=\['phone_number'\] is not the name of a column"):
        join_contacts(calls, contacts, on=["phone_number"])  # type: ignore[arg-type]
    twice = pd.concat([contacts, contacts["email"]], axis="columns")
    with pytest.raises(ConfigurationError, match="2 columns named 'email'"):
        join_contacts(calls, twice)
    with pytest.raises(ConfigurationError, match="as an earlier join gives"):
        join_contacts(join_contacts(calls, contacts).calls, contacts)
