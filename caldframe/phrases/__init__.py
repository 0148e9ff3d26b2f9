"""Phrases in turns: patterns as data, in four languages, and where they are found."""

from __future__ import annotations

from caldframe.phrases.finding import find_phrases
from caldframe.phrases.patterns import load_patterns

__all__ = ["find_phrases", "load_patterns"]
