"""How long to wait after a failed attempt: arithmetic alone, nothing here sleeps."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

FIRST_BACK_OFF: Final = 0.5
LONGEST_BACK_OFF: Final = 30.0
LONGEST_RETRY_AFTER: Final = 120.0


def wait_before_retry(attempt: int, retry_after: float | None, chance: float) -> float:
    """Give the seconds to wait after attempt number `attempt` (from 1) failed.

    Exponential back-off with full jitter: `chance`, a random number from 0 to 1, of 0.5, 1, 2, … seconds,
    30 at most, so that many clients do not come back at the same moment. What the server asked for is the
    least that is waited, 120 seconds at most.

    Examples
    --------
    >>> [wait_before_retry(attempt, None, 1.0) for attempt in (1, 2, 3, 1000)]
    [0.5, 1.0, 2.0, 30.0]
    >>> wait_before_retry(1, 7.0, 0.5), wait_before_retry(1, 3600.0, 0.5)
    (7.0, 120.0)
    """
    # Ten doublings reach the ceiling; without a bound the power would overflow.
    ceiling = min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2.0 ** min(attempt - 1, 10))
    return max(chance * ceiling, min(retry_after or 0.0, LONGEST_RETRY_AFTER))


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Read a ``Retry-After`` header, seconds or a date, as seconds from `now`; None where it makes no sense.

    Examples
    --------
    >>> from datetime import datetime
    >>> parse_retry_after("120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> parse_retry_after("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    30.0
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,18})?", text):
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())
