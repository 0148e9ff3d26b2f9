"""Look for bytes that the decoder and the plain reference decoder understand differently, guided by coverage.

``make fuzz`` runs it for five minutes. A crash is left in ``crash-*``; its bytes belong into the tests then.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import atheris

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

with atheris.instrument_imports(include=["caldframe.decode"]):
    from payloads import random_response
    from reference_decoder import NotJSON, Reference

    from caldframe.decode import decode_campaign
    from caldframe.errors import BadResponseError

_SEEDS = 400


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


def main() -> None:
    """Make the first inputs and start."""
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in range(_SEEDS):
        (corpus / f"random-{seed}").write_bytes(random_response(Random(seed)))
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
