"""The report: frames in, one HTML page out that needs nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from caldframe.engine import table_of
from caldframe.export import write_files
from caldframe.reports.material import gather
from caldframe.reports.page import page_context, page_environment
from caldframe.schema import TABLES

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from datetime import datetime

    import pandas as pd

    from caldframe.frames import CampaignFrames

__all__ = ["report"]


def report(  # noqa: PLR0913 - what a reader may want otherwise
    frames: CampaignFrames,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    outcome: str = "pickedUp",
    tz: str = "prospect",
    confidence: float = 0.95,
    agents: pd.DataFrame | None = None,
    pseudonymise: bool = True,
    redact: bool = True,
    names: Iterable[str] = (),
    now: datetime | str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a report about campaigns: one HTML page to read, to send and to print.

    It begins with what the numbers say, each finding with its number and its interval. Then come how calls
    ended, how far they got, how long they lasted, what further attempts achieve, when people pick up, how far
    the campaign is, campaigns or agents side by side, whether the numbers that call are answered, how
    conversations go with three of them to read, the ratios of the field, whether the data is right, and how
    each number is defined. Several campaigns are compared with one another.

    The page needs no network, no script and no other file. It has no links to recordings, and unless you say
    otherwise no telephone numbers.

    Parameters
    ----------
    frames : CampaignFrames
        One campaign or many, with all four tables.
    path : str or path
        The file to write, such as ``report.html``; its folder is made if it is not there.
    title : str, optional
        The title. By default the campaign's name, or how many campaigns there are.
    outcome : str, default "pickedUp"
        What counts as success where attempts, hours and groups are judged by it: a result, or a column of
        true and false that you added to the calls.
    tz : str, default "prospect"
        Whose clock the hours are of: ``"prospect"`` for that of each number, or a zone of the IANA database,
        such as ``"Europe/Berlin"``. Days are those of this zone too, or of UTC.
    confidence : float, default 0.95
        The confidence level of the intervals.
    agents : pandas.DataFrame, optional
        What the agents are called, such as `caldframe.fetch_agents` gives: the columns `agent_id` and `name`
        are read. By default they are called by their ids.
    pseudonymise : bool, default True
        Whether the numbers that call are "number 1", "number 2" and so on, the one with the most calls first.
        Numbers of prospects are never shown.
    redact : bool, default True
        Whether telephone numbers, addresses and the like are masked in what was said and in the campaigns'
        names, as `caldframe.redact` does.
    names : iterable of str, optional
        Names to mask there too, such as ``contacts["prospect_name"]``.
    now : datetime.datetime or str, optional
        The time, with its zone, that no call can be later than; see `caldframe.quality`.
    overwrite : bool, default False
        Whether a file that is there already is replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    MissingExtraError
        If Jinja2 or matplotlib is not installed; both come with the extra `report`.
    OutputExistsError
        If the file is there and `overwrite` is False.
    ExportError
        If the file cannot be written.
    UnknownColumnError
        If a table lacks a column.
    ConfigurationError
        If an argument is wrong, or a column holds values of another kind.

    Notes
    -----
    Every number is that of the function of caldframe that the end of the report names; the report computes
    nothing itself. Of more than eight campaigns or agents, those with the fewest calls are shown as one.

    Text from campaigns is shown as text, whatever it holds. A Content-Security-Policy in the page forbids
    scripts, and everything from elsewhere.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import caldframe as cf
    >>> frames = cf.load_campaign(b'{"campaignId": "c1", "name": "Spring", "calls": []}')
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cf.report(frames, Path(folder, "spring.html")).name
    'spring.html'
    """
    for table in TABLES:
        table_of(frames, table)
    environment = page_environment()
    material = gather(
        frames,
        agents,
        list(names),
        outcome=outcome,
        tz=tz,
        confidence=confidence,
        now=now,
        pseudonymise=pseudonymise,
        redact=redact,
    )
    page = environment.get_template("report.html").render(page_context(material, title))
    file = Path(path)
    return write_files(file.parent, {file.name: partial(_write, page=page)}, overwrite=overwrite)[0]


def _write(file: BinaryIO, *, page: str) -> None:
    file.write(page.encode())
