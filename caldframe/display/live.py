"""Text that is redrawn in place on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from caldframe.display.escaping import fit_encoding

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO

__all__ = ["LiveText"]


class LiveText:
    """A place on a terminal where one text follows another; the last one stays.

    Parameters
    ----------
    file : text file
        The terminal.

    Examples
    --------
    >>> import io
    >>> terminal = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    >>> with LiveText(terminal) as live:
    ...     live.show("1 of 3 calls")
    ...     live.show("2 of 3 calls")
    """

    def __init__(self, file: TextIO) -> None:
        from rich.console import Console  # noqa: PLC0415 - slow to import, and needed here alone
        from rich.live import Live  # noqa: PLC0415

        self._encoding = file.encoding
        console = Console(file=file, force_terminal=True, highlight=False)
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="visible")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()

    def show(self, text: str) -> None:
        """Put a text in the place of the last one.

        Parameters
        ----------
        text : str
            Lines, such as `table_text` gives, ANSI styles included; those that are too long are folded.
        """
        from rich.text import Text  # noqa: PLC0415 - as above

        self._live.update(Text.from_ansi(fit_encoding(text, self._encoding)), refresh=True)
