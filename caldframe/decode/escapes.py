"""Strings with backslashes in them: what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from caldframe.decode.strings import Flags, Places, Strings


class Escapes(NamedTuple):
    """What strings with backslashes in them say.

    Parameters
    ----------
    places : numpy.ndarray of int64
        Which strings they are, in order.
    texts : pyarrow.StringArray
        What they say; null where that is no text.
    among : numpy.ndarray of bool
        For each string, whether it is one of them; one more for none.
    """

    places: Places
    texts: pa.StringArray
    among: Flags

    @property
    def failed(self) -> Places:
        """The strings that are not valid: unknown escapes, and halves of surrogate pairs."""
        failed: Places = self.places[self.texts.is_null().to_numpy(zero_copy_only=False)]
        return failed

    def put_into(self, column: pa.StringArray, places: Places) -> pa.StringArray:
        """Replace in a column what was taken as it is written.

        Parameters
        ----------
        column : pyarrow.StringArray
            Strings as they are written.
        places : numpy.ndarray of int64
            Which string each is, -1 for a null.
        """
        if not len(self.places):
            return column
        hit = self.among[places]
        said = self.texts.take(pa.array(np.searchsorted(self.places, places[hit])))
        return pc.replace_with_mask(column, pa.array(hit), said)


def read_escapes(strings: Strings) -> Escapes:
    """Read all strings that have a backslash in them."""
    texts = strings.texts.take(pa.array(2 * strings.escaped + 1)).to_pylist()
    try:
        said = pa.array(json.loads('["' + '","'.join(texts) + '"]' if texts else "[]"), pa.string())
    except ValueError:  # a UnicodeError is one too
        said = pa.array([_read(text) for text in texts], pa.string())
    among = np.zeros(len(strings.opens) + 1, np.bool_)
    among[strings.escaped] = True
    return Escapes(strings.escaped, said, among)


def _read(text: str) -> str | None:
    try:
        said = str(json.loads(f'"{text}"'))
        said.encode()
    except ValueError:
        return None
    return said
