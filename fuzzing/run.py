"""Look for bytes that break a promise, guided by what code they reach: ``python -m fuzzing.run decode``.

``make fuzz`` runs all harnesses, each for a minute. What breaks one is left in ``crash-*``; its bytes go into
``tests/fuzzing`` then, where the tests try them ever after.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Final

import atheris

ROOT: Final = Path(__file__).parents[1]

WATCHED: Final = {
    "decode": ["caldframe.decode"],
    "files": ["caldframe.export", "caldframe.frames", "caldframe.unpacking"],
    "answers": ["caldframe.client"],
    "redactor": ["caldframe.privacy"],
}
"""The harnesses, and whose branches tell the fuzzer that it has found something new."""


def main() -> None:
    """Write the first inputs, and start."""
    program, name, *options = sys.argv
    sys.path[:0] = [str(ROOT / "tests")]
    with atheris.instrument_imports(include=WATCHED[name]):
        harness = import_module(f"fuzzing.{name}")
    corpus = ROOT / "fuzzing" / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(harness.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    found = ROOT / "tests" / "fuzzing" / name
    atheris.Setup([program, str(corpus), *([str(found)] if found.is_dir() else []), *options], harness.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
