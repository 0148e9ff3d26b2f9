"""A few rows of a large table: picked where they are, brought here, and where in the table they stand.

For tables of Polars, DuckDB and Spark, whose rows are somewhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pyarrow as pa

from caldframe.engine.histories import number_rows
from caldframe.engine.holding import (
    Frame,
    check_columns,
    collected,
    column_names,
    new_names,
    opened,
    put_beside,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["places_of", "rows_listed"]

_ROWS_OF_A_PARTITION: Final = 2**33  # as Spark's `monotonically_increasing_id` has them


def rows_listed(table: Frame, columns: Sequence[str], listed: pd.DataFrame) -> pd.DataFrame:
    """Bring the rows of a table here that have the same whole numbers as one of a list.

    Parameters
    ----------
    table : Frame
        A table of Polars, DuckDB or Spark.
    columns : sequence of str
        The columns wanted.
    listed : pandas.DataFrame
        The list: columns of integers that the table has too, no two rows the same.

    Returns
    -------
    pandas.DataFrame
        One row a row that was found, in any order; the columns wanted.

    Raises
    ------
    UnknownColumnError
        If the table lacks a column.
    """
    on = listed.columns.tolist()
    check_columns(table, [*columns, *on])
    frame = opened(table)
    beside = put_beside(frame, pa.Table.from_pandas(listed, preserve_index=False))
    return collected(frame.join(beside, on=on, how="inner").select(list(columns)))


def places_of(table: Frame, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the places in a table, from 0, of the rows to which `number_rows` gave some numbers.

    Spark alone numbers rows with gaps, partition by partition, and does not promise any order of these.
    """
    frame = opened(table)
    if not frame.implementation.is_spark_like():
        return numbers
    row, size = new_names(2, column_names(table))
    numbered: nw.LazyFrame[Any] = opened(number_rows(table, row))
    partition = nw.col(row) - nw.col(row) % _ROWS_OF_A_PARTITION
    sizes = collected(
        numbered.select(partition.alias(row)).group_by(row).agg(nw.len().cast(nw.Int64).alias(size))
    ).sort_values(row)
    starts, counts = (sizes[name].to_numpy(dtype=np.int64) for name in (row, size))
    before = np.cumsum(counts) - counts
    of_row = np.searchsorted(starts, numbers, side="right") - 1
    return np.asarray(before[of_row] + numbers - starts[of_row], dtype=np.int64)
