"""What the fuzzer tries for hours, for a moment: its first inputs, what is kept, and bytes by chance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caldframe.errors import ExportError
from caldframe.privacy.redactor import Redactor
from fuzzing import answers, decode, files, redactor
from fuzzing.choices import Choices, changed

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).parent / "fuzzing"
HARNESSES = {"decode": decode, "files": files, "answers": answers, "redactor": redactor}
SEEDS_TRIED = 60

harnesses = pytest.mark.parametrize("harness", HARNESSES.values(), ids=HARNESSES.keys())


@harnesses
def test_the_first_inputs_break_nothing(harness: ModuleType) -> None:
    seeds = list(harness.seeds())
    for seed in seeds[:: max(len(seeds) // SEEDS_TRIED, 1)]:
        harness.check(seed)


@pytest.mark.parametrize(
    ("name", "path"),
    [(folder.name, path) for folder in sorted(KEPT.iterdir()) for path in sorted(folder.iterdir())],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_what_is_kept_breaks_nothing(name: str, path: Path) -> None:
    HARNESSES[name].check(path.read_bytes())


@settings(max_examples=100)
@given(st.binary(max_size=400))
def test_bytes_by_chance_are_decoded_as_the_reference_does(data: bytes) -> None:
    decode.check(data)


@settings(max_examples=100)
@given(st.binary(max_size=120))
def test_files_of_bytes_by_chance_are_read_or_refused(data: bytes) -> None:
    files.check(data)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_answers_of_bytes_by_chance_are_campaigns_or_errors(data: bytes) -> None:
    answers.check(data)


@settings(max_examples=200)
@given(st.binary(max_size=80))
def test_texts_of_bytes_by_chance_are_redacted_as_promised(data: bytes) -> None:
    redactor.check(data)


# --- the harnesses find what they look for -------------------------------------------------------------


def broken(*_: Any, **__: Any) -> Any:
    raise KeyError("not an error of ours")


@pytest.mark.parametrize(
    ("harness", "name"),
    [(decode, "decode_campaign"), (files, "read_parquet"), (answers, "fetch_campaign")],
)
def test_an_error_that_is_not_ours_is_found(
    harness: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, name, broken)
    with pytest.raises(KeyError):
        harness.check(b"{}")


def test_a_file_that_is_refused_without_its_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise ExportError("it cannot be read")

    monkeypatch.setattr(files, "read_parquet", refuse)
    with pytest.raises(AssertionError):
        files.check(b"")


def test_a_redactor_that_leaves_something_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Redactor, "find", lambda *_: [])
    with pytest.raises(AssertionError):
        redactor.check(b"")


def test_choices_are_what_the_bytes_say_and_then_the_first() -> None:
    choices = Choices(bytes([2, 0x34, 0x12, 3]) + b"abcd")
    assert choices.pick("xyz") == "z"
    assert choices.number(2**16) == 0x1234
    assert choices.some() == b"abc"
    assert choices
    assert choices.rest() == b"d"
    assert not choices
    assert (choices.pick("xyz"), choices.number(9), choices.some(), choices.rest()) == ("x", 0, b"", b"")


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_changed_bytes_are_bytes_and_without_choices_the_same(original: bytes, data: bytes) -> None:
    assert isinstance(changed(original, Choices(data)), bytes)
    assert changed(original, Choices(b"")) == original


def test_make_fuzz_runs_every_harness() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"HARNESSES ?= {' '.join(HARNESSES)}\n" in makefile
    program = (ROOT / "fuzzing" / "run.py").read_text(encoding="utf-8")
    assert all(f'"{name}": [' in program for name in HARNESSES)
