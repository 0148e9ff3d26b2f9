"""Phone numbers: their normal form, country, kind and time zones; the only room that knows phonenumbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PSEUDONYM_DIGITS", "country_code", "describe_numbers", "is_number", "normal_forms"]

_COLUMNS: Final = ("number", "region", "number_type", "time_zones")

# +1 and ten digits that do not begin with a prefix: most calls of most campaigns, and nothing to parse.
_NORTH_AMERICAN: Final = re.compile(r"\+1([2-9][0-9]{9})")


PSEUDONYM_DIGITS: Final = 24
"""How many hexadecimal digits stand behind ``number-`` where a number has been replaced by a pseudonym."""

# Read as letters for digits, a pseudonym could be taken for another number.
_PSEUDONYM: Final = re.compile(rf"(no-)?number-[0-9a-f]{{{PSEUDONYM_DIGITS}}}")


class _Described(NamedTuple):
    number: str | None = None
    region: str | None = None
    number_type: str | None = None
    time_zones: str | None = None


_NOTHING: Final = _Described()


def describe_numbers(numbers: pd.Series[Any], *, region: str | None = None) -> pd.DataFrame:
    """Give the normal form, country, kind and time zones of phone numbers.

    A number that is none is a row of nulls, never an error: empty, too short or too long, words, or
    without a country where `region` names none.

    Parameters
    ----------
    numbers : pandas.Series
        Phone numbers as text, such as ``calls["prospect_number"]``. Spaces, dots, dashes and brackets, the
        digits of other scripts and letters for digits are understood. An extension is left out. Whole
        numbers, as a CSV file is often read, are taken as their digits.
    region : str, optional
        The country of numbers that are written without ``+`` and a country code: two capital letters of
        ISO 3166, ``"US"``. By default such numbers are null, for their country would be a guess.

    Returns
    -------
    pandas.DataFrame
        One row a number, in the order and with the index of `numbers`. Columns:

        - `number` (str): the normal form, E.164: ``+``, country code and number, digits only. Numbers are
          the same if and only if their normal forms are
        - `region` (str): the country that the number belongs to, two letters, or ``001`` for a number of
          the whole world; null if the number does not tell
        - `number_type` (str): ``fixed_line``, ``mobile``, ``fixed_line_or_mobile`` (where the two look
          alike, as in North America), ``toll_free``, ``premium_rate``, ``shared_cost``, ``voip``,
          ``personal_number``, ``pager``, ``uan`` (a company's number for a whole country) or
          ``voicemail``; null if unknown
        - `time_zones` (str): names of the IANA time zone database in alphabetical order, a space between
          two; null if unknown

    Raises
    ------
    ConfigurationError
        If `numbers` is no Series, or `region` is no country.

    Notes
    -----
    Everything comes from the package phonenumbers, a port of Google's libphonenumber, and is as true as
    its tables were when that version was published.

    A number is taken for one if it is *possible*: its country code exists, and it has as many digits as
    numbers of that country, area code included. It need not be *valid*, that is within the ranges that are
    assigned: new area codes are dialled before the tables know them, and numbers that are reserved for
    films and samples are never assigned. Such a number has a normal form, but no type, and no region where
    several countries share the country code. It may not be in service; nor may a valid one.

    Time zones are those of the area code where the number has one, else all those of the country code: a
    British mobile has 4, an American toll-free number more than 30. A mobile keeps its number when its
    owner moves, so the zones say where a number comes from, not where the person is.

    A pseudonym that `pseudonymise` gave to a number is its own normal form, so that calls and contacts still
    join; it tells nothing else.

    Each distinct number is looked up once.

    References
    ----------
    ITU-T (2010). Recommendation E.164: The international public telecommunication numbering plan.

    Google, libphonenumber: https://github.com/google/libphonenumber

    Examples
    --------
    >>> numbers = pd.Series(["(212) 555-0123", "+44 20 7946 0000", "soon"])
    >>> described = describe_numbers(numbers, region="US")
    >>> described["number"].tolist()
    ['+12125550123', '+442079460000', nan]
    >>> described["time_zones"].tolist()
    ['America/New_York', 'Europe/London', nan]
    """
    codes, distinct = _told_apart(numbers, region)
    looked_up = [_describe(value, region) for value in distinct]
    # The last row is that of null, whose code is -1.
    table = pd.DataFrame([*looked_up, _NOTHING], columns=list(_COLUMNS), dtype="str")
    return table.take(codes).set_axis(numbers.index)


def normal_forms(numbers: pd.Series[Any], *, region: str | None = None) -> pd.Series[Any]:
    """Give the normal form of phone numbers alone, which is many times faster than all about them.

    Parameters
    ----------
    numbers : pandas.Series
        Phone numbers as text; see `describe_numbers`.
    region : str, optional
        The country of numbers that are written without ``+`` and a country code.

    Returns
    -------
    pandas.Series of str
        The column `number` of `describe_numbers`, with the index of `numbers`.

    Raises
    ------
    ConfigurationError
        If `numbers` is no Series, or `region` is no country.

    Examples
    --------
    >>> normal_forms(pd.Series(["+1 212 555 0123", "soon"])).tolist()
    ['+12125550123', nan]
    """
    codes, distinct = _told_apart(numbers, region)
    forms = pd.array([*(_normal_form(value, region) for value in distinct), None], dtype="str")
    return pd.Series(forms.take(codes), index=numbers.index, name="number")


def is_number(text: str, region: str | None, *, assigned: bool) -> bool:
    """Whether text is one phone number and nothing else.

    Parameters
    ----------
    text : str
        The text.
    region : str or None
        The country of numbers without country code; None where they are no numbers.
    assigned : bool
        Whether it must lie in a range that is assigned, or need only have the right number of digits.

    Returns
    -------
    bool
        Whether it is one.

    Examples
    --------
    >>> is_number("+12125550123", None, assigned=True), is_number("+15555550123", None, assigned=True)
    (True, False)
    """
    import phonenumbers  # noqa: PLC0415 - its tables take time to load

    parsed = _parsed(text, region)
    return parsed is not None and (not assigned or phonenumbers.is_valid_number(parsed))


def country_code(region: str | None) -> int | None:
    """Give what is dialled for a country, 1 for the United States, or raise where `region` is none."""
    from phonenumbers import country_code_for_region  # noqa: PLC0415 - its tables take time to load

    _check_region(region)
    return None if region is None else country_code_for_region(region)


def _told_apart(numbers: Any, region: str | None) -> tuple[NDArray[np.intp], list[Any]]:
    """Tell which distinct number each one is, -1 for null."""
    if not isinstance(numbers, pd.Series):
        raise ConfigurationError(
            f'A pandas Series of numbers is needed, such as calls["prospect_number"], '
            f"not a {type(numbers).__name__}."
        )
    _check_region(region)
    try:
        codes, distinct = pd.factorize(numbers.reset_index(drop=True))
    except TypeError as error:
        raise ConfigurationError(
            f"The column {numbers.name!r} has values that are no phone numbers ({error}). Give text."
        ) from error
    return codes, distinct.tolist()


def _check_region(region: Any) -> None:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - its tables take time to load

    if region is not None and (not isinstance(region, str) or region not in SUPPORTED_REGIONS):
        raise ConfigurationError(
            f"region={region!r} is no country. Give two capital letters of ISO 3166, such as "
            f'"US" or "GB", or None where all numbers begin with + and a country code.'
        )


def _describe(value: Any, region: str | None) -> _Described:
    """Describe one number."""
    import phonenumbers  # noqa: PLC0415 - its tables take time to load

    text = _written(value)
    pseudonym = _PSEUDONYM.fullmatch(text)
    if pseudonym:
        return _NOTHING if pseudonym[1] else _Described(number=text)
    parsed = _parsed(text, region)
    if parsed is None:
        return _NOTHING
    kind = phonenumbers.number_type(parsed)
    unknown = kind == phonenumbers.PhoneNumberType.UNKNOWN
    return _Described(
        number=phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164),
        region=phonenumbers.region_code_for_number(parsed),
        number_type=None if unknown else phonenumbers.PhoneNumberType.to_string(kind).lower(),
        time_zones=_time_zones(parsed, kind),
    )


def _normal_form(value: Any, region: str | None) -> str | None:
    import phonenumbers  # noqa: PLC0415 - its tables take time to load

    text = _written(value)
    if _NORTH_AMERICAN.fullmatch(text):
        return text
    pseudonym = _PSEUDONYM.fullmatch(text)
    if pseudonym:
        return None if pseudonym[1] else text
    parsed = _parsed(text, region)
    return parsed and phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _written(value: Any) -> str:
    """Give a number as text, whatever it was read as; nothing where it cannot be a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    # pandas reads a column of whole numbers as floats if one is missing.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return ""


def _parsed(text: str, region: str | None) -> Any:
    import phonenumbers  # noqa: PLC0415 - its tables take time to load

    usual = _NORTH_AMERICAN.fullmatch(text)
    if usual:
        return phonenumbers.PhoneNumber(country_code=1, national_number=int(usual[1]))
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    parsed.extension = None
    # The plain question "is it possible?" has yes for an answer where the area code is missing.
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    return parsed if reason == phonenumbers.ValidationResult.IS_POSSIBLE else None


def _time_zones(parsed: Any, kind: int) -> str | None:
    from phonenumbers import PhoneNumber, PhoneNumberType, is_number_type_geographical, timezone  # noqa: PLC0415

    # A number of no place has the zones of its whole country, which are those of the country code alone.
    placed = kind == PhoneNumberType.UNKNOWN or is_number_type_geographical(kind, parsed.country_code)
    where = parsed if placed else PhoneNumber(country_code=parsed.country_code)
    zones = set(timezone.time_zones_for_geographical_number(where)) - {timezone.UNKNOWN_TIMEZONE}
    return " ".join(sorted(zones)) or None
