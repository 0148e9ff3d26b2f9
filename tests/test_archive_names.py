from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caldframe.archive.names import (
    MarkName,
    RawName,
    campaign_in,
    digest_of,
    folder_of,
    is_cut_short,
    is_folder,
)

AWKWARD = [
    "../../etc/passwd",
    "..",
    "/",
    "\\",
    "C:\\Windows",
    "CON",
    "nul.txt",
    "a\0b",
    "a\nb",
    "a b ",
    "ends.",
    "a=b%41&c?d#e",
    "%2e%2e",
    "*?<>|\"':",
    "é",
    "e\u0301",
    "\u202egnp.exe",
    "аdmin",
    "😀",
    "~",
    "__HIVE_DEFAULT_PARTITION__",
]
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400)


@pytest.mark.parametrize("campaign_id", AWKWARD)
def test_awkward_ids_become_harmless_names_and_come_back(campaign_id: str) -> None:
    folder = folder_of(campaign_id)
    assert set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.%=ABCDEF")
    assert not folder.endswith((".", " "))
    assert campaign_in(folder) == campaign_id
    assert unquote(folder) == f"campaign_id={campaign_id}"  # what Hive's readers make of it


def test_an_ordinary_id_is_readable() -> None:
    assert folder_of("66f0c0ffee0000000000000a") == "campaign_id=66f0c0ffee0000000000000a"


@given(IDS)
def test_every_id_has_a_name_that_fits_and_is_its_own(campaign_id: str) -> None:
    folder = folder_of(campaign_id)
    assert len(folder) <= 200
    assert folder.isascii()
    assert "/" not in folder
    assert is_folder(folder)
    assert (campaign_in(folder) == campaign_id) != is_cut_short(folder)


@given(IDS, IDS)
def test_two_ids_never_share_a_name_even_where_case_is_not_told_apart(one: str, other: str) -> None:
    assert (folder_of(one).casefold() == folder_of(other).casefold()) == (one == other)


@pytest.mark.parametrize(("one", "other"), [("abc", "ABC"), ("straße", "STRASSE"), ("x" * 300, "X" * 300)])
def test_ids_that_differ_in_case_alone(one: str, other: str) -> None:
    assert folder_of(one).casefold() != folder_of(other).casefold()


def test_a_long_id_keeps_its_beginning_and_is_told_apart_by_a_digest() -> None:
    folder = folder_of("a" * 300)
    assert folder == f"campaign_id={'a' * 147}~{digest_of(b'a' * 300)}"
    assert folder != folder_of("a" * 301)
    assert is_cut_short(folder)
    assert campaign_in(folder) is None


@pytest.mark.parametrize("name", ["campaign_id=%FF", "campaign_id=ABC", "other=1", "", "campaign_id=a~b"])
def test_a_folder_that_is_none_of_ours(name: str) -> None:
    assert campaign_in(name) is None
    assert not is_folder(name)


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.binary(max_size=9),
)
def test_the_name_of_a_response_says_what_is_in_it(
    moment: datetime, status: str | None, calls: int, pending: int, content: bytes
) -> None:
    name = RawName(moment, digest_of(content), status, calls, pending)
    read = RawName.parse(str(name))
    assert read is not None
    assert (read, read.calls, read.pending) == (name, calls, pending)
    assert read.status == status
    assert len(str(name)) < 200


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_later_responses_come_later_in_the_alphabet(one: datetime, other: datetime) -> None:
    names = [RawName(moment, digest_of(b""), "finished", 1, 0) for moment in (one, other)]
    assert sorted(names) == sorted(names, key=str)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x.json.zst",
        "20261332T000000.000000Z-finished-1calls-0pending-" + "0" * 32 + ".json.zst",
        "20260302T140500.000000Z-finished-1calls-0pending-" + "0" * 31 + ".json.zst",
        "20260302T140500.000000Z-finished-1calls-0pending-" + "0" * 32 + ".json.zst.tmp",
    ],
)
def test_what_is_no_response(name: str) -> None:
    assert RawName.parse(name) is None


def test_marks_are_told_from_each_other_and_from_anything_else() -> None:
    one, other = MarkName.new("writing"), MarkName.new("writing")
    assert one.name != other.name
    assert MarkName.parse(one.name) == one
    assert MarkName.parse(one.name + "x") is None
    assert MarkName.parse("20261332T000000.000000Z-00000000.writing") is None
