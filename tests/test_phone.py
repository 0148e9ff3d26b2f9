"""Phone numbers in every shape, against phonenumbers itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import timezone

from caldframe import ConfigurationError, load_campaign
from caldframe.phone import describe_numbers, normal_forms

COLUMNS = ["number", "region", "number_type", "time_zones"]


def described(*numbers: Any, region: str | None = None) -> list[list[Any]]:
    written = pd.Series(list(numbers), dtype="object")
    table = describe_numbers(written, region=region)
    pd.testing.assert_series_equal(normal_forms(written, region=region), table["number"])
    return table.astype("object").where(table.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize(
    ("number", "region", "kind", "zones"),
    [
        ("+12125550123", "US", "fixed_line_or_mobile", "America/New_York"),
        ("+442079460123", "GB", "fixed_line", "Europe/London"),
        ("+33639981234", "FR", None, "Europe/Paris"),  # reserved for films: possible, assigned to nobody
        ("+447400123456", "GB", "mobile", "Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/London"),
        ("+919876543210", "IN", "mobile", "Asia/Calcutta"),
        ("+12085550123", "US", "fixed_line_or_mobile", "America/Boise America/Los_Angeles"),
        ("+80012345678", "001", "toll_free", None),  # the whole world
        ("+390612345678", "IT", "fixed_line", "Europe/Rome"),  # a zero that belongs to the number
    ],
)
def test_numbers_of_many_kinds(number: str, region: str | None, kind: str | None, zones: str | None) -> None:
    assert described(number) == [[number, region, kind, zones]]


def test_a_reserved_number_without_an_area_code_has_a_form_and_the_zones_of_its_country() -> None:
    ((number, region, kind, zones),) = described("+15555550123")
    assert (number, region, kind) == ("+15555550123", None, None)
    assert {"America/New_York", "Pacific/Honolulu"} < set(zones.split())
    assert zones.split() == sorted(zones.split())


@pytest.mark.parametrize(
    "bad",
    [
        *(None, np.nan, pd.NA, "", " ", "+", "soon", "1" * 300, "x" * 300, "👩🏽‍🚀", "\x00", "\u202e"),
        *("+15550123", "5550123", "+1202555012", "+120255501234", "+999123456789", "+0", "+12025550123 Bob"),
        *(True, 1.5, float("inf"), b"+12025550123", -12025550123, 10**40),
    ],
    ids=repr,
)
def test_what_is_no_number_is_null(bad: Any) -> None:
    assert described(bad) == [[None] * 4]


@pytest.mark.parametrize(
    "written",
    [
        *("+12025550123", "+1 202 555 0123", "(202) 555-0123", "202.555.0123", "1-202-555-0123"),
        *("+１２０２５５５０１２３", "+١٢٠٢٥٥٥٠١٢٣", "tel:+1-202-555-0123", "+1 202 555 0123 ext. 9"),
        *(12025550123, 2025550123, 2025550123.0),
    ],
    ids=repr,
)
def test_however_it_is_written_the_normal_form_is_the_same(written: Any) -> None:
    assert described(written, region="US")[0][0] == "+12025550123"


def test_a_number_without_a_country_is_not_guessed_at() -> None:
    assert described("020 7946 0123")[0][0] is None
    assert described("020 7946 0123", region="GB")[0][0] == "+442079460123"
    assert described("+1 202 555 0123", region="GB")[0][0] == "+12025550123"


@pytest.mark.parametrize("region", ["us", "USA", "", "XX", 1, "001"])
def test_a_region_that_is_none_is_refused(region: Any) -> None:
    with pytest.raises(ConfigurationError, match="is no country"):
        describe_numbers(pd.Series([], dtype="str"), region=region)


def test_what_is_no_series_of_values_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not a list"):
        describe_numbers(["+12025550123"])  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="'to' has values that are no phone numbers"):
        describe_numbers(pd.Series([["+12025550123"]], name="to"))


@pytest.mark.parametrize("dtype", ["str", "object", "string", "string[pyarrow]", "category"])
@pytest.mark.parametrize("length", [0, 4])
def test_length_index_and_dtypes_never_depend_on_the_numbers(dtype: str, length: int) -> None:
    texts = ["+12025550123", None, "no", "+12025550123"][:length]
    numbers = pd.Series(texts, index=pd.Index([7, 7, 3, -1][:length], name="number"), dtype=dtype)
    before = numbers.copy()
    table = describe_numbers(numbers)
    assert table.columns.tolist() == COLUMNS
    assert set(table.dtypes) == {pd.StringDtype(na_value=np.nan)}
    pd.testing.assert_index_equal(table.index, numbers.index)
    assert table["number"].notna().tolist() == [True, False, False, True][:length]
    pd.testing.assert_series_equal(numbers, before)


def test_a_column_with_nothing_in_it() -> None:
    table = describe_numbers(pd.Series([np.nan, np.nan]))
    assert set(table.dtypes) == {pd.StringDtype(na_value=np.nan)}
    assert table.isna().to_numpy().all()


def expected(text: str, region: str | None) -> list[str | None]:
    """Describe a number by phonenumbers' own functions alone, one after the other."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return [None] * 4
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return [None] * 4
    names = {
        code: name.lower() for name, code in vars(phonenumbers.PhoneNumberType).items() if name.isupper()
    }
    valid = phonenumbers.is_valid_number(number)
    found = (timezone.time_zones_for_number if valid else timezone.time_zones_for_geographical_number)(number)
    zones = [zone for zone in found if zone != "Etc/Unknown"]
    return [
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        phonenumbers.region_code_for_number(number),
        names[phonenumbers.number_type(number)] if valid else None,
        " ".join(sorted(zones)) or None,
    ]


digits = st.text("0123456789", min_size=1, max_size=16)
written_numbers = st.one_of(
    st.text(max_size=30),
    st.builds("+{}".format, digits),
    st.builds("+1{}".format, st.integers(1_000_000_000, 9_999_999_999)),
    st.builds("+{}{}".format, st.sampled_from([7, 33, 39, 44, 49, 52, 54, 61, 81, 91, 800, 976]), digits),
    st.builds("({}) {}-{}".format, digits, digits, digits),
)


@given(st.lists(written_numbers, max_size=10), st.sampled_from([None, "US", "GB", "IT"]))
@example(["+12015550123", "+12421234567", "+19001234567", "+11234567890"], None)
def test_the_same_as_phonenumbers_one_by_one(texts: list[str], region: str | None) -> None:
    assert described(*texts, region=region) == [expected(text, region) for text in texts]


def test_every_number_of_the_real_campaign(real_campaign: Any) -> None:
    numbers = load_campaign(real_campaign).calls["prospect_number"]
    table = describe_numbers(numbers)
    assert table["number"].tolist() == numbers.tolist()  # they are in their normal form already
    assert set(table["region"]) == {"US"}
    assert table["time_zones"].notna().all()
    one_by_one = pd.DataFrame([expected(number, None) for number in numbers.unique()], columns=COLUMNS)
    pd.testing.assert_frame_equal(
        table.drop_duplicates("number").reset_index(drop=True), one_by_one.astype(table.dtypes.to_dict())
    )
