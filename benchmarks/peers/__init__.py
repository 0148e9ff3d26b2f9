"""The ways to make two tables of a response: one module each, so that each loads its own libraries only.

Each module has one public function, ``read(response: Response) -> Tables``, and none does more work than
the two tables need: calls with their ten documented fields and parsed times, and turns with the id of their
call. What a way leaves out of what `caldframe` gives is told by its `leaves_out`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.response import Response, Tables


@dataclass(frozen=True)
class Way:
    """A way to decode a response.

    Parameters
    ----------
    module : str
        Its module in `benchmarks.peers`.
    name : str
        What the table calls it.
    gives : str
        Whose tables it gives.
    leaves_out : str
        What `caldframe` gives and this does not.
    needs : tuple of str
        The modules that must be installed.
    most_calls : int, optional
        The most calls that it decodes within a minute or so, where that is below a million.
    """

    module: str
    name: str
    gives: str
    leaves_out: str
    needs: tuple[str, ...]
    most_calls: int | None = None

    @property
    def is_installed(self) -> bool:
        """Whether all that it needs is there."""
        return all(find_spec(name) for name in self.needs)

    def load(self) -> Callable[[Response], Tables]:
        """Import its module and give its function."""
        read: Callable[[Response], Tables] = import_module(f"benchmarks.peers.{self.module}").read
        return read


_MINUTES: Final = 100_000
_FIELDS_TOO: Final = "what does not fit, unknown fields"
_NOTES: Final = "what does not fit"

OURS: Final = Way("caldframe_pandas", "caldframe", "pandas", "", ("caldframe",))
OURS_ARROW: Final = Way("caldframe_arrow", "caldframe, without pandas", "Arrow", "", ("caldframe",))
USUAL: Final = Way("json_normalize", "json + pandas.json_normalize", "pandas", _NOTES, ("pandas",), _MINUTES)
BOUND: Final = Way("simdjson_tape", "simdjson, parsing only", "nothing", "the tables", ("simdjson",))

WAYS: Final = (
    OURS,
    OURS_ARROW,
    USUAL,
    Way("orjson_pandas", "orjson + pandas", "pandas", _NOTES, ("orjson", "pandas")),
    Way("msgspec_pandas", "msgspec structs + pandas", "pandas", _FIELDS_TOO, ("msgspec", "pandas")),
    Way("polars_document", "Polars, one document", "Polars", _FIELDS_TOO, ("polars",)),
    Way("duckdb_lines", "DuckDB, NDJSON", "Arrow", _FIELDS_TOO, ("duckdb", "msgspec")),
    Way("duckdb_document", "DuckDB, one document", "Arrow", _FIELDS_TOO, ("duckdb",), _MINUTES),
    Way("pyarrow_lines", "pyarrow.json, NDJSON", "Arrow", _FIELDS_TOO, ("msgspec", "pyarrow")),
    Way("arro3_lines", "arro3.io (arrow-rs), NDJSON", "Arrow", _FIELDS_TOO, ("arro3", "msgspec", "pyarrow")),
    Way("dlt_pipeline", "dlt, into DuckDB", "Arrow", _NOTES, ("dlt", "duckdb"), _MINUTES),
    BOUND,
)
"""Every way, in the table's order: ours, today's user's, the peers, the bound."""
