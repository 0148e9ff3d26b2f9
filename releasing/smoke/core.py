"""Without an extra: every library that caldframe always needs is put to work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import caldframe as cf
from caldframe.decode.kernel import load_kernel


def main() -> None:
    """Load, count, write, read back, fetch, archive, and ask the command line."""
    sample = sys.argv[1]
    assert Path(cf.__file__).is_relative_to(sys.prefix), f"{cf.__file__} is not the one that was installed"
    assert load_kernel() is not None, "the wheel has no compiled decoder"
    frames = cf.load_campaign(sample)
    assert len(frames.calls) > 0
    _count(frames)
    _write(frames)
    _fetch()
    _ask(sample)


def _count(frames: cf.CampaignFrames) -> None:
    calls, transcripts = frames.calls, frames.transcripts
    rates = cf.outcome_rates(calls, by="agent_id")  # Narwhals, SciPy
    assert rates["n"].sum() == calls["completed"].sum()
    tables = [
        cf.compare_lengths(calls, by="direction"),
        cf.reach_curve(calls),
        cf.pickup_by_hour(calls, tz="America/Los_Angeles"),  # tzdata, where the system has no zones
        cf.describe_numbers(calls["to_number"]),  # phonenumbers
        cf.hang_up_lines(transcripts, calls),  # RapidFuzz
        cf.opt_outs(transcripts),
        cf.quality(frames),
        cf.talk_metrics(transcripts, calls),
    ]
    assert all(len(table.columns) > 0 for table in tables)
    said = cf.redact(transcripts.assign(content="My IBAN is DE89 3704 0044 0532 0130 00."))  # python-stdnum
    assert not said["content"].str.contains("3704").any()
    assert calls["call_id"][0] in repr(frames.conversation(calls["call_id"][0]))  # Rich
    try:
        cf.plots.outcome_rates(rates)
    except cf.MissingExtraError as error:
        assert "caldframe[plots]" in str(error)  # noqa: PT017 - this is no test of pytest's
    else:
        raise AssertionError("there is a chart without Matplotlib")


def _write(frames: cf.CampaignFrames) -> None:
    frames.to_parquet("tables")
    assert cf.read_parquet("tables").calls.equals(frames.calls)
    frames.to_csv("tables")
    assert len(cf.read_csv("tables").transcripts) == len(frames.transcripts)


def _fetch() -> None:
    with cf.Sandbox(seed=1, campaigns=2, calls=20) as sandbox:
        client = cf.Client(sandbox.api_key, sandbox.url)
        # Requests, urllib3, tqdm
        fetched = cf.fetch_campaigns(sandbox.campaign_ids, client=client, progress=True)
        archive = cf.Archive("memory://calls")  # fsspec
        archive.sync(sandbox.campaign_ids, client=client)
    assert len(archive.frames().calls) == len(fetched.calls) > 0


def _ask(sample: str) -> None:
    program = str(Path(sys.executable).with_name("caldframe"))
    for arguments in (["--version"], ["--help"], ["outcomes", sample, "--by", "agent_id"], ["reach", sample]):
        done = subprocess.run(  # noqa: S603 - the program that was installed
            [program, *arguments], check=True, capture_output=True, text=True, encoding="utf-8"
        )
        assert done.stdout.strip(), arguments
        assert done.stderr == "", done.stderr


if __name__ == "__main__":
    main()
