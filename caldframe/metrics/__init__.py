"""The metrics: pure functions, frames in, a tidy pandas DataFrame out; one module a chapter.

- `caldframe.metrics.outcomes`: how calls ended, and whether the campaign's own counts agree.
- `caldframe.metrics.lengths`: how long calls lasted.
- `caldframe.metrics.reach`: how many attempts it takes to reach prospects, and how long to wait between them.
- `caldframe.metrics.timing`: when calls are made, and when a campaign will be through.
- `caldframe.metrics.contacts`: who was called.
- `caldframe.metrics.conversation`: what was said in calls, and how far conversations get.
- `caldframe.metrics.compare`: groups of calls beside one another.
- `caldframe.metrics.cost`: what calls cost.
- `caldframe.metrics.quality`: what is wrong with the data.

All of them follow the same rules. ``by=`` takes a column name or a list of them; the groups are the
combinations of values that occur, sorted, categories in their own order, null a group of its own at the
end. A group with nothing to measure is a row with ``n = 0`` and NaN. Without ``by`` all rows are one group.
The columns of a result, their order and their dtypes never depend on the data. A rate stands beside its
count, its denominator and its interval.
"""
