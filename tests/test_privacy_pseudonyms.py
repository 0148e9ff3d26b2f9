"""Pseudonyms: stable, joinable, not to be undone without the key, and nothing personal left beside them."""

from __future__ import annotations

import hashlib
import hmac
import json
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_tables import frames_of, random_frames, with_calls

import caldframe as cf
from caldframe.errors import ConfigurationError
from caldframe.frames import CampaignFrames
from caldframe.metrics.contacts import join_contacts
from caldframe.metrics.outcomes import contact_kpis
from caldframe.metrics.quality import quality
from caldframe.metrics.reach import attempts, reach_by_gap, reach_curve
from caldframe.phone import describe_numbers, normal_forms
from caldframe.privacy import pseudonymise, pseudonymise_contacts
from caldframe.sandbox import Sandbox
from caldframe.schema import CONTACTS, TABLES

KEY = "0123456789abcdef-for-tests"
OTHER_KEY = "fedcba9876543210-for-tests"


def expected(kind: str, text: str, key: bytes = KEY.encode()) -> str:
    """Give a pseudonym by the plain definition of HMAC (RFC 2104), written out."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    message = b"caldframe pseudonym 1\0\0" + kind.encode() + b"\0" + text.encode()
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return f"{kind}-{hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()[:24]}"


def contacts_of(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[column.name for column in CONTACTS], dtype="str")


@pytest.fixture(scope="module")
def frames() -> CampaignFrames:
    with Sandbox(seed=3, campaigns=2, calls=150) as sandbox:
        return cf.fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)


def every_text(frames: CampaignFrames) -> str:
    return "".join(getattr(frames, name).to_csv() for name in (*TABLES, "failures"))


def test_a_pseudonym_is_hmac_of_the_normal_form() -> None:
    calls = [{"to_number": "(212) 555-0123", "from_number": "+12125550123", "prospect_number": " soon "}]
    hidden = pseudonymise(frames_of(calls=calls), KEY, region="US").calls.iloc[0]
    assert hidden["to_number"] == hidden["from_number"] == expected("number", "+12125550123")
    assert hidden["prospect_number"] == expected("no-number", "soon")


@given(st.binary(min_size=16, max_size=80), st.text(min_size=1, max_size=20))
def test_any_key_and_any_name(key: bytes, name: str) -> None:
    hidden = pseudonymise_contacts(contacts_of((None, name, name, None)), key).iloc[0]
    folded = " ".join(name.split())
    if folded.isascii() and folded:
        assert hidden["prospect_name"] == expected("name", folded.casefold(), key)
        assert hidden["email"] == expected("email", folded.casefold(), key)
    if not folded:
        assert hidden.isna().all()


def test_the_key_may_be_text_or_bytes() -> None:
    contacts = contacts_of(("+12125550123", "Zoë", "zoe@example.com", None))
    for key in ("päss phrase of many words", "päss phrase of many words".encode()):
        hidden = pseudonymise_contacts(contacts, key)
        assert hidden["prospect_name"].tolist() == [
            expected("name", "zoë", "päss phrase of many words".encode())
        ]


@pytest.mark.parametrize("key", ["", "sesame", b"fifteen bytes..", None, 12345678901234567890, ["x" * 32]])
def test_a_key_that_is_none_is_refused_and_not_shown(frames: CampaignFrames, key: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"secrets\.token_hex") as caught:
        pseudonymise(frames, key)
    assert not key or str(key) not in str(caught.value)


def test_another_key_gives_other_pseudonyms(frames: CampaignFrames) -> None:
    ones = set(pseudonymise(frames, KEY).calls["prospect_number"])
    others = set(pseudonymise(frames, OTHER_KEY).calls["prospect_number"])
    assert len(ones) == len(others) == frames.calls["prospect_number"].nunique()
    assert not ones & others


def test_kinds_are_apart() -> None:
    contacts = contacts_of(("word", "word", "word", None)).assign(own="word", other="word")
    hidden = pseudonymise_contacts(contacts, KEY, replace={"own": "own", "other": "own"}).iloc[0]
    assert hidden["own"] == hidden["other"]
    digests = {value.rpartition("-")[2] for value in hidden.dropna()}
    assert len(digests) == 4


def test_no_number_and_no_word_of_the_extra_is_left(frames: CampaignFrames) -> None:
    calls = frames.calls.assign(extra='{"caller":"Ann Lee","note":"+12125550123"}')
    hidden = pseudonymise(with_calls(frames, calls), KEY)
    text = every_text(hidden)
    for column in ("from_number", "to_number", "prospect_number", "recording_url"):
        for value in frames.calls[column].dropna().unique():
            assert value not in text
    for word in ("Ann", "Lee", "2125550123", *frames.campaigns["name"]):
        assert word not in text


def test_what_is_not_personal_stays(frames: CampaignFrames) -> None:
    before = {name: getattr(frames, name).copy(deep=True) for name in TABLES}
    hidden = pseudonymise(frames, KEY)
    pd.testing.assert_frame_equal(
        hidden.transcripts, frames.transcripts.assign(extra=hidden.transcripts["extra"])
    )
    changed = {"from_number", "to_number", "prospect_number", "recording_url", "extra"}
    others = [column for column in frames.calls if column not in changed]
    pd.testing.assert_frame_equal(hidden.calls[others], frames.calls[others])
    assert hidden.calls[sorted(changed)].dtypes.tolist() == frames.calls[sorted(changed)].dtypes.tolist()
    assert hidden.calls.columns.tolist() == frames.calls.columns.tolist()
    for name, table in before.items():
        pd.testing.assert_frame_equal(getattr(frames, name), table)


@settings(max_examples=25)
@given(random_frames())
def test_any_frames_keep_their_shape_and_their_nulls(frames: CampaignFrames) -> None:
    hidden = pseudonymise(frames, KEY)
    for name in TABLES:
        one, other = getattr(hidden, name), getattr(frames, name)
        assert one.shape == other.shape
        assert one.dtypes.tolist() == other.dtypes.tolist()
    numbers = ["from_number", "to_number", "prospect_number"]
    for number in numbers:
        blank = [not str(value).strip() or pd.isna(value) for value in frames.calls[number]]
        assert hidden.calls[number].isna().tolist() == blank
    assert hidden.calls["recording_url"].isna().all()
    assert hidden.problems["value"].isna().all()
    hidden.to_arrow()


def test_equal_numbers_alone_share_a_pseudonym(frames: CampaignFrames) -> None:
    hidden = pseudonymise(frames, KEY).calls["prospect_number"]
    pairs = pd.DataFrame({"number": frames.calls["prospect_number"], "hidden": hidden}).drop_duplicates()
    assert pairs["number"].is_unique
    assert pairs["hidden"].is_unique


def test_the_numbers_of_the_metrics_are_the_same(frames: CampaignFrames) -> None:
    calls, hidden = frames.calls, pseudonymise(frames, KEY).calls
    pd.testing.assert_frame_equal(reach_curve(calls), reach_curve(hidden))
    pd.testing.assert_frame_equal(reach_by_gap(calls), reach_by_gap(hidden))
    pd.testing.assert_frame_equal(contact_kpis(calls), contact_kpis(hidden))
    pd.testing.assert_frame_equal(quality(frames), quality(pseudonymise(frames, KEY)))
    one, other = attempts(calls), attempts(hidden)
    same = [
        column for column in one if "number" not in str(column) and column not in {"recording_url", "extra"}
    ]
    assert {"attempt"} < set(same)
    pd.testing.assert_frame_equal(one[same], other[same])


def test_numbers_that_are_none_still_count_as_before() -> None:
    numbers = ["+12125550123", "soon", None, "+12125550123", "soon", "unknown"]
    calls = [
        {"campaign_id": "c", "call_id": str(i), "direction": "outbound", "completed": True, "result": "ivr"}
        | {"prospect_number": number, "to_number": number, "created_at": pd.Timestamp("2026-01-01", tz="UTC")}
        for i, number in enumerate(numbers)
    ]
    frames = frames_of(campaigns=[{"campaign_id": "c"}], calls=calls)
    hidden = pseudonymise(frames, KEY)
    pd.testing.assert_frame_equal(quality(frames), quality(hidden))
    pd.testing.assert_frame_equal(reach_curve(frames.calls), reach_curve(hidden.calls))


def test_calls_and_contacts_still_join(frames: CampaignFrames) -> None:
    numbers = frames.calls["prospect_number"].dropna().unique()
    contacts = contacts_of(
        *(
            (f"({n[2:5]}) {n[5:8]}-{n[8:]}", f"Name {i % 7}", None, f'{{"plan":{i % 3}}}')
            for i, n in enumerate(numbers[::2])
        ),
        (numbers[0], "Somebody else", None, None),
        ("soon", "Nobody", None, None),
    )
    plain = join_contacts(frames.calls, contacts, region="US")
    hidden = join_contacts(
        pseudonymise(frames, KEY).calls, pseudonymise_contacts(contacts, KEY, region="US", keep=["plan"])
    )
    pd.testing.assert_frame_equal(plain.counts, hidden.counts)
    for table in ("calls", "contacts"):
        one, other = getattr(plain, table), getattr(hidden, table)
        pd.testing.assert_series_equal(one["contact_match"], other["contact_match"])
        pd.testing.assert_series_equal(one["plan"], other["plan"])
    assert set(plain.counts.loc[plain.counts["n"] > 0, "contact_match"]) >= {
        "matched",
        "ambiguous",
        "no_number",
    }


def test_a_pseudonym_is_a_number_that_tells_nothing() -> None:
    pseudonym, none = expected("number", "+12125550123"), expected("no-number", "soon")
    written = pd.Series([pseudonym, none, pseudonym[:-1], pseudonym.upper()])
    assert normal_forms(written).tolist()[0] == pseudonym
    assert normal_forms(written).isna().tolist()[1] is True
    described = describe_numbers(written, region="US")
    assert described.iloc[0].isna().tolist() == [False, True, True, True]
    pd.testing.assert_series_equal(described["number"], normal_forms(written, region="US"))


def test_pseudonyms_of_pseudonyms_join_too(frames: CampaignFrames) -> None:
    twice = pseudonymise(pseudonymise(frames, KEY), OTHER_KEY)
    assert twice.calls["prospect_number"].nunique() == frames.calls["prospect_number"].nunique()


def test_columns_of_ones_own_are_refused_until_they_are_named(frames: CampaignFrames) -> None:
    calls = frames.calls.assign(plan="gold", notes="Call Ann", customer=" Ann  LEE ", phone=12125550123)
    own = with_calls(frames, calls)
    with pytest.raises(ConfigurationError, match="'plan' of the calls, 'notes' of the calls") as caught:
        pseudonymise(own, KEY)
    assert "Ann" not in str(caught.value)
    hidden = pseudonymise(
        own, KEY, region="US", keep=["plan"], drop=["notes"], replace={"customer": "name", "phone": "number"}
    ).calls
    assert hidden["plan"].eq("gold").all()
    assert "notes" not in hidden
    assert hidden["customer"].eq(expected("name", "ann lee")).all()
    assert hidden["phone"].eq(expected("number", "+12125550123")).all()


def test_numbers_read_as_floats_are_numbers() -> None:
    contacts = pd.DataFrame({"phone": [12125550123.0, np.nan]})
    hidden = pseudonymise_contacts(contacts, KEY, region="US", replace={"phone": "number"})["phone"]
    assert hidden.tolist()[0] == expected("number", "+12125550123")
    assert hidden.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keep": "plan"}, "no list of column names"),
        ({"drop": [1]}, "no list of column names"),
        ({"replace": ["plan"]}, "mapping of columns to kinds"),
        ({"replace": {"plan": "Plan 9"}}, "no kind of pseudonym"),
        ({"keep": ["plan"], "drop": ["plan"]}, "named twice"),
        ({"keep": ["prospect_number"]}, "always hidden"),
        ({"drop": ["recording_url"]}, "always hidden"),
        ({"keep": ["extra"]}, "Name the fields of it"),
        ({"drop": ["plam"], "keep": ["plan"]}, "No table has a column 'plam'. Did you mean 'plan'?"),
        ({"keep": ["plan"], "region": "Mars"}, "no country"),
    ],
)
def test_arguments_that_are_wrong(frames: CampaignFrames, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        pseudonymise(with_calls(frames, frames.calls.assign(plan="gold")), KEY, **arguments)
    assert message in str(caught.value)


def test_what_is_no_frames_is_refused(frames: CampaignFrames) -> None:
    with pytest.raises(ConfigurationError, match="frames of a campaign"):
        pseudonymise(frames.calls, KEY)  # type: ignore[arg-type] # that is the mistake
    with pytest.raises(ConfigurationError, match="DataFrame"):
        pseudonymise_contacts([], KEY)  # type: ignore[arg-type] # that is the mistake


def test_fields_of_extra_stay_if_they_are_named() -> None:
    extra = '{"sentiment":"good","caller":"Ann","scores":[1,"é"],"half":"\\ud800"}'
    rows: list[dict[str, Any]] = [
        {"extra": extra},
        {"extra": '{"caller":"Ann"}'},
        {"extra": "Ann"},
        {"extra": "[1]"},
        {"extra": None},
    ]
    frames = frames_of(calls=rows)
    hidden = pseudonymise(frames, KEY, keep=["sentiment", "scores", "half"]).calls["extra"]
    assert json.loads(hidden[0]) == {"sentiment": "good", "scores": [1, "é"], "half": "\ud800"}
    assert hidden.isna().tolist() == [False, True, True, True, True]
    assert pseudonymise(frames, KEY).calls["extra"].isna().all()


def test_the_campaigns_name_stays_if_it_is_kept(frames: CampaignFrames) -> None:
    kept = pseudonymise(frames, KEY, keep=["name"]).campaigns["name"]
    pd.testing.assert_series_equal(kept, frames.campaigns["name"])


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("calls[12].callLength", "calls[12].callLength"),
        ("calls[12].transcripts[3].role", "calls[12].transcripts[3].role"),
        ("stats.totalCalls", "stats.totalCalls"),
        ("calls[12].+12125550123", "calls[12]…"),
        ("calls[12].Ann Lee", "calls[12]…"),
        ("Ann.calls", "…"),
        ("calls[12]", "calls[12]"),
        ("", ""),
    ],
)
def test_names_in_paths_that_nobody_documents_are_hidden(path: str, shown: str) -> None:
    assert pseudonymise(frames_of(problems=[{"field": path}]), KEY).problems["field"].tolist() == [shown]


def test_failures_do_not_tell(frames: CampaignFrames) -> None:
    failures = frames.failures.reindex([0]).assign(
        campaign_id="c", message="no such person as Ann", status=404
    )
    hidden = pseudonymise(
        CampaignFrames(frames.campaigns, frames.calls, frames.transcripts, frames.problems, failures), KEY
    )
    assert hidden.failures["status"].tolist() == [404]
    assert hidden.failures["message"].isna().all()


def test_the_key_is_nowhere_in_the_result(frames: CampaignFrames) -> None:
    assert KEY.encode() not in pickle.dumps(pseudonymise(frames, KEY))


def test_the_index_and_empty_tables() -> None:
    frames = frames_of()
    assert pseudonymise(frames, KEY).calls.dtypes.equals(frames.calls.dtypes)
    contacts = contacts_of(("+12125550123", None, None, None)).set_axis([7])
    assert pseudonymise_contacts(contacts, KEY).index.tolist() == [7]


def test_the_real_campaign(real_campaign: Any) -> None:
    frames = cf.load_campaign(real_campaign)
    hidden = pseudonymise(frames, KEY)
    pd.testing.assert_frame_equal(reach_curve(frames.calls), reach_curve(hidden.calls))
    pd.testing.assert_frame_equal(contact_kpis(frames.calls), contact_kpis(hidden.calls))
    some = frames.calls["prospect_number"].dropna().iloc[0]
    secret = hmac.new(
        KEY.encode(), b"caldframe pseudonym 1\0\0number\0" + some.encode(), "sha256"
    ).hexdigest()
    assert f"number-{secret[:24]}" in set(hidden.calls["prospect_number"])
