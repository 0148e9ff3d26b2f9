"""The colour of each result, the same everywhere."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OTHER_COLOR", "RESULT_COLORS"]

RESULT_COLORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pending": "#cccccc",
        "pickedUp": "#009e73",
        "ivr": "#0072b2",
        "voicemail": "#56b4e9",
        "unanswered": "#6b6b6b",
        "disconnected": "#e69f00",
        "failed": "#c24e00",
    }
)
"""The colour of each result, the same in every chart; told apart with every kind of colour vision."""

OTHER_COLOR: Final = "#cc79a7"
"""The colour of a result that the API does not document, and of no result."""
