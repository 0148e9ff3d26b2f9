"""Patterns as data: one TOML file a topic, one table in Python."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import pandas as pd

__all__ = ["COLUMNS", "Topic", "load_patterns", "read_topic"]

Topic = Literal["goodbyes", "machines", "opt_outs"]
"""What there are patterns for; each is a TOML file beside this module."""

COLUMNS: Final = ("language", "name", "kind", "pattern", "explanation")


def load_patterns(topic: Topic) -> pd.DataFrame:
    """Give the patterns of a topic.

    Parameters
    ----------
    topic : {"goodbyes", "machines", "opt_outs"}
        What the patterns are to find.

    Returns
    -------
    pandas.DataFrame
        One row a pattern, in the order in which they are tried. Columns, all str: `language` (ISO 639-1),
        `name`, `kind` (what is found; ``exception`` for what only looks like it), `pattern` (a regular
        expression as RE2 has them), `explanation`.

    Examples
    --------
    >>> load_patterns("goodbyes")[["language", "name", "kind"]].head(2)
      language     name     kind
    0       en  goodbye  goodbye
    1       es    adios  goodbye
    """
    patterns = read_topic(topic)
    return pd.DataFrame({name: [each[name] for each in patterns] for name in COLUMNS}, dtype="str")


@cache
def read_topic(topic: Topic) -> tuple[dict[str, Any], ...]:
    """Read the patterns of a topic with their examples."""
    text = (files(__package__) / f"{topic}.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["pattern"])
