"""Which of the combinations counted are so: true or false for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from caldframe.engine import as_text
from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ANSWERED", "check_seconds", "has"]

ANSWERED: Final = ("pickedUp", "voicemail", "ivr")
"""The results that come with an answer signal, whoever or whatever answers."""


def check_seconds(name: str, value: Any) -> float:
    """Give a threshold in seconds, or raise where it is none."""
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and 0 <= value < np.inf:
        return float(value)
    raise ConfigurationError(f"{name}={value!r} is not a number of seconds, 0 or more.")


def has(values: pd.Series[Any], *names: str) -> NDArray[np.bool_]:
    """Tell for each row whether its text is one of some; null is not."""
    text = as_text(values)
    mask = text.eq(names[0]) if len(names) == 1 else text.isin(names)
    return mask.to_numpy(dtype=np.bool_, na_value=False)
