"""Random responses, mostly plausible and often nasty, as the bytes that a server might send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

NUMBERS = (
    "0",
    "-0",
    "1",
    "-1",
    "12",
    "12.5",
    "0.1",
    "1e3",
    "1E+2",
    "15e-1",
    "-3.25",
    "1e400",
    "-1e400",
    "1e-400",
    "9007199254740991",
    "9007199254740993",
    "9007199254740992.5",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "1.7976931348623157e308",
    "5e-324",
    "0.30000000000000004",
    "123456789012345678901234567890",
    "1" * 400,
    "NaN",
    "Infinity",
    "-Infinity",
    "1.0",
    "5.0000",
    "0e400",
)
TIMES = (
    "2026-03-02T14:27:33.257Z",
    "2026-03-02T14:27:33Z",
    "2026-03-02T14:27Z",
    "2026-03-02 14:27:33+05:30",
    "2026-03-02T14:27:33.123456789Z",
    "2026-03-02T14:27:33.123456000Z",
    "2026-03-02T14:27:33",
    "2026-03-02",
    "20260302T142733Z",
    "2026-W10-1T14:27:33Z",
    "2026-061",
    "2026-03-02t14:27:33z",
    "2026-03-02T14:27:33,5-0800",
    "2026-02-30T00:00:00Z",
    "2026-03-02T24:00:00Z",
    "2026-03-02T14:27:60Z",
    "2026-03-02T14:27:33+24:00",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "0000-01-01T00:00:00Z",
    "",
    "yesterday",
    "1772461653",
    "2026-03-02T14:27:33.Z",
    "2026-3-2T1:2:3Z",
    "2026-03-02T14:27:33 Z",
    "2026-03-02T",
    "+12026-03-02T00:00:00Z",
    "２０２６-03-02T14:27:33Z",
    "2026-03-02T14:27:33+05",
    "2026-03-02T14Z",
    "2026-03-0214:27:33Z",
)
TEXTS = (
    "",
    "k1",
    "k2",
    "k3",
    "Hello, who is this?",
    "don't",
    "naïve café",
    "日本語です",
    "👩‍👩‍👧 emoji",
    "\u202eright to left",
    "tab\tnewline\nreturn\r",
    "\x00",
    "\x7f",
    "\ud800",
    "\udfff\ud800",
    "\U0010ffff",
    "\ufeff",
    'quote " and \\ slash /',
    "=1+1",
    "é",
    "null",
    "NaN",
    "{}",
    "x" * 300,
)
UNKNOWN_NAMES = (
    "sentiment",
    "extra",
    "call_id",
    "CallId",
    "",
    "a b",
    "é",
    "line\nbreak",
    "\ud800",
    'quo"te',
    "toString",
)

CAMPAIGN_TEXTS = ("campaignId", "name", "listId", "agentId")
COUNTS = (
    "totalCalls",
    "completedCalls",
    "failedCalls",
    "pendingCalls",
    "pickedUpCalls",
    "ivrCalls",
    "voicemailCalls",
    "unansweredCalls",
    "disconnectedCalls",
)
RESULTS = (
    "pending",
    "pickedUp",
    "ivr",
    "voicemail",
    "unanswered",
    "disconnected",
    "failed",
    "busy",
    "PickedUp",
)
STATUSES = ("pending", "active", "not_funded", "finished", "cancelled", "paused")


class Payloads:
    """Makes the text of random responses.

    Parameters
    ----------
    random : random.Random
        Where chance comes from.
    oddity : float
        How likely each value is to be something unexpected.
    """

    def __init__(self, random: Random, oddity: float) -> None:
        self.random = random
        self.oddity = oddity
        self.pretty = random.random() < 0.3
        self.most_calls = random.choice((2, 6, 40))
        self.drift = random.choice((None, None, None, self.junk(1)))

    def odd(self) -> bool:
        return self.random.random() < self.oddity

    def space(self) -> str:
        return self.random.choice(("", " ", "\n", "\r\n\t", "  ")) if self.pretty else ""

    def string(self, text: str) -> str:
        """Write a string in one of the many ways in which JSON may."""
        style = self.random.random()
        if style < 0.5:
            return json.dumps(text)
        quoted = json.dumps(text, ensure_ascii=False)
        if style < 0.6 and "\\" not in quoted:
            escaped = (f"\\u{ord(c):04X}" if ord(c) < 0xFFFF else c for c in text)
            return f'"{"".join(escaped)}"'
        if style < 0.65 and self.odd():
            return quoted.replace("\\n", "\n").replace("\\t", "\t").replace("\\u0000", "\x00")
        if style < 0.7:
            return quoted.replace("/", "\\/")
        return quoted

    def text(self) -> str:
        choice = self.random.random()
        if choice < 0.8:
            return self.random.choice(TEXTS)
        tops = [self.random.choice((128, 0x110000)) for _ in range(self.random.randrange(8))]
        return "".join(chr(self.random.randrange(top)) for top in tops)

    def number(self) -> str:
        choice = self.random.random()
        if choice < 0.6:
            return self.random.choice(NUMBERS)
        if choice < 0.8:
            return str(self.random.randrange(-(2**65), 2**65))
        return repr(self.random.uniform(-1e6, 1e6) * 10.0 ** self.random.randrange(-20, 20))

    def junk(self, depth: int = 0) -> str:
        kind = self.random.randrange(8 if depth < 3 else 5)
        if kind == 0:
            return "null"
        if kind == 1:
            return self.random.choice(("true", "false"))
        if kind in (2, 3):
            return self.number()
        if kind == 4:
            return self.string(self.text())
        if kind == 5:
            return self.array([self.junk(depth + 1) for _ in range(self.random.randrange(4))])
        return self.object([(self.text(), self.junk(depth + 1)) for _ in range(self.random.randrange(4))])

    def array(self, items: list[str]) -> str:
        return "[" + self.space() + f"{self.space()},{self.space()}".join(items) + self.space() + "]"

    def object(self, pairs: list[tuple[str, str]]) -> str:
        return (
            "{"
            + self.space()
            + f"{self.space()},{self.space()}".join(
                f"{self.string(name)}{self.space()}:{self.space()}{value}" for name, value in pairs
            )
            + self.space()
            + "}"
        )

    def described(self, fields: dict[str, Callable[[], str]]) -> str:
        """Write an object: each field absent, odd, given twice or as described, and perhaps unknown ones."""
        pairs = []
        for name, make in fields.items():
            if self.odd():
                continue
            pairs.append((name, self.junk() if self.odd() else make()))
            if self.random.random() < self.oddity / 4:
                pairs.append((name, self.junk() if self.odd() else make()))
        if self.drift is not None and "callId" in fields:
            pairs.insert(self.random.randrange(len(pairs) + 1), ("sentiment", self.drift))
        while self.random.random() < self.oddity:
            pairs.append((self.random.choice(UNKNOWN_NAMES), self.junk()))
        if self.odd():
            self.random.shuffle(pairs)
        return self.object(pairs)

    def time(self) -> str:
        if self.random.random() > self.oddity:
            return self.string(
                f"2026-03-{self.random.randrange(1, 29):02}T14:27:{self.random.randrange(60):02}.257Z"
            )
        return self.string(self.random.choice(TIMES))

    def turn(self) -> str:
        if self.random.random() < self.oddity / 4:
            return self.junk()
        return self.described(
            {
                "role": lambda: self.string(
                    self.random.choice(("assistant", "user") if not self.odd() else ("system", "USER"))
                ),
                "content": lambda: self.string(self.text()),
            }
        )

    def call(self) -> str:
        if self.random.random() < self.oddity / 4:
            return self.junk()
        return self.described(
            {
                "callId": lambda: self.string(
                    self.text() if self.odd() else f"{self.random.randrange(16**2):02x}"
                ),
                "direction": lambda: self.string(self.random.choice(("outbound", "outbound", "inbound"))),
                "from": lambda: self.string("+14155550101"),
                "to": lambda: self.string(self.text() if self.odd() else "+16155550102"),
                "completed": lambda: self.random.choice(("true", "false")),
                "result": lambda: self.string(self.random.choice(RESULTS if self.odd() else RESULTS[:7])),
                "createdAt": self.time,
                "completedAt": self.time,
                "transcripts": lambda: self.array([self.turn() for _ in range(self.random.randrange(4))]),
                "callLength": lambda: self.number() if self.odd() else str(self.random.randrange(600)),
                "recordingUrl": lambda: self.string("https://recordings.example.com/k1.mp3"),
            }
        )

    def campaign(self) -> str:
        texts: dict[str, Callable[[], str]] = {
            name: lambda: self.string(self.text()) for name in CAMPAIGN_TEXTS
        }
        counts: dict[str, Callable[[], str]] = {
            name: lambda: self.number() if self.odd() else str(self.random.randrange(9)) for name in COUNTS
        }
        return (
            self.space()
            + self.described(
                texts
                | {
                    "status": lambda: self.string(self.random.choice(STATUSES)),
                    "stats": lambda: self.described(counts),
                    "calls": lambda: self.array(
                        [self.call() for _ in range(self.random.randrange(self.most_calls))]
                    ),
                }
            )
            + self.space()
        )


def random_response(random: Random) -> bytes:
    """Make a response; one in ten has bytes flipped, cut out or doubled."""
    text = Payloads(random, random.choice((0.0, 0.001, 0.02, 0.1, 0.3))).campaign()
    body = text.encode("utf-8", "surrogatepass" if random.random() < 0.5 else "replace")
    return mutated(body, random) if random.random() < 0.1 else body


def mutated(body: bytes, random: Random) -> bytes:
    """Flip a byte, cut a piece out, or double a piece."""
    if not body:
        return body
    start = random.randrange(len(body))
    stop = min(len(body), start + random.randrange(1, 20))
    kind = random.randrange(3)
    if kind == 0:
        return body[:start] + bytes([random.randrange(256)]) + body[start + 1 :]
    if kind == 1:
        return body[:start] + body[stop:]
    return body[:stop] + body[start:]
