"""What decoding takes of memory, whatever comes: so many times the response, and so much a row."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from caldframe.decode import decode_campaign

ROOT = Path(__file__).parents[1]
TIMES = 12
BYTES_OF_ROW = 1_000
SLACK = 32_000_000  # what a library sets up at its first call

# In a process of its own: a peak does not go down, and this one's is high already.
PROGRAM = """
import resource, sys
import caldframe as cf
unit = 1 if sys.platform == "darwin" else 1024
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
cf.load_campaign(b'{"campaignId": "c", "calls": [{"callId": "k", "x": 1, "callLength": ""}]}')
before = peak()
frames = cf.load_campaign(eval(sys.argv[1]))
rows = len(frames.calls) + len(frames.transcripts) + len(frames.problems)
print(peak() - before, rows)
"""

HEAD = """b'{"campaignId": "c", "calls": ['"""
RESPONSES = {
    "nothing but nulls": (f"""{HEAD} + b",".join([b"null"] * 50_000) + b"]}}" """, 5 * 50_000),
    "nothing but empty calls": (f"""{HEAD} + b",".join([b"{{}}"] * 50_000) + b"]}}" """, 3 * 50_000),
    "turns that are none": (
        f"""{HEAD} + b'{{"callId": "k", "transcripts": [' + b",".join([b"1"] * 50_000) + b"]}}]}}" """,
        2 * 50_000,
    ),
    "brackets": (f"""{HEAD} + b'{{"x": ' + b"[" * 500_000 + b"]" * 500_000 + b"}}]}}" """, 1_000_000),
    "digits": (f"""{HEAD} + b'{{"callLength": ' + b"1" * 1_000_000 + b"}}]}}" """, 1_000_000),
    "one word": (f"""{HEAD} + b'{{"callId": "' + b"a" * 5_000_000 + b'"}}]}}' """, 5_000_000),
    "UTF-16": (
        f"""({HEAD} + b'{{"callId": "' + b"a" * 2_000_000 + b'"}}]}}').decode().encode("utf-16")""",
        4_000_000,
    ),
    "calls twice": (
        f"""{HEAD} + b",".join([b'{{"callId":"k","result":"ivr"}}'] * 50_000) + b'], "calls": []}}' """,
        30 * 50_000,
    ),
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process its peak")
@pytest.mark.parametrize(("body", "size"), RESPONSES.values(), ids=RESPONSES)
def test_memory_is_bounded(body: str, size: int) -> None:
    command = [sys.executable, "-c", PROGRAM, body]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603
    taken, rows = map(int, done.stdout.split())
    assert taken <= TIMES * size + BYTES_OF_ROW * rows + SLACK


def classes() -> int:
    gc.collect()
    return sum(isinstance(one, type) for one in gc.get_objects())


def test_responses_of_ever_new_sizes_leave_nothing_behind() -> None:
    def decode(calls: int, turns: int) -> None:
        call = b'{"callId": "k", "transcripts": [' + b",".join([b'{"role": "user"}'] * turns) + b"]}"
        decode_campaign(b'{"campaignId": "c", "calls": [' + b",".join([call] * calls) + b"]}")

    decode(3, 2)
    before = classes()
    for number in range(100, 150):
        decode(number, number % 7)
    assert classes() == before
