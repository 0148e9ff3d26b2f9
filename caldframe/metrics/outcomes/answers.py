"""What the ratios and the rates of calling numbers have in common: who answers, and thresholds in seconds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from caldframe.errors import ConfigurationError

__all__ = ["ANSWERED", "check_seconds"]

ANSWERED: Final = ("pickedUp", "voicemail", "ivr")
"""The results that come with an answer signal, whoever or whatever answers."""


def check_seconds(name: str, value: Any) -> float:
    """Give a threshold in seconds, or raise where it is none."""
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and 0 <= value < np.inf:
        return float(value)
    raise ConfigurationError(f"{name}={value!r} is not a number of seconds, 0 or more.")
