"""The campaign's own counts against what its calls say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caldframe.engine import table_of
from caldframe.reconciliation import reconciled

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.frames import CampaignFrames

__all__ = ["reconcile"]


def reconcile(frames: CampaignFrames) -> pd.DataFrame:
    """Hold each campaign's own counts against what its calls say.

    Parameters
    ----------
    frames : CampaignFrames
        One campaign or many; the tables `campaigns` and `calls` are read, from any object that has them.
        Calls belong to a campaign by their `campaign_id`, so campaigns that share one, or have none, are
        counted together as one.

    Returns
    -------
    pandas.DataFrame
        One row a campaign and stat: campaigns in the order of `campaigns`, then ids that only calls
        have, sorted;
        for each the nine stats in the API's order. Columns:

        - `campaign_id` (str): the campaign
        - `stat` (str): the column of `campaigns` that holds the API's count, such as `picked_up_calls`
        - `reported` (Int64): the API's count, null where it gave none
        - `counted` (Int64): the calls that are so: every call for `total_calls`, calls whose `completed`
          is true for `completed_calls`, calls with that `result` for the rest
        - `difference` (Int64): reported - counted; above zero, the API counts calls that it did not list

    Raises
    ------
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If `frames` is something else, or a column holds values of another kind.

    Examples
    --------
    >>> import caldframe as cf
    >>> frames = cf.load_campaign(
    ...     b'{"campaignId": "c1", "stats": {"totalCalls": 2, "ivrCalls": 1}, "calls": '
    ...     b'[{"callId": "k1", "completed": true, "result": "ivr"}]}'
    ... )
    >>> cf.reconcile(frames).query("reported > 0")
      campaign_id         stat  reported  counted  difference
    0          c1  total_calls         2        1           1
    5          c1    ivr_calls         1        1           0
    """
    return reconciled(table_of(frames, "campaigns"), table_of(frames, "calls"))
