"""Work that threads do one after the other: decoding and encoding what is small.

Arrow lets go of the interpreter for each table and each file, however short the work on it, and another
thread takes hold of it. Threads that work on small responses side by side, on more than one core, spend more
time on handing the interpreter around than on their work: a sync takes almost twice as long. For the network
and the disk they still wait at the same time. What is large keeps Arrow busy on its own, and the other cores
are welcome.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_LARGE: Final = 2**18


class _Turn:
    """The turn of a process: it has one interpreter, and so one turn, however many archives it works on."""

    def __init__(self) -> None:
        self.lock = Lock()

    def renew(self) -> None:
        """Give it up for a thread that is no more: a forked process has but the one that forked it."""
        self.lock = Lock()


_TURN: Final = _Turn()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_TURN.renew)


def in_turn(size: int) -> AbstractContextManager[object]:
    """Give what to hold while so many bytes are decoded or encoded; it is not for waiting in.

    Parameters
    ----------
    size : int
        How many bytes there are to work on, as they are stored or sent.
    """
    return _TURN.lock if size < _LARGE else nullcontext()
