"""A progress bar where somebody watches."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Advance(Protocol):
    """What is called for each one that is done, with a few words to show beside the bar."""

    def __call__(self, words: str = "") -> object:
        """Move the bar on by one."""


@contextmanager
def progress_bar(
    total: int, progress: bool | None, title: str = "Campaigns", unit: str = "campaign"
) -> Iterator[Advance]:
    """Show a bar while campaigns, or something else, are being fetched.

    Parameters
    ----------
    total : int
        How many there are.
    progress : bool or None
        Whether to show it; None for in notebooks and where the standard error is a terminal.
    title, unit : str
        What is being fetched, and what one of it is called.

    Yields
    ------
    Advance
        What is to be called for each that is done.
    """
    if progress is None:
        progress = "ipykernel.zmqshell" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
    if not progress or not total:
        yield lambda words="": None  # noqa: ARG005 - a disabled bar would start tqdm's thread all the same
        return
    from tqdm.auto import tqdm  # noqa: PLC0415 - in a notebook the import itself may warn

    class Bar(tqdm):  # type: ignore[type-arg]  # generic in the stubs alone
        monitor_interval = 0  # no thread that stays behind; with a step of one there is nothing to monitor

    with Bar(total=total, desc=title, unit=unit, miniters=1) as bar:

        def advance(words: str = "") -> None:
            if words:
                bar.set_postfix_str(words, refresh=False)
            bar.update()

        yield advance
