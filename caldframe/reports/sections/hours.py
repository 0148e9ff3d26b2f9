"""When calls are picked up, and which came too early or too late."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from caldframe.display import counted
from caldframe.metrics.timing import pickup_by_hour, quiet_hours
from caldframe.plots import pickup_by_hour as draw_pickup_by_hour
from caldframe.reports.parts import ENOUGH, Chart, Finding, Section, Table
from caldframe.reports.words import interval, percent, with_interval

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.reports.material import Material

__all__ = ["hours"]

_NOTE: Final = (
    "Hours are not dealt out by chance: if the evening gets those who did not answer in the morning, the "
    "evening looks worse than it is. To know, let chance decide who is called when."
)
_WORTH_ACTING: Final = 0.03  # three points in a hundred


def hours(material: Material) -> Section | None:
    """Tell at which hours calls are picked up; nothing where no completed call has a known local time."""
    settings: dict[str, Any] = {
        "tz": material.tz,
        "outcome": material.outcome,
        "confidence": material.confidence,
    }
    by_hour = pickup_by_hour(material.calls, by="hour", **settings).dropna(subset=["hour"])
    by_hour = by_hour[by_hour["n"] > 0]
    if by_hour.empty:
        return None
    clock = "the prospect's own clock" if material.tz == "prospect" else f"the clock of {material.tz}"
    by_day = pickup_by_hour(material.calls, by="weekday", **settings).dropna(subset=["weekday"])
    tables = [
        Table(
            f"Completed outbound calls by {name}, by {clock}: share {material.outcome_words}, with its "
            f"{material.level} interval, and what is left of it once chance is allowed for",
            [name, "calls", "share", "interval", "allowing for chance"],
            [
                [
                    label(row[name]),
                    f"{row['n']:,}",
                    percent(row["rate"]),
                    interval(row["low"], row["high"]),
                    percent(row["shrunk"]),
                ]
                for row in table.to_dict("records")
            ],
        )
        for name, table, label in (("hour", by_hour, _hour), ("weekday", by_day[by_day["n"] > 0], str))
    ]
    week = pickup_by_hour(material.calls, by=["weekday", "hour"], **settings)
    best = _best(by_hour, clock)
    span = week.loc[week["n"] > 0, "hour"].dropna()
    chart = Chart(
        lambda axes: draw_pickup_by_hour(week, ax=axes),
        min(2.2 + 0.55 * float(span.max() - span.min() + 1), 10),
        1.6 + 0.45 * week.loc[week["n"] > 0, "weekday"].nunique(),
        f"The share {material.outcome_words} for each weekday and hour, by {clock}. {best.text}",
        shaded=True,
    )
    return Section(
        "hours",
        "When people pick up",
        [best, *_quiet(material)],
        [chart],
        tables,
        [_NOTE],
        [pickup_by_hour, quiet_hours],
    )


def _best(by_hour: pd.DataFrame, clock: str) -> Finding:
    if math.isinf(by_hour.attrs["prior_strength"]):
        return Finding(
            f"By {clock}, no hour is shown to be better than another: they lie no further apart than chance "
            "puts them.",
        )
    ranked = by_hour[by_hour["n"] >= ENOUGH].sort_values("shrunk").to_dict("records")
    if len(ranked) < 2:  # noqa: PLR2004 - two to compare
        return Finding(f"By {clock}, too few hours have {ENOUGH} calls to compare them.")
    worst, best = ranked[0], ranked[-1]
    allowed = f"Once chance is allowed for, {percent(best['shrunk'])} against {percent(worst['shrunk'])}"
    if best["shrunk"] - worst["shrunk"] >= _WORTH_ACTING:
        advice = f"{allowed}: move calls there, some by lot, to see whether it is the hour that makes it."
    else:
        advice = f"{allowed}: too little to act on."
    return Finding(
        f"By {clock}, {_hour(best['hour'])} is the best hour, "
        f"{with_interval(best['rate'], best['low'], best['high'])} of {counted(best['n'], 'call')}, and "
        f"{_hour(worst['hour'])} the worst, {with_interval(worst['rate'], worst['low'], worst['high'])} of "
        f"{counted(worst['n'], 'call')}.",
        advice,
    )


def _quiet(material: Material) -> list[Finding]:
    table = quiet_hours(material.calls)
    surely = int((~table["uncertain"]).sum())
    checked = table.attrs["checked"] - table.attrs["unknown"]
    if not surely:
        return []
    return [
        Finding(
            f"{counted(surely, 'call')} of {checked:,} came before 8:00 or after 21:00 by the prospect's "
            "clock.",
            "The United States do not allow that (47 CFR 64.1200): look at the calling hours.",
            urgent=True,
        )
    ]


def _hour(hour: Any) -> str:
    return f"{int(hour)}:00"
