"""What a word is: the default rules of Unicode Text Segmentation (UAX #29), for every script alike."""

from __future__ import annotations

from caldframe.words.segments import WordCounts, Words, count_words, split_words

__all__ = ["WordCounts", "Words", "count_words", "split_words"]
