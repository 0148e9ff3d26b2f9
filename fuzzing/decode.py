"""Responses: the decoder and the plain reference decoder understand the same."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from payloads import random_response
from reference_decoder import NotJSON, Reference

from caldframe.decode import decode_campaign
from caldframe.errors import BadResponseError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEEDS: Final = 400


def seeds() -> Iterator[bytes]:
    """Give responses with all sorts of oddities."""
    for seed in range(_SEEDS):
        yield random_response(Random(seed))


def check(body: bytes) -> None:
    """Decode bytes in both ways."""
    try:
        expected = Reference(body, None)
    except NotJSON:
        try:
            decode_campaign(body)
        except BadResponseError:
            return
        raise AssertionError("only the reference refuses it") from None
    tables = decode_campaign(body)
    assert tables.campaigns.drop_columns(["fetched_at"]).to_pylist() == [expected.campaign]
    assert tables.calls.to_pylist() == expected.calls
    assert tables.transcripts.to_pylist() == expected.transcripts
    assert tables.problems.to_pylist() == expected.problems
