"""Count this, grouped by that, on the engine that holds the rows.

Every metric starts here: rows are counted by the columns that matter, and the small table that comes out,
pandas whatever the engine, is all that the statistics see. So they are the same on every engine, to the last
digit.
"""

from __future__ import annotations

from caldframe.engine.arguments import check_names, check_whole, check_zone, group_columns
from caldframe.engine.campaigns import in_order, map_campaigns, split_campaigns
from caldframe.engine.clocks import (
    DAY,
    HOUR,
    NO_TIME,
    Clock,
    Steps,
    add_step,
    common_step,
    count_by_clock,
    count_by_step,
    local_moments,
    time_range,
)
from caldframe.engine.conversion import (
    as_booleans,
    as_integers,
    as_numbers,
    as_text,
    as_times,
    has_words,
    is_one_of,
)
from caldframe.engine.counting import (
    Counts,
    Groups,
    add_counts,
    count_distinct,
    count_rows,
    group_rows,
    repeat_rows,
)
from caldframe.engine.endings import END_COLUMNS, add_ends, ends_of, first_rows, has_whole_numbers
from caldframe.engine.expressions import Wanted
from caldframe.engine.finding import places_of, rows_listed
from caldframe.engine.histories import EVENT_COLUMNS, count_by_history, count_events, number_rows
from caldframe.engine.holding import (
    Frame,
    are_rows_here,
    brought_here,
    check_columns,
    check_same_engine,
    column_names,
    rows_here,
    table_of,
)
from caldframe.engine.lacking import closest
from caldframe.engine.matching import add_looked_up, add_matches
from caldframe.engine.opening import DATASET_ENGINES, open_dataset, stack_tables
from caldframe.engine.partitions import is_partitioned
from caldframe.engine.rows import (
    add_level,
    add_mark,
    add_time_left,
    add_worded,
    keep_rows,
    select_columns,
)

__all__ = [
    "DATASET_ENGINES",
    "DAY",
    "END_COLUMNS",
    "EVENT_COLUMNS",
    "HOUR",
    "NO_TIME",
    "Clock",
    "Counts",
    "Frame",
    "Groups",
    "Steps",
    "Wanted",
    "add_counts",
    "add_ends",
    "add_level",
    "add_looked_up",
    "add_mark",
    "add_matches",
    "add_step",
    "add_time_left",
    "add_worded",
    "are_rows_here",
    "as_booleans",
    "as_integers",
    "as_numbers",
    "as_text",
    "as_times",
    "brought_here",
    "check_columns",
    "check_names",
    "check_same_engine",
    "check_whole",
    "check_zone",
    "closest",
    "column_names",
    "common_step",
    "count_by_clock",
    "count_by_history",
    "count_by_step",
    "count_distinct",
    "count_events",
    "count_rows",
    "ends_of",
    "first_rows",
    "group_columns",
    "group_rows",
    "has_whole_numbers",
    "has_words",
    "in_order",
    "is_one_of",
    "is_partitioned",
    "keep_rows",
    "local_moments",
    "map_campaigns",
    "number_rows",
    "open_dataset",
    "places_of",
    "repeat_rows",
    "rows_here",
    "rows_listed",
    "select_columns",
    "split_campaigns",
    "stack_tables",
    "table_of",
    "time_range",
]
