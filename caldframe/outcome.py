"""What counts as success: a result of the API, or a column of true and false that the user added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caldframe.engine import Frame, Wanted, as_booleans, as_text, closest, column_names, count_rows, is_one_of
from caldframe.errors import ConfigurationError
from caldframe.schema import RESULTS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Outcome", "find_outcome", "result_values"]


@dataclass(frozen=True)
class Outcome:
    """An outcome of a call, and where it stands.

    Parameters
    ----------
    name : str
        What the caller named: a result or a column.
    column : str
        The column of the calls to count by.
    """

    name: str
    column: str

    @property
    def wanted(self) -> Wanted:
        """What is wanted of a call that has it, for `caldframe.engine.add_mark`."""
        return {self.column: self.name if self.column == "result" else True}

    def occurred(self, keys: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell for each row whether it has the outcome; null has not.

        Parameters
        ----------
        keys : pandas.DataFrame
            The calls, or the `keys` of their `Counts`; the outcome's column is read.

        Returns
        -------
        numpy.ndarray of bool
            One a row.

        Raises
        ------
        ConfigurationError
            If the column is one of the user's own and holds something else than true, false and null.
        """
        if self.column == "result":
            return is_one_of(keys["result"], self.name)
        return as_booleans(keys[self.column])


def find_outcome(calls: Frame, outcome: str) -> Outcome:
    """Find out what a metric's argument `outcome` names.

    Parameters
    ----------
    calls : Frame
        One row a call.
    outcome : str
        One of the API's results, such as "pickedUp"; or a column of true and false that the user added to
        the calls, such as "appointment"; or a result that the API does not document and some call has.

    Returns
    -------
    Outcome
        Its name and its column.

    Raises
    ------
    ConfigurationError
        If it is none of these.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"result": ["pickedUp", "ivr"], "sale": [True, None]})
    >>> find_outcome(calls, "sale").occurred(calls).tolist()
    [True, False]
    >>> find_outcome(calls, "ivr").occurred(calls).tolist()
    [False, True]
    """
    if outcome in RESULTS:
        return Outcome(outcome, "result")
    columns = column_names(calls)
    if outcome in columns and outcome != "result":
        return Outcome(outcome, outcome)
    results = result_values(calls) if "result" in columns else []
    if outcome in results:
        return Outcome(outcome, "result")
    known = list(dict.fromkeys([*RESULTS, *results]))
    raise ConfigurationError(
        f"outcome={outcome!r} is neither a result nor a column of the calls."
        f"{closest(str(outcome), [*known, *columns])} The results: {', '.join(known)}. An outcome of your "
        f"own is a column of true and false that you add to the calls."
    )


def result_values(calls: Frame) -> list[str]:
    """Give every result that some call has, sorted."""
    results: list[str] = as_text(count_rows(calls, ["result"]).keys["result"]).dropna().tolist()
    return sorted(results)
