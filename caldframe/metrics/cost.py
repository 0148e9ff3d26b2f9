"""What calls cost: each rounded up as it is billed, added up in decimal arithmetic."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from caldframe.engine import (
    Frame,
    Groups,
    as_booleans,
    as_numbers,
    count_rows,
    group_columns,
    group_rows,
    is_one_of,
)
from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["campaign_cost"]

_COLUMNS: Final = (
    *("n", "unknown", "billed", "minutes", "billed_minutes", "cost"),
    *("picked_up", "conversations", "cost_per_picked_up", "cost_per_conversation"),
)
_MINUTE: Final = 60
_DIGITS: Final = 28
_LARGEST: Final = 2**63

# Sums and products of lengths and prices are exact in the one; divisions are rounded to 28 digits.
_EXACT: Final = Context(prec=2000, Emax=MAX_EMAX, Emin=MIN_EMIN)
_ROUNDED: Final = Context(prec=_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)


def campaign_cost(  # noqa: PLR0913 - how calls are billed, and how they are grouped
    calls: Frame,
    per_minute: Decimal | float | str,
    *,
    increment: Decimal | float | str = 60,
    minimum: Decimal | float | str = 0,
    engaged: float = 60,
    by: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Compute what the completed calls cost, each rounded up as it is billed.

    A call is billed if it lasted longer than 0 seconds. It is billed for its length, but for no less than
    `minimum`, rounded up to whole increments. Calls that nobody answered mostly have the length 0 and cost
    nothing. A call that is pending, or not known to be over, is not counted.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `completed`, `result` and `call_length` are read.
    per_minute : decimal.Decimal, int, str or float
        The price of a minute, in any currency: ``"0.12"`` or ``Decimal("0.12")``. A float counts as the
        decimal number that it is written as: 0.1 is a tenth.
    increment : decimal.Decimal, int, str or float, default 60
        The seconds that a call is rounded up to: 60 bills whole minutes, 6 tenths of a minute, 1 seconds.
    minimum : decimal.Decimal, int, str or float, default 0
        The least seconds that a call is billed for, before it is rounded up.
    engaged : float, default 60
        A picked-up call that lasted longer than so many seconds is a conversation.
    by : str or list of str, optional
        Column or columns to group by. By default all calls are one group.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted, null last. Amounts that are Decimal are Python's `decimal.Decimal` in a
        column of dtype object. Columns:

        - the columns of `by`
        - `n` (int64): completed calls whose length is known
        - `unknown` (int64): completed calls whose length is null, infinite or below 0. They add nothing to
          the cost, which is too low by what they cost
        - `billed` (int64): calls of `n` that lasted longer than 0 seconds
        - `minutes` (Decimal): how long they lasted
        - `billed_minutes` (Decimal): how long they are billed for
        - `cost` (Decimal): billed_minutes * per_minute
        - `picked_up` (int64): completed calls whose result is pickedUp
        - `conversations` (int64): those of them that lasted longer than `engaged`
        - `cost_per_picked_up`, `cost_per_conversation` (Decimal): cost, of all calls, divided by these
          counts; None where there are none

        The attributes ``attrs["per_minute"]``, ``attrs["increment"]``, ``attrs["minimum"]`` (str) and
        ``attrs["engaged"]`` (float) of the table say how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    Notes
    -----
    For a call of x > 0 seconds, billed seconds are ⌈max(x, minimum) / increment⌉ * increment. They are
    added up exactly, so that the order of the calls does not matter and 18.6 seconds at increments of 0.1
    are 186 of them, not 187. Then cost = billed seconds * per_minute / 60: one division, exact or else
    rounded half to even at 28 significant digits. The cost is not rounded to cents, nor is any call's.

    What the calls cost is not what the invoice says: fees by the month, by the number or by the message,
    taxes, and prices that differ by country are not in the data.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {"completed": True, "result": ["pickedUp", "voicemail", "failed"], "call_length": [61, 12.5, 0]}
    ... )
    >>> campaign_cost(calls, "0.12")[["n", "billed", "billed_minutes", "cost", "cost_per_picked_up"]]
       n  billed billed_minutes  cost cost_per_picked_up
    0  3       2              3  0.36               0.36
    """
    price = _amount("per_minute", per_minute)
    step = _amount("increment", increment)
    least = _amount("minimum", minimum)
    if not step:
        raise ConfigurationError(
            "increment=0: calls are rounded up to a number of seconds above 0. Give 60 for minutes."
        )
    threshold = float(_amount("engaged", engaged))
    columns = group_columns(by, taken=_COLUMNS)

    counts = count_rows(calls, [*columns, "completed", "result", "call_length"])
    groups, rows = group_rows(counts.keys, columns), counts.rows
    over = as_booleans(counts.keys["completed"])
    seconds = as_numbers(counts.keys["call_length"])
    known = over & np.isfinite(seconds) & (seconds >= 0)
    answered = over & is_one_of(counts.keys["result"], "pickedUp")
    picked_up = groups.sums(rows * answered)
    conversations = groups.sums(rows * (answered & known & (seconds > threshold)))

    # Lengths are decimal numbers too: each distinct one is read once, and all further sums are of integers.
    codes, lengths = pd.factorize(np.where(known, seconds, 0.0))
    with localcontext(_EXACT):
        numbers = [Decimal(repr(length)) for length in lengths.tolist()]
        finest = min((_exponent(number) for number in numbers), default=0)
        talked = _total(groups, rows, codes, [int(number.scaleb(-finest)) for number in numbers])
        increments = _total(groups, rows, codes, [_rounded_up(number, step, least) for number in numbers])
        minutes = [_ROUNDED.divide(Decimal(total).scaleb(finest), _MINUTE) for total in talked]
        billed = [total * step for total in increments]
        costs = [_ROUNDED.divide(amount * price, _MINUTE) for amount in billed]

    table = groups.keys.copy()
    table["n"] = groups.sums(rows * known)
    table["unknown"] = groups.sums(rows * (over & ~known))
    table["billed"] = groups.sums(rows * (known & (seconds > 0)))
    table["minutes"] = _decimals(minutes)
    table["billed_minutes"] = _decimals([_ROUNDED.divide(amount, _MINUTE) for amount in billed])
    table["cost"] = _decimals(costs)
    table["picked_up"] = picked_up
    table["conversations"] = conversations
    table["cost_per_picked_up"] = _decimals(map(_divided, costs, picked_up.tolist()))
    table["cost_per_conversation"] = _decimals(map(_divided, costs, conversations.tolist()))
    table.attrs = {
        "per_minute": str(price),
        "increment": str(step),
        "minimum": str(least),
        "engaged": threshold,
    }
    return table


def _amount(name: str, value: Any) -> Decimal:
    """Read an argument as the decimal number that it is written as."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, (Decimal, int, float, str)) and not isinstance(plain, bool):
        try:
            amount = Decimal(str(plain))
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite() and amount >= 0 and _is_of_this_world(amount):
            return abs(amount)  # without the sign of -0
    raise ConfigurationError(f"{name}={value!r} is not a number of 0 or more, such as 60, 0.12 or '0.12'.")


def _is_of_this_world(amount: Decimal) -> bool:
    return len(amount.as_tuple().digits) <= _DIGITS and -_DIGITS < amount.adjusted() < _DIGITS


def _exponent(number: Decimal) -> int:
    """Give the place of the last digit; 18.60 has two decimals as 18.6 has one, and 120 has none."""
    return min(0, int(number.normalize().as_tuple().exponent))


def _rounded_up(length: Decimal, step: Decimal, least: Decimal) -> int:
    """Count the increments that a call is billed for; 0 seconds are none."""
    whole, rest = divmod(max(length, least) if length else length, step)
    return int(whole) + bool(rest)


def _total(
    groups: Groups, rows: NDArray[np.int64], codes: NDArray[np.int64], amounts: Sequence[int]
) -> list[int]:
    """Add an amount up for each call, group by group; in Python's integers where 64 bits may not do."""
    small = max(amounts, default=0) * int(rows.sum()) < _LARGEST
    array = np.array(amounts, dtype=np.int64 if small else object)
    totals: list[int] = groups.sums(array[codes] * rows).tolist()
    return totals


def _divided(amount: Decimal, by: int) -> Decimal | None:
    return _ROUNDED.divide(amount, by) if by else None


def _decimals(amounts: Iterable[Decimal | None]) -> pd.Series[Any]:
    return pd.Series(list(amounts), dtype="object")
