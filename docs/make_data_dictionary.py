"""Write data/data-dictionary.md from the schema, so that the two cannot differ.

Run it after a change of the schema: python docs/make_data_dictionary.py
"""
# ruff: noqa: INP001 - a script, not part of a package

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from caldframe.schema import PROBLEM_KINDS, TABLES, TEXT, TIMESTAMP, Column

DATA_DICTIONARY = Path(__file__).parents[1] / "data" / "data-dictionary.md"

ROWS = {
    "campaigns": "One row a campaign, in the order asked for.",
    "calls": "One row a call, in the order of the response.",
    "transcripts": "One row a turn of a conversation, in the order of the calls and of what was said.",
    "problems": "One row for everything in a response that did not fit; empty for a clean campaign.",
}

TYPES = {
    TEXT: "string",
    pa.bool_(): "boolean",
    pa.float64(): "float64",
    TIMESTAMP: "timestamp, microseconds, UTC",
}

OPENING = """\
# Data dictionary

One response of the API becomes four tables; many responses are the same four tables with more rows. pandas
frames, Parquet files and CSV files have the same columns in the same order.

- *Type*: what Parquet holds. In pandas text is `str`, int64 is `Int64` and boolean is `boolean`, so that both
  can be null, int32 is `int32`, and a timestamp is `datetime64[us, UTC]`.
- *Null*: whether a value may be missing. No field of the API is certain to be there.
- *From*: the field of the API's JSON. Where there is none, the meaning says where the value comes from.

A value that does not fit its column is null there and whole in `problems`, and no row is ever dropped.
This file is made from `caldframe/schema.py` by `docs/make_data_dictionary.py`."""


def data_dictionary() -> str:
    """Give the data dictionary as Markdown."""
    parts = [OPENING]
    for name, columns in TABLES.items():
        header = ["Column", "Type", "Null", "From", "Meaning"]
        parts += [f"## `{name}`", ROWS[name], _table(header, [_row(column) for column in columns])]
    parts.append("## Listed values")
    parts.append("The API's documentation lists these; another value is kept and noted in `problems`.")
    listed = [
        [f"`{name}.{column.name}`", ", ".join(f"`{value}`" for value in column.allowed)]
        for name, columns in TABLES.items()
        for column in columns
        if column.allowed
    ]
    parts.append(_table(["Column", "Values"], listed))
    parts += ["## Kinds of problems", "The values of `problems.problem`."]
    parts.append(
        _table(["Problem", "Meaning"], [[f"`{kind}`", meaning] for kind, meaning in PROBLEM_KINDS.items()])
    )
    return "\n\n".join(parts) + "\n"


def _row(column: Column) -> list[str]:
    return [
        f"`{column.name}`",
        TYPES.get(column.type, str(column.type)),
        "yes" if column.nullable else "no",
        f"`{column.source}`" if column.source else "",
        column.meaning,
    ]


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    DATA_DICTIONARY.write_text(data_dictionary(), encoding="utf-8", newline="\n")
