"""The extra ``dask``: calls are counted in Dask, on workers of its own, and an archive is opened in it."""

from __future__ import annotations

import pandas as pd
from dask.distributed import Client

import caldframe as cf


def main() -> None:
    """Count twice, here and there."""
    with cf.Sandbox(seed=1, campaigns=2, calls=20) as sandbox:
        archive = cf.Archive("archive")
        archive.sync(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)
    wanted = cf.outcome_rates(archive.frames().calls, by="campaign_id")
    with Client(n_workers=1, threads_per_worker=1, dashboard_address=None):  # type: ignore[no-untyped-call]
        found = cf.outcome_rates(archive.scan("calls", engine="dask"), by="campaign_id")
    pd.testing.assert_frame_equal(found, wanted)


if __name__ == "__main__":
    main()
