"""What a campaign's bytes mean, written as plainly as can be; the decoder must agree with it.

Slow and recursive on purpose. It shares no code with the decoder: JSON is cut into tokens by one
regular expression, the standard library reads the tokens, and times are read by `datetime`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = re.compile(r'[ \t\n\r]*([{}\[\]:,]|"(?:[^"\\]|\\.)*"|[^{}\[\]:,"\s]+)', re.DOTALL)

RESULTS = ["pending", "pickedUp", "ivr", "voicemail", "unanswered", "disconnected", "failed"]
STATUSES = ["pending", "active", "not_funded", "finished", "cancelled"]
CAMPAIGN = {
    "campaignId": "campaign_id",
    "name": "name",
    "listId": "list_id",
    "agentId": "agent_id",
    "status": "status",
}
STATS = {
    "totalCalls": "total_calls",
    "completedCalls": "completed_calls",
    "failedCalls": "failed_calls",
    "pendingCalls": "pending_calls",
    "pickedUpCalls": "picked_up_calls",
    "ivrCalls": "ivr_calls",
    "voicemailCalls": "voicemail_calls",
    "unansweredCalls": "unanswered_calls",
    "disconnectedCalls": "disconnected_calls",
}
CALL = {
    "callId": "call_id",
    "direction": "direction",
    "from": "from_number",
    "to": "to_number",
    "completed": "completed",
    "result": "result",
    "createdAt": "created_at",
    "completedAt": "completed_at",
    "callLength": "call_length",
    "recordingUrl": "recording_url",
}
TURN = {"role": "role", "content": "content"}
ALLOWED = {
    "status": STATUSES,
    "direction": ["outbound", "inbound"],
    "result": RESULTS,
    "role": ["assistant", "user"],
}


@dataclass
class Node:
    """A JSON value with its verbatim text; `content` is pairs, nodes, or what a leaf says."""

    kind: str
    text: str
    content: Any


class NotJSON(Exception):  # noqa: N818 - a signal, not an error
    pass


def parse(text: str) -> Node:
    node, end = _parse(text, 0)
    if text[end:].strip(" \t\n\r"):
        raise NotJSON("something follows")
    return node


def _token(text: str, at: int) -> tuple[str, int, int]:
    match = TOKEN.match(text, at)
    if match is None:
        raise NotJSON(f"no token at {at}")
    return match[1], match.start(1), match.end(1)


def _parse(text: str, at: int) -> tuple[Node, int]:
    token, start, end = _token(text, at)
    if token == "{":
        pairs, end = _sequence(text, end, "}", _pair)
        return Node("object", text[start:end], pairs), end
    if token == "[":
        nodes, end = _sequence(text, end, "]", _parse)
        return Node("list", text[start:end], nodes), end
    return _leaf(token), end


def _sequence(text: str, at: int, closer: str, read: Callable[[str, int], Any]) -> tuple[list[Any], int]:
    token, _, end = _token(text, at)
    if token == closer:
        return [], end
    items = []
    while True:
        item, at = read(text, at)
        items.append(item)
        token, _, at = _token(text, at)
        if token == closer:
            return items, at
        _expect(token, ",")


def _pair(text: str, at: int) -> tuple[tuple[Node, Node], int]:
    name, at = _parse(text, at)
    _expect(name.kind, "string")
    colon, _, at = _token(text, at)
    _expect(colon, ":")
    value, at = _parse(text, at)
    return (name, value), at


def _expect(found: str, wanted: str) -> None:
    if found != wanted:
        raise NotJSON(f"{found} instead of {wanted}")


def _leaf(token: str) -> Node:
    if token in ("}", "]", ":", ","):
        raise NotJSON("a value was expected")
    if token == "null":
        return Node("null", token, None)
    if token in ("true", "false"):
        return Node("flag", token, token == "true")
    try:
        if token.startswith('"'):
            return Node("string", token, json.loads(token, strict=False))
        json.loads(token, parse_int=str, parse_float=str)
    except ValueError as error:
        raise NotJSON(str(error)) from None
    return Node("number", token, token)


def is_strict(text: str) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        json.loads(text, strict=True, parse_constant=refuse, parse_int=str, parse_float=str)
    except ValueError:
        return False
    return True


def has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def clean(text: str) -> str:
    return "".join("\ufffd" if has_surrogates(character) else character for character in text)


def shown(text: str) -> str:
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if has_surrogates(c) else c for c in text)


def read_text(node: Node) -> tuple[Any, list[str]]:
    if node.kind != "string":
        return None, ["wrong_type"]
    problems = []
    if has_surrogates(node.content):
        problems.append("invalid_utf8" if has_surrogates(node.text) else "lone_surrogate")
    if any(character < " " for character in node.text):
        problems.append("control_character")
    return clean(node.content), problems


def read_flag(node: Node) -> tuple[Any, list[str]]:
    return (node.content, []) if node.kind == "flag" else (None, ["wrong_type"])


def read_length(node: Node) -> tuple[Any, list[str]]:
    if node.kind != "number":
        return None, ["wrong_type"]
    number = float(node.content)
    if math.isnan(number) or math.isinf(number):
        return None, ["out_of_range"]
    problems = []
    if abs(number) >= 2**53 and Fraction(node.content) != Fraction(number):
        problems.append("rounded")
    if number < 0:
        problems.append("negative")
    return number, problems


def read_count(node: Node) -> tuple[Any, list[str]]:
    if node.kind != "number":
        return None, ["wrong_type"]
    if math.isnan(float(node.content)) or math.isinf(float(node.content)):
        return None, ["out_of_range"]
    number = Fraction(node.content)
    if not -(2**63) <= number < 2**63:
        return None, ["out_of_range"]
    if number.denominator != 1:
        return None, ["not_an_integer"]
    return int(number), ["negative"] if number < 0 else []


def read_time(node: Node) -> tuple[Any, list[str]]:
    if node.kind != "string":
        return None, ["wrong_type"]
    try:
        return _time(node.content)
    except (ValueError, OverflowError):
        return None, ["bad_timestamp"]


def _time(text: str) -> tuple[Any, list[str]]:
    day, separator, clock = text.partition(next((c for c in text if c in "Tt "), "T"))
    if not day.isascii() or not clock.isascii() or (separator and not clock):
        raise ValueError(text)
    if re.fullmatch(r"\d{4}-?\d{3}", day):
        moment = datetime.strptime(day.replace("-", ""), "%Y%j")  # noqa: DTZ007 - the zone follows
    elif re.fullmatch(r"\d{4}(-?W\d\d-?\d|-?\d\d-?\d\d)", day):
        moment = datetime.combine(date.fromisoformat(day), time())
    else:
        raise ValueError(text)
    zone = re.search(r"([Zz]|[+-]\d\d(:?\d\d)?)$", clock)
    problems = [] if zone else ["naive_timestamp"]
    if zone:
        clock = clock[: zone.start()]
    if separator:
        # `fromisoformat` takes 14.257 for 14 hours and 257 milliseconds, and 14:27:59:59 for 59.59 seconds.
        if not re.fullmatch(r"\d\d(:?\d\d){0,2}|(\d\d:?){2}\d\d[.,]\d+", clock) or clock.startswith("24"):
            raise ValueError(text)
        moment = datetime.combine(moment, time.fromisoformat(clock))
        if re.search(r"[.,]\d{6}\d*[1-9]", clock):
            problems.append("rounded")
    offset = timedelta(0)
    if zone and zone[1] not in "Zz":
        digits = zone[1][1:].replace(":", "").ljust(4, "0")
        if int(digits[:2]) > 23 or int(digits[2:]) > 59:
            raise ValueError(text)
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        offset = -offset if zone[1].startswith("-") else offset
    return moment.replace(tzinfo=timezone(offset)).astimezone(UTC), problems


def reader_of(name: str) -> Any:
    if name in ("createdAt", "completedAt"):
        return read_time
    if name == "callLength":
        return read_length
    if name == "completed":
        return read_flag
    return read_count if name in STATS else read_text


class Reference:
    """The four tables of one response as lists of dicts."""

    def __init__(self, body: bytes, campaign_id: str | None = None) -> None:
        self.problems: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.transcripts: list[dict[str, Any]] = []
        node = parse(body.decode("utf-8-sig", "surrogateescape"))
        if node.kind != "object":
            raise NotJSON("an object was expected")
        members = {name.content: value for name, value in node.content}
        if not members.keys() & {*CAMPAIGN, "stats", "calls"} and members.keys() & {
            "error",
            "errors",
            "message",
            "detail",
        }:
            raise NotJSON("a message")
        self.campaign = self.read_campaign(node, members, campaign_id)
        entries = members.get("calls", Node("null", "null", None))
        seen: set[str] = set()
        for index, entry in enumerate(entries.content if entries.kind == "list" else []):
            self.read_call(entry, index, seen)
        ids = {name: self.campaign[name] for name in ("campaign_id", "agent_id", "list_id")}
        self.calls = [row | ids for row in self.calls]
        self.transcripts = [row | {"campaign_id": ids["campaign_id"]} for row in self.transcripts]
        self.problems = [row | {"campaign_id": ids["campaign_id"]} for row in self.problems]

    def note(self, path: str, problem: str, text: str | None, index: int | None) -> None:
        self.problems.append(
            {
                "call_id": None,
                "call_index": index,
                "field": clean(path),
                "problem": problem,
                "value": None if text is None else shown(text),
            }
        )

    def fields(self, node: Node, names: dict[str, str], path: str, index: int | None) -> dict[str, Any]:
        members: dict[str, Node] = {}
        for name, value in node.content:
            if name.content in members:
                self.note(path + name.content, "duplicate_key", members[name.content].text, index)
            members[name.content] = value
        row: dict[str, Any] = {}
        for name, column in names.items():
            value = members.get(name, Node("null", "null", None))
            row[column] = None
            if value.kind != "null":
                row[column], problems = reader_of(name)(value)
                for problem in problems:
                    self.note(path + name, problem, value.text, index)
                if column in ALLOWED and row[column] is not None and row[column] not in ALLOWED[column]:
                    self.note(path + name, "unknown_value", value.text, index)
            elif name in ("campaignId", "callId"):
                self.note(path + name, "missing", None, index)
        return row

    def unknown(self, node: Node, known: set[str], path: str, index: int | None) -> list[str]:
        last = {name.content: (name, value) for name, value in node.content}
        texts = []
        for content, (name, value) in last.items():
            if content in known:
                continue
            name_text, text = name.text, value.text
            if not is_strict(name_text):
                self.note(path + content, "control_character", value.text, index)
                name_text = json.dumps(content, ensure_ascii=False)
            if not is_strict(text):
                self.note(path + content, "not_json", value.text, index)
                text = "null"
            if has_surrogates(name_text + text):
                self.note(path + content, "invalid_utf8", value.text, index)
            texts.append(clean(f"{name_text}:{text}"))
        return texts

    def read_campaign(self, node: Node, members: dict[str, Node], asked_for: str | None) -> dict[str, Any]:
        entries = members.get("calls", Node("null", "null", None))
        if entries.kind == "null":
            self.note("calls", "missing", None, None)
        elif entries.kind != "list":
            self.note("calls", "wrong_type", entries.text, None)
        row = self.fields(node, CAMPAIGN, "", None)
        extra = self.unknown(node, {*CAMPAIGN, "stats", "calls"}, "", None)
        stats = members.get("stats", Node("null", "null", None))
        if stats.kind not in ("object", "null"):
            self.note("stats", "wrong_type", stats.text, None)
        if stats.kind != "object":
            stats = Node("object", "{}", [])
        row |= self.fields(stats, STATS, "stats.", None)
        unknown = self.unknown(stats, set(STATS), "stats.", None)
        if unknown:
            extra.append('"stats":{' + ",".join(unknown) + "}")
        row["extra"] = "{" + ",".join(extra) + "}" if extra else None
        if asked_for is not None and row["campaign_id"] is None:
            row["campaign_id"] = asked_for
        elif asked_for is not None and row["campaign_id"] != asked_for:
            self.note("campaignId", "other_campaign", members["campaignId"].text, None)
        return row

    def read_call(self, node: Node, index: int, seen: set[str]) -> None:
        path = f"calls[{index}]"
        if node.kind != "object":
            self.note(path, "not_an_object", node.text, index)
            return
        first = len(self.problems)
        row = self.fields(node, CALL, f"{path}.", index)
        side = {"outbound": "to_number", "inbound": "from_number"}.get(row["direction"])
        row["prospect_number"] = row[side] if side else None
        members = {name.content: value for name, value in node.content}
        transcripts = members.get("transcripts", Node("null", "null", None))
        row["turns"] = 0
        if transcripts.kind == "list":
            row["turns"] = len(transcripts.content)
            for turn, entry in enumerate(transcripts.content):
                self.read_turn(entry, f"{path}.transcripts[{turn}]", index, row["call_id"], turn)
        elif transcripts.kind != "null":
            self.note(f"{path}.transcripts", "wrong_type", transcripts.text, index)
        extra = self.unknown(node, {*CALL, "transcripts"}, f"{path}.", index)
        row["extra"] = "{" + ",".join(extra) + "}" if extra else None
        if row["call_id"] is not None:
            if row["call_id"] in seen:
                self.note(f"{path}.callId", "duplicate_call_id", members["callId"].text, index)
            seen.add(row["call_id"])
        for problem in self.problems[first:]:
            problem["call_id"] = row["call_id"]
        self.calls.append(row)

    def read_turn(self, node: Node, path: str, index: int, call_id: str | None, turn: int) -> None:
        if node.kind != "object":
            self.note(path, "not_an_object", node.text, index)
            return
        row = self.fields(node, TURN, f"{path}.", index)
        extra = self.unknown(node, set(TURN), f"{path}.", index)
        row["extra"] = "{" + ",".join(extra) + "}" if extra else None
        self.transcripts.append(row | {"call_id": call_id, "turn": turn})
