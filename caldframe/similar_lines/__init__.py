"""Lines that are the same but for names, numbers and a word here or there, brought together."""

from __future__ import annotations

from caldframe.similar_lines.forms import normal_lines
from caldframe.similar_lines.groups import LineGroups, check_similarity, group_lines

__all__ = ["LineGroups", "check_similarity", "group_lines", "normal_lines"]
