"""The ratios that the field goes by, each with what it divides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from caldframe.call_lengths import Lengths, measure_lengths
from caldframe.engine import (
    Counts,
    Frame,
    Groups,
    Wanted,
    add_mark,
    as_booleans,
    check_columns,
    check_whole,
    closest,
    count_distinct,
    count_rows,
    group_columns,
    group_rows,
    is_one_of,
    keep_rows,
    repeat_rows,
    select_columns,
)
from caldframe.errors import ConfigurationError
from caldframe.metrics.outcomes.answers import ANSWERED, check_seconds
from caldframe.outcome import result_values
from caldframe.schema import RESULTS
from caldframe.stats import (
    check_confidence,
    grouped_quantile,
    median_ranks,
    order_statistic,
    rate_with_interval,
    share_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["contact_kpis"]

_COLUMNS: Final = ("kpi", "numerator", "denominator", "rate", "low", "high")
_ORDER: Final = (
    *("human_answer_rate", "connection_rate", "human_share_of_answered"),
    *("answer_seizure_ratio", "network_effectiveness_ratio", "disconnected_rate"),
    *("short_call_rate", "engagement_rate"),
    *("contact_rate", "penetration_rate", "saturation"),
    *("contact_rate_of_called", "calls_per_called_prospect", "calls_per_reached_prospect"),
    *("mean_length", "median_length", "talk_minutes"),
)
_READ: Final = ("direction", "completed", "result", "call_length", "prospect_number")
_MADE: Final[Wanted] = {"completed": True, "direction": "outbound"}
_PICKED_UP: Final = "is picked up"
_MINUTE: Final = 60


class _Ratio(NamedTuple):
    """A ratio of each group; NaN are the ends of one without an interval."""

    numerator: NDArray[Any]
    denominator: NDArray[np.int64]
    rate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def contact_kpis(  # noqa: PLR0913 - each a definition that the field has no standard for
    calls: Frame,
    by: str | Sequence[str] | None = None,
    *,
    list_size: int | Mapping[Any, int] | None = None,
    answered: str | Collection[str] = ANSWERED,
    short: float = 10,
    engaged: float = 60,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute the ratios by which outbound calling is judged, each with its numerator and denominator.

    Only completed outbound calls count, A in what follows: a pending call is never a failure, and a call
    whose `completed` or `direction` is null is not counted. A prospect is a distinct `prospect_number` of
    the group, as it is written.

    Parameters
    ----------
    calls : DataFrame of any engine
        One row a call; the columns `direction`, `completed`, `result`, `call_length` and `prospect_number`
        are read.
    by : str or list of str, optional
        Column or columns to group by. By default all calls are one group.
    list_size : int or mapping, optional
        How many contacts the list has, which the API does not tell with a campaign. One number is that of
        every group; a mapping has one for each value of the one column of `by`.
    answered : str or list of str, default ("pickedUp", "voicemail", "ivr")
        The results that the connection rate takes for connected; nobody agrees on them.
    short : float, default 10
        A picked-up call that lasted less than this many seconds is short.
    engaged : float, default 60
        A picked-up call that lasted more than this many seconds is engaged.
    confidence : float, default 0.95
        The confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group and ratio. Groups are sorted, null last; within each come the ratios in the order
        below. Columns:

        - the columns of `by`
        - `kpi` (str): which ratio
        - `numerator` (float64), `denominator` (int64): what is divided by what
        - `rate` (float64): numerator / denominator
        - `low`, `high` (float64): of a share, the Wilson score interval; of the median, that of order
          statistics; NaN for the others

        The ratios, of which those named rate are shares:

        - `human_answer_rate`: calls with the result pickedUp / A
        - `connection_rate`: calls with one of the results `answered` / A
        - `human_share_of_answered`: the picked-up ones of these / these
        - `answer_seizure_ratio`: pickedUp, voicemail and ivr / A, whatever `answered` says (ITU-T E.425)
        - `network_effectiveness_ratio`: these and unanswered / A
        - `disconnected_rate`: disconnected / A; a dead number or somebody who hung up, the source does not
          say which, so these calls are in no other numerator
        - `short_call_rate`, `engagement_rate`: picked-up calls under `short` seconds, and over `engaged`
          seconds / picked-up calls whose length is known
        - `contact_rate`: prospects that picked up at least once / `list_size`
        - `penetration_rate`: prospects called / `list_size`
        - `saturation`: A / `list_size`, calls per contact
        - `contact_rate_of_called`: prospects that picked up at least once / prospects called
        - `calls_per_called_prospect`, `calls_per_reached_prospect`: A / these
        - `mean_length`, `median_length`: of picked-up calls whose length is known, in seconds. The mean
          divides their sum; the median divides nothing, so its numerator is NaN
        - `talk_minutes`: the seconds of these calls / 60

        What is divided by 0 is NaN. Without `list_size` the denominator of its ratios is 0. The attributes
        ``attrs["answered"]``, ``attrs["short"]``, ``attrs["engaged"]`` and ``attrs["confidence"]`` of the
        table say how it was made.

    Raises
    ------
    UnknownColumnError
        If `calls` lacks a column.
    ConfigurationError
        If an argument is wrong, more prospects of a group were called than its list has, or a column holds
        values of another kind.

    See Also
    --------
    caldframe.plots.contact_kpis : Draw the table.
    outcome_rates : The share of every result.
    reach_curve : Prospects reached by attempt, which does not take the not yet reached for lost.

    Notes
    -----
    The network effectiveness ratio wants busy lines and refusals in its numerator too; the API does not
    tell them from other failed or disconnected calls, so it is at least what stands here.

    `contact_rate_of_called` falls when new prospects are called for the first time: in an unfinished
    campaign it is no forecast. The intervals of shares of calls take calls as independent of one another;
    several calls to one prospect are less telling than as many prospects.

    References
    ----------
    ITU-T Recommendation E.425 (2002). Internal automatic observations.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "direction": "outbound",
    ...         "completed": True,
    ...         "result": ["pickedUp", "voicemail", "failed", "pickedUp"],
    ...         "call_length": [95, 20, 0, 5],
    ...         "prospect_number": ["+15550100", "+15550101", "+15550101", "+15550102"],
    ...     }
    ... )
    >>> kpis = contact_kpis(calls, list_size=10)
    >>> kpis[kpis["kpi"].isin(["human_answer_rate", "short_call_rate", "contact_rate"])].round(3)
                     kpi  numerator  denominator  rate    low   high
    0  human_answer_rate        2.0            4   0.5  0.150  0.850
    6    short_call_rate        1.0            2   0.5  0.095  0.905
    8       contact_rate        2.0           10   0.2  0.057  0.510
    """
    check_confidence(confidence)
    limits: dict[str, Any] = {
        "short": check_seconds("short", short),
        "engaged": check_seconds("engaged", engaged),
    }
    columns = group_columns(by, taken=(*_COLUMNS, _PICKED_UP))
    check_columns(calls, [*columns, *_READ])
    connected = _result_names(answered, calls)
    counts = count_rows(calls, [*columns, *_MADE, "result"])
    groups = group_rows(counts.keys, columns)
    talks = keep_rows(select_columns(calls, [*columns, *_READ]), {**_MADE, "result": "pickedUp"})
    lengths = measure_lengths(talks, columns, results=None)
    made = keep_rows(select_columns(calls, [*columns, *_MADE, "result", "prospect_number"]), _MADE)
    marked = add_mark(made, _PICKED_UP, {"result": "pickedUp"})
    prospects = count_distinct(marked, columns, "prospect_number", _PICKED_UP)
    places = groups.find(prospects.keys)
    called, reached = (_spread(groups, places, n) for n in (prospects.all, prospects.marked))
    sizes = _list_sizes(list_size, groups.keys)
    _check_sizes(sizes, called)
    ratios = _of_calls(groups, counts, connected, confidence)
    ratios |= _of_lengths(lengths, groups.find(lengths.keys), len(groups.keys), limits, confidence)
    ratios |= _of_prospects(called, reached, ratios["human_answer_rate"].denominator, sizes, confidence)

    table = repeat_rows(groups.keys, len(_ORDER))
    table["kpi"] = pd.Series(np.tile(_ORDER, len(groups.keys)), index=table.index, dtype="str")
    for name in _Ratio._fields:
        values = [getattr(ratios[kpi], name) for kpi in _ORDER]
        dtype = np.int64 if name == "denominator" else np.float64
        table[name] = np.stack(values, axis=1).ravel().astype(dtype)
    attrs: dict[Any, Any] = {"answered": connected, **limits, "confidence": float(confidence)}
    table.attrs = attrs
    return table


def _of_calls(
    groups: Groups, counts: Counts, connected: tuple[str, ...], confidence: float
) -> dict[str, _Ratio]:
    made = counts.rows * (
        as_booleans(counts.keys["completed"]) & is_one_of(counts.keys["direction"], "outbound")
    )

    def count(*names: str) -> NDArray[np.int64]:
        return np.asarray(groups.sums(made * is_one_of(counts.keys["result"], *names)))

    total = np.asarray(groups.sums(made))
    either = count(*connected)
    return {
        "human_answer_rate": _share(count("pickedUp"), total, confidence),
        "connection_rate": _share(either, total, confidence),
        "human_share_of_answered": _share(count("pickedUp") * ("pickedUp" in connected), either, confidence),
        "answer_seizure_ratio": _share(count(*ANSWERED), total, confidence),
        "network_effectiveness_ratio": _share(count(*ANSWERED, "unanswered"), total, confidence),
        "disconnected_rate": _share(count("disconnected"), total, confidence),
    }


def _of_lengths(
    lengths: Lengths,
    places: NDArray[np.int64],
    groups: int,
    limits: Mapping[str, float],
    confidence: float,
) -> dict[str, _Ratio]:
    """Give the ratios of lengths; `places` says which group each of the lengths' own is."""

    def spread(values: NDArray[Any], nothing: float = 0) -> NDArray[Any]:
        whole = np.full(groups, nothing, dtype=values.dtype)
        whole[places] = values
        return whole

    seconds, calls = lengths.seconds, lengths.calls
    some = lengths.totals > 0
    n = lengths.totals[some]
    first = np.cumsum(n) - n
    middle, low, high = (np.full(len(some), np.nan) for _ in range(3))
    middle[some] = grouped_quantile(seconds, calls, n, 0.5)
    for ends, ranks in zip((low, high), median_ranks(n, confidence), strict=True):
        # Any call will do where there is no interval.
        at = order_statistic(seconds, calls, first + np.maximum(ranks, 1))
        ends[some] = np.where(ranks > 0, at, np.nan)
    n = spread(lengths.totals)
    total = spread(lengths.sums(seconds * calls))
    short = spread(lengths.sums(calls * (seconds < limits["short"])))
    engaged = spread(lengths.sums(calls * (seconds > limits["engaged"])))
    nothing = np.full(groups, np.nan)
    median = (spread(values, np.nan) for values in (middle, low, high))
    return {
        "short_call_rate": _share(short, n, confidence),
        "engagement_rate": _share(engaged, n, confidence),
        "mean_length": _quotient(total, n),
        "median_length": _Ratio(nothing, n, *median),
        "talk_minutes": _quotient(total, np.full(groups, _MINUTE)),
    }


def _spread(groups: Groups, places: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give a count for each group, 0 where there is none."""
    whole = np.zeros(len(groups.keys), dtype=np.int64)
    # Added, for engines tell NaN from null, and here they are one group.
    np.add.at(whole, places, counts)
    return whole


def _of_prospects(
    called: NDArray[np.int64],
    reached: NDArray[np.int64],
    total: NDArray[np.int64],
    sizes: NDArray[np.int64],
    confidence: float,
) -> dict[str, _Ratio]:
    return {
        "contact_rate": _share(np.where(sizes > 0, reached, 0), sizes, confidence, reached),
        "penetration_rate": _share(np.where(sizes > 0, called, 0), sizes, confidence, called),
        "saturation": _quotient(total, sizes),
        "contact_rate_of_called": _share(reached, called, confidence),
        "calls_per_called_prospect": _quotient(total, called),
        "calls_per_reached_prospect": _quotient(total, reached),
    }


def _share(
    hits: NDArray[np.int64],
    total: NDArray[np.int64],
    confidence: float,
    shown: NDArray[np.int64] | None = None,
) -> _Ratio:
    """Give the ratio of a part to the whole; the numerator is shown even where the whole is not known."""
    return _Ratio(hits if shown is None else shown, total, *rate_with_interval(hits, total, confidence))


def _quotient(numerator: NDArray[Any], denominator: NDArray[np.int64]) -> _Ratio:
    nothing = np.full(len(denominator), np.nan)
    return _Ratio(numerator, denominator, share_of(numerator, denominator), nothing, nothing)


def _result_names(answered: Any, calls: Frame) -> tuple[str, ...]:
    names = (answered,) if isinstance(answered, str) else answered
    if not isinstance(names, Collection) or not names or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(
            f'answered={answered!r} is neither a result nor a list of them. Give "pickedUp" or the like.'
        )
    unknown = [name for name in names if name not in RESULTS]
    others = result_values(calls) if unknown else []
    for name in unknown:
        if name not in others:
            raise ConfigurationError(
                f"answered= names {name!r}, which no call has.{closest(name, [*RESULTS, *others])} "
                f"There are: {', '.join(dict.fromkeys([*RESULTS, *others]))}."
            )
    return tuple(dict.fromkeys(names))


def _list_sizes(list_size: Any, keys: pd.DataFrame) -> NDArray[np.int64]:
    """Give the size of each group's list, 0 where it is not known."""
    if list_size is None:
        return np.zeros(len(keys), dtype=np.int64)
    if not isinstance(list_size, Mapping):
        return np.full(len(keys), check_whole("list_size", list_size), dtype=np.int64)
    if len(keys.columns) != 1:
        raise ConfigurationError(
            "list_size= has a size for each group, so by= must name the one column that tells the groups."
        )
    sizes = {key: check_whole("list_size", size) for key, size in list_size.items()}
    return np.array([sizes.get(key, 0) for key in keys.iloc[:, 0].tolist()], dtype=np.int64)


def _check_sizes(sizes: NDArray[np.int64], called: NDArray[np.int64]) -> None:
    for size, prospects in zip(sizes.tolist(), called.tolist(), strict=True):
        if 0 < size < prospects:
            raise ConfigurationError(
                f"list_size={size}, but {prospects} prospects were called. Give the size of all lists that "
                f"the calls are from, or group by list_id and give the size of each."
            )
