from __future__ import annotations

import gzip
import json
import math
import os
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payloads import mutated, random_response
from reference_decoder import NotJSON, Reference

from caldframe.decode import campaign as decode_module
from caldframe.decode import decode_agents, decode_call, decode_campaign, decode_contacts
from caldframe.decode import kernel as kernel_module
from caldframe.decode.split import split
from caldframe.errors import BadResponseError, DataProblemsError
from caldframe.schema import PROBLEM_KINDS, TABLES, arrow_schema

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from caldframe.schema import Tables


def campaign_of(*calls: str) -> bytes:
    text = ",".join(calls)
    return f'{{"campaignId": "c1", "agentId": "a1", "listId": "l1", "calls": [{text}]}}'.encode()


def decode_one(call: str) -> tuple[dict[str, Any], list[tuple[str, str, str | None]]]:
    tables = decode_campaign(campaign_of(call))
    return tables.calls.to_pylist()[0], problems_of(tables)


# `.ci/run` asks for more.
RANDOM_RESPONSES = int(os.environ.get("CALDFRAME_RANDOM_RESPONSES", "2000"))


def problems_of(tables: Tables) -> list[tuple[str, str, str | None]]:
    return [(row["field"], row["problem"], row["value"]) for row in tables.problems.to_pylist()]


def assert_equals_reference(body: bytes, campaign_id: str | None = None) -> None:
    try:
        expected = Reference(body, campaign_id)
    except NotJSON:
        with pytest.raises(BadResponseError):
            decode_campaign(body, campaign_id=campaign_id)
        return
    tables = decode_campaign(body, campaign_id=campaign_id)
    for name, columns in TABLES.items():
        assert getattr(tables, name).schema.equals(arrow_schema(columns))
        getattr(tables, name).validate(full=True)
    assert tables.campaigns.drop_columns(["fetched_at"]).to_pylist() == [expected.campaign]
    assert tables.calls.to_pylist() == expected.calls
    # A zero's sign, which equality does not see.
    assert str(tables.calls["call_length"].to_pylist()) == str([row["call_length"] for row in expected.calls])
    assert tables.transcripts.to_pylist() == expected.transcripts
    assert tables.problems.to_pylist() == expected.problems


class TestWholeResponses:
    def test_a_clean_campaign_fills_every_column(self) -> None:
        body = json.dumps(
            {
                "campaignId": "c1",
                "name": "Spring",
                "listId": "l1",
                "agentId": "a1",
                "status": "finished",
                "stats": {"totalCalls": 1, "completedCalls": 1, "pickedUpCalls": 1},
                "calls": [
                    {
                        "callId": "k1",
                        "direction": "outbound",
                        "from": "+14155550100",
                        "to": "+16155550101",
                        "completed": True,
                        "result": "pickedUp",
                        "createdAt": "2026-03-02T14:27:33.257Z",
                        "completedAt": "2026-03-02T14:30:00Z",
                        "transcripts": [
                            {"role": "assistant", "content": "Hello?"},
                            {"role": "user", "content": ""},
                        ],
                        "callLength": 12.5,
                        "recordingUrl": "https://recordings.example.com/k1.mp3",
                    }
                ],
            }
        ).encode()
        fetched_at = datetime(2026, 3, 3, tzinfo=UTC)
        tables = decode_campaign(body, fetched_at=fetched_at)
        campaign = tables.campaigns.to_pylist()[0]
        assert campaign["name"] == "Spring"
        assert (campaign["total_calls"], campaign["picked_up_calls"], campaign["ivr_calls"]) == (1, 1, None)
        assert campaign["fetched_at"] == fetched_at
        assert tables.calls.to_pylist() == [
            {
                "campaign_id": "c1",
                "agent_id": "a1",
                "list_id": "l1",
                "call_id": "k1",
                "direction": "outbound",
                "from_number": "+14155550100",
                "to_number": "+16155550101",
                "prospect_number": "+16155550101",
                "completed": True,
                "result": "pickedUp",
                "created_at": datetime(2026, 3, 2, 14, 27, 33, 257000, tzinfo=UTC),
                "completed_at": datetime(2026, 3, 2, 14, 30, tzinfo=UTC),
                "call_length": 12.5,
                "turns": 2,
                "recording_url": "https://recordings.example.com/k1.mp3",
                "extra": None,
            }
        ]
        assert tables.transcripts.to_pylist() == [
            {
                "campaign_id": "c1",
                "call_id": "k1",
                "turn": 0,
                "role": "assistant",
                "content": "Hello?",
                "extra": None,
            },
            {"campaign_id": "c1", "call_id": "k1", "turn": 1, "role": "user", "content": "", "extra": None},
        ]
        assert tables.problems.num_rows == 0

    def test_the_campaign_may_come_after_its_calls(self) -> None:
        tables = decode_campaign(b'{"calls": [{"callId": "k1"}], "campaignId": "c1", "agentId": "a1"}')
        assert tables.calls.select(["campaign_id", "agent_id"]).to_pylist() == [
            {"campaign_id": "c1", "agent_id": "a1"}
        ]

    def test_an_empty_object_is_a_campaign_of_which_nothing_is_known(self) -> None:
        tables = decode_campaign(b"{}")
        assert tables.campaigns.num_rows == 1
        assert problems_of(tables) == [("calls", "missing", None), ("campaignId", "missing", None)]

    def test_the_id_asked_for_stands_in_for_an_absent_one(self) -> None:
        tables = decode_campaign(b'{"calls": [{"callId": "k1"}]}', campaign_id="c9")
        assert tables.calls["campaign_id"].to_pylist() == ["c9"]
        assert problems_of(tables) == [("campaignId", "missing", None)]

    def test_another_id_than_asked_for_is_kept_and_noted(self) -> None:
        tables = decode_campaign(b'{"campaignId": "c1", "calls": []}', campaign_id="c9")
        assert tables.campaigns["campaign_id"].to_pylist() == ["c1"]
        assert problems_of(tables) == [("campaignId", "other_campaign", '"c1"')]

    def test_unknown_fields_are_kept_verbatim_at_every_level(self) -> None:
        body = (
            b'{"campaignId": "c1", "region": {"code":  1.50}, "stats": {"busyCalls": 7}, "calls": ['
            b'{"callId": "k1", "tags": ["a", null], "transcripts": [{"role": "user", "at": 1e400}]}]}'
        )
        tables = decode_campaign(body)
        assert tables.campaigns["extra"].to_pylist() == ['{"region":{"code":  1.50},"stats":{"busyCalls":7}}']
        assert tables.calls["extra"].to_pylist() == ['{"tags":["a", null]}']
        assert tables.transcripts["extra"].to_pylist() == ['{"at":1e400}']
        assert tables.problems.num_rows == 0

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])
    def test_any_unicode_encoding_that_tools_save_is_read(self, encoding: str) -> None:
        tables = decode_campaign('{"campaignId": "c1", "name": "é👩", "calls": []}'.encode(encoding))
        assert tables.campaigns["name"].to_pylist() == ["é👩"]

    def test_of_calls_given_twice_the_last_counts_and_the_first_is_kept(self) -> None:
        tables = decode_campaign(
            b'{"campaignId": "c", "calls": [{"callId": "k1"} ], "calls": [{"callId": "k2"}]}'
        )
        assert tables.calls["call_id"].to_pylist() == ["k2"]
        assert problems_of(tables) == [("calls", "duplicate_key", '[{"callId": "k1"} ]')]

    def test_calls_that_are_not_a_list_are_kept_as_text(self) -> None:
        tables = decode_campaign(b'{"campaignId": "c", "calls": {"k1": 1}}')
        assert tables.calls.num_rows == 0
        assert problems_of(tables) == [("calls", "wrong_type", '{"k1": 1}')]


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b"", "empty"),
            (b" \n", "empty"),
            (b"<!DOCTYPE html><title>Sign in</title>", "web page"),
            (b'{"campaignId": "c1", "calls": [{"callId"', "breaks off after 40 bytes"),
            (
                b'{"campaignId": "c1',
                "breaks off after 18 bytes: Unterminated string starting at character 15.",
            ),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "is binary data, not JSON. Fetch"),
            (b"[]", "not a JSON object"),
            (b"12", "not a JSON object"),
            (b"null", "not a JSON object"),
            (b"Bad Gateway", "not JSON"),
            (b'{"campaignId": "c1"} trailing', "not JSON"),
            (b'{"campaignId": "c1",}', "not JSON"),
            (b'{"error": "no such campaign"}', "message"),
            ('{"a": "b"'.encode("utf-16")[:-1], "not JSON"),
        ],
    )
    def test_what_is_not_a_campaign_is_refused_with_its_beginning(self, body: bytes, said: str) -> None:
        with pytest.raises(BadResponseError, match=said) as caught:
            decode_campaign(body, campaign_id="c1")
        assert caught.value.campaign_id == "c1"

    def test_only_the_first_200_characters_are_quoted(self) -> None:
        with pytest.raises(BadResponseError) as caught:
            decode_campaign(b"x" * 10_000)
        assert "x" * 200 in str(caught.value)
        assert "x" * 201 not in str(caught.value)

    def test_control_characters_in_what_is_quoted_are_escaped(self) -> None:
        with pytest.raises(BadResponseError) as caught:
            decode_campaign(b"\x1b[2Jboo")
        assert "\x1b" not in str(caught.value)

    def test_strict_names_the_first_problem_and_how_many_there_are(self) -> None:
        with pytest.raises(
            DataProblemsError, match=r"calls\[0\]\.result is unknown_value: \"busy\" \(2 in all\)"
        ) as caught:
            decode_campaign(
                campaign_of('{"callId": "k1", "callLength": "12", "result": "busy"}'), strict=True
            )
        assert caught.value.count == 2

    def test_strict_lets_a_clean_campaign_through(self) -> None:
        assert decode_campaign(campaign_of('{"callId": "k1"}'), strict=True).calls.num_rows == 1


class TestValues:
    @pytest.mark.parametrize(
        ("sent", "length", "problems"),
        [
            ("0", 0.0, []),
            ("12", 12.0, []),
            ("12.75", 12.75, []),
            ("1e3", 1000.0, []),
            ("-1.5", -1.5, ["negative"]),
            ('"12"', None, ["wrong_type"]),
            ("true", None, ["wrong_type"]),
            ("[1]", None, ["wrong_type"]),
            ("{}", None, ["wrong_type"]),
            ("null", None, []),
            ("1e400", None, ["out_of_range"]),
            ("1" * 5000, None, ["out_of_range"]),
            ("NaN", None, ["out_of_range"]),
            ("-Infinity", None, ["out_of_range"]),
            ("9007199254740992", 9007199254740992.0, []),
            ("9007199254740993", 9007199254740992.0, ["rounded"]),
            ("1e-400", 0.0, []),
        ],
    )
    def test_call_length(self, sent: str, length: float | None, problems: list[str]) -> None:
        row, found = decode_one(f'{{"callId": "k1", "callLength": {sent}}}')
        assert row["call_length"] == length
        assert found == [("calls[0].callLength", problem, sent) for problem in problems]

    @pytest.mark.parametrize(
        ("sent", "count", "problems"),
        [
            ("7", 7, []),
            ("7.0", 7, []),
            ("7e2", 700, []),
            ("7.5", None, ["not_an_integer"]),
            ("-7", -7, ["negative"]),
            ("-0", 0, []),
            ("9223372036854775807", 9223372036854775807, []),
            ("9223372036854775808", None, ["out_of_range"]),
            ("1e30", None, ["out_of_range"]),
            ("1" * 5000, None, ["out_of_range"]),
            ("1e-99999999999999999999", None, ["not_an_integer"]),
            ("0e99999999999999999999", 0, []),
            ('"7"', None, ["wrong_type"]),
        ],
    )
    def test_counts(self, sent: str, count: int | None, problems: list[str]) -> None:
        tables = decode_campaign(
            f'{{"campaignId": "c", "stats": {{"totalCalls": {sent}}}, "calls": []}}'.encode()
        )
        assert tables.campaigns["total_calls"].to_pylist() == [count]
        assert problems_of(tables) == [("stats.totalCalls", problem, sent) for problem in problems]

    @pytest.mark.parametrize(
        ("sent", "iso", "problems"),
        [
            ("2026-03-02T14:27:33Z", "2026-03-02T14:27:33+00:00", []),
            ("2026-03-02t14:27:33z", "2026-03-02T14:27:33+00:00", []),
            ("2026-03-02 14:27:33Z", "2026-03-02T14:27:33+00:00", []),
            ("2026-03-02T14:27:33+05:30", "2026-03-02T08:57:33+00:00", []),
            ("2026-03-02T14:27:33-0800", "2026-03-02T22:27:33+00:00", []),
            ("2026-03-02T14:27:33+01", "2026-03-02T13:27:33+00:00", []),
            ("2026-03-02T14:27Z", "2026-03-02T14:27:00+00:00", []),
            ("20260302T142733Z", "2026-03-02T14:27:33+00:00", []),
            ("2026-W10-1T14:27:33Z", "2026-03-02T14:27:33+00:00", []),
            ("2026-061T14:27:33Z", "2026-03-02T14:27:33+00:00", []),
            ("2026-03-02T14:27:33,25Z", "2026-03-02T14:27:33.250000+00:00", []),
            ("2026-03-02T14:27:33", "2026-03-02T14:27:33+00:00", ["naive_timestamp"]),
            ("2026-03-02", "2026-03-02T00:00:00+00:00", ["naive_timestamp"]),
            ("2026-03-02T14:27:33.123456789Z", "2026-03-02T14:27:33.123456+00:00", ["rounded"]),
            (
                "2026-03-02T14:27:33.999999999",
                "2026-03-02T14:27:33.999999+00:00",
                ["naive_timestamp", "rounded"],
            ),
            ("2026-02-30T00:00:00Z", None, ["bad_timestamp"]),
            ("2026-366", None, ["bad_timestamp"]),
            ("2026-03-02T24:00:00Z", None, ["bad_timestamp"]),
            ("2026-03-02T14:27:60Z", None, ["bad_timestamp"]),
            ("2026-03-02T14:27:33+25:00", None, ["bad_timestamp"]),
            ("0001-01-01T00:00:00+01:00", None, ["bad_timestamp"]),
            ("2026-03-02T14:27.5Z", None, ["bad_timestamp"]),
            ("2026-03-02T14.257Z", None, ["bad_timestamp"]),
            ("03/02/2026", None, ["bad_timestamp"]),
            ("", None, ["bad_timestamp"]),
        ],
    )
    def test_timestamps(self, sent: str, iso: str | None, problems: list[str]) -> None:
        row, found = decode_one(f'{{"callId": "k1", "createdAt": "{sent}"}}')
        assert row["created_at"] == (None if iso is None else datetime.fromisoformat(iso))
        assert found == [("calls[0].createdAt", problem, f'"{sent}"') for problem in problems]

    @given(
        moment=st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),  # noqa: DTZ001
        offset=st.integers(-23 * 60 - 59, 23 * 60 + 59),
        digits=st.integers(0, 9),
        separator=st.sampled_from("Tt "),
        mark=st.sampled_from(".,"),
        colon=st.sampled_from([":", ""]),
    )
    def test_every_extended_form_of_a_time_is_read(
        self, moment: datetime, offset: int, digits: int, separator: str, mark: str, colon: str
    ) -> None:
        zone = timezone(timedelta(minutes=offset))
        sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
        fraction = f"{moment.microsecond:06}000"[:digits]
        kept = moment.replace(microsecond=int(fraction.ljust(6, "0")[:6]), tzinfo=zone)
        text = (
            f"{moment:%Y-%m-%d}".zfill(10)
            + f"{separator}{moment:%H:%M:%S}"
            + (mark + fraction if fraction else "")
            + f"{sign}{minutes // 60:02}{colon}{minutes % 60:02}"
        )
        row, found = decode_one(f'{{"callId": "k1", "createdAt": "{text}"}}')
        assert row["created_at"] == kept
        assert found == []

    @pytest.mark.parametrize(
        ("sent", "content", "problems"),
        [
            ('"plain"', "plain", []),
            ('""', "", []),
            ("null", None, []),
            (r'"\ud83d\udc69 \u0000 \/"', "👩 \x00 /", []),
            (r'"a\ud800b"', "a\ufffdb", ["lone_surrogate"]),
            ('"\u202e\ufeff\x7f"', "\u202e\ufeff\x7f", []),
            ('"a\nb\x00"', "a\nb\x00", ["control_character"]),
            ("5", None, ["wrong_type"]),
        ],
    )
    def test_text(self, sent: str, content: str | None, problems: list[str]) -> None:
        body = campaign_of(f'{{"callId": "k1", "transcripts": [{{"role": "user", "content": {sent}}}]}}')
        tables = decode_campaign(body)
        assert tables.transcripts["content"].to_pylist() == [content]
        assert problems_of(tables) == [
            ("calls[0].transcripts[0].content", problem, sent) for problem in problems
        ]

    def test_bytes_that_are_not_utf8(self) -> None:
        tables = decode_campaign(b'{"campaignId": "c", "name": "caf\xe9", "calls": [], "x\xff": "\xfe"}')
        assert tables.campaigns["name"].to_pylist() == ["caf\ufffd"]
        assert tables.campaigns["extra"].to_pylist() == ['{"x\ufffd":"\ufffd"}']
        assert problems_of(tables) == [
            ("name", "invalid_utf8", r'"caf\xe9"'),
            ("x\ufffd", "invalid_utf8", r'"\xfe"'),
        ]

    def test_unknown_values_are_kept_and_noted(self) -> None:
        row, found = decode_one('{"callId": "k1", "result": "busy", "direction": "sideways", "to": "+1"}')
        assert (row["result"], row["direction"], row["prospect_number"]) == ("busy", "sideways", None)
        assert found == [
            ("calls[0].direction", "unknown_value", '"sideways"'),
            ("calls[0].result", "unknown_value", '"busy"'),
        ]

    def test_the_prospect_of_an_inbound_call_is_who_called(self) -> None:
        row, _ = decode_one('{"callId": "k1", "direction": "inbound", "from": "+1", "to": "+2"}')
        assert row["prospect_number"] == "+1"

    def test_entries_that_are_not_objects_are_kept_as_problems(self) -> None:
        tables = decode_campaign(
            campaign_of(
                'null, {"callId": "k1", "transcripts": ["hi", {"role": "user", "content": "x"}]}, "k2"'
            )
        )
        assert tables.calls.select(["call_id", "turns"]).to_pylist() == [{"call_id": "k1", "turns": 2}]
        assert tables.transcripts.select(["turn", "content"]).to_pylist() == [{"turn": 1, "content": "x"}]
        assert tables.problems.select(["call_id", "call_index", "field", "problem", "value"]).to_pylist() == [
            {
                "call_id": None,
                "call_index": 0,
                "field": "calls[0]",
                "problem": "not_an_object",
                "value": "null",
            },
            {
                "call_id": "k1",
                "call_index": 1,
                "field": "calls[1].transcripts[0]",
                "problem": "not_an_object",
                "value": '"hi"',
            },
            {
                "call_id": None,
                "call_index": 2,
                "field": "calls[2]",
                "problem": "not_an_object",
                "value": '"k2"',
            },
        ]

    def test_duplicate_ids_and_names_are_noted_and_nothing_is_dropped(self) -> None:
        tables = decode_campaign(campaign_of('{"callId": "k1"}, {"callId": "k0", "callId": "k1"}'))
        assert tables.calls["call_id"].to_pylist() == ["k1", "k1"]
        assert problems_of(tables) == [
            ("calls[1].callId", "duplicate_key", '"k0"'),
            ("calls[1].callId", "duplicate_call_id", '"k1"'),
        ]

    def test_unknown_fields_that_are_not_strict_json_leave_extra_readable(self) -> None:
        row, found = decode_one('{"callId": "k1", "score": [NaN], "note": "a\nb", "x\ty": 1}')
        assert json.loads(row["extra"]) == {"score": None, "note": None, "x\ty": 1}
        assert found == [
            ("calls[0].score", "not_json", "[NaN]"),
            ("calls[0].note", "not_json", '"a\nb"'),
            ("calls[0].x\ty", "control_character", "1"),
        ]

    @pytest.mark.parametrize("depth", [10, 900, 1_000, 100_000])
    @pytest.mark.parametrize(("opener", "closer"), [("[", "]"), ('{"a":', "}")])
    def test_deep_nesting_is_kept_whole(self, depth: int, opener: str, closer: str) -> None:
        deep = opener * depth + "0" + closer * depth
        row, found = decode_one(f'{{"callId": "k1", "deep": {deep}, "callLength": {deep}}}')
        assert row["extra"] == f'{{"deep":{deep}}}'
        assert found == [("calls[0].callLength", "wrong_type", deep)]

    @pytest.mark.parametrize("depth", [10, 1_000, 100_000])
    def test_deep_nesting_that_breaks_off_is_refused(self, depth: int) -> None:
        with pytest.raises(BadResponseError):
            decode_campaign(b'{"calls": ' + b"[" * depth)


class TestAgainstReference:
    @pytest.mark.parametrize("part", range(20))
    def test_random_responses(self, part: int) -> None:
        for seed in range(part * RANDOM_RESPONSES // 20, (part + 1) * RANDOM_RESPONSES // 20):
            assert_equals_reference(random_response(Random(seed)), "k1" if seed % 3 == 0 else None)

    @pytest.mark.parametrize("block_bytes", [1, 60, 400, 3000])
    def test_random_responses_in_many_blocks(self, block_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(decode_module, "split", partial(split, block_bytes=block_bytes))
        for seed in range(block_bytes * 1000, block_bytes * 1000 + RANDOM_RESPONSES // 40):
            assert_equals_reference(random_response(Random(seed)))

    @pytest.mark.parametrize(
        "call",
        [
            '{"callId": "k", "legs": [{"callId": "a"},{"callId": "b"},{"callId": "c"}]}',
            '{"callId": "k", "transcripts": [{"callId": "a"},{"callId": "b", "role": "user"}]}',
            '{"callId": "},{\\"callId\\":1", "from": "],\\"calls\\":[", "to": "}]}"}',
            '{"callId": "k\\\\", "from": "\\\\\\"", "to": "\\u005c"}',
            '{"callId": "k", "x": [[[]]], "y": [], "z": {}, "w": [1, {"a": [{}]}], "v": [ ]}',
            '{"callId": "k", "x": {"callLength": 5, "transcripts": [{"role": "user"}]}, "callLength": 7}',
            '{"role": "user", "content": "x", "callId": "k"}',
        ],
    )
    @pytest.mark.parametrize("block_bytes", [1, 100, 10**6])
    @pytest.mark.parametrize(
        "tail", ["]}", '], "tags": ["a"]}', '], "stats": {"totalCalls": 9}}', "]]}", "]"]
    )
    def test_calls_that_look_like_the_end_of_calls(
        self, call: str, block_bytes: int, tail: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(decode_module, "split", partial(split, block_bytes=block_bytes))
        for separator in (",", " ,\n ", ",null,", ',"text",', ",,", ",5,{},"):
            assert_equals_reference(f'{{"calls": [{separator.join([call] * 4)}{tail}'.encode())

    @settings(max_examples=100)
    @given(random=st.randoms(use_true_random=False))
    def test_random_responses_that_can_be_shrunk(self, random: Random) -> None:
        assert_equals_reference(random_response(random))

    @given(text=st.text(st.characters(exclude_categories=["Cs"])))
    def test_every_text_survives(self, text: str) -> None:
        for ensure_ascii in (True, False):
            content = json.dumps(text, ensure_ascii=ensure_ascii)
            body = campaign_of(
                f'{{"callId": "k1", "transcripts": [{{"role": "user", "content": {content}}}]}}'
            )
            assert decode_campaign(body).transcripts["content"].to_pylist() == [text]

    def test_the_real_campaign(self, real_campaign: Path) -> None:
        body = gzip.decompress(real_campaign.read_bytes())
        tables = decode_campaign(body)
        assert (tables.calls.num_rows, tables.transcripts.num_rows, tables.problems.num_rows) == (
            8564,
            51806,
            0,
        )
        plain = json.loads(body)
        assert tables.calls["call_id"].to_pylist() == [call["callId"] for call in plain["calls"]]
        assert tables.transcripts["content"].to_pylist() == [
            turn["content"] for call in plain["calls"] for turn in call["transcripts"]
        ]

    def test_the_real_campaign_with_bytes_flipped_cut_and_doubled(self, real_campaign: Path) -> None:
        body = gzip.decompress(real_campaign.read_bytes())[:20_000]
        for seed in range(60):
            assert_equals_reference(mutated(body[: body.rindex(b', {"callId"')] + b"]}", Random(seed)))


class TestOtherEndpoints:
    def test_one_call(self) -> None:
        tables = decode_call(
            b'{"callId": "k1", "transcripts": [{"role": "user", "content": "x"}], "result": 5}'
        )
        assert tables.campaigns.num_rows == 0
        assert tables.calls.select(["campaign_id", "call_id", "turns"]).to_pylist() == [
            {"campaign_id": None, "call_id": "k1", "turns": 1}
        ]
        assert tables.transcripts["content"].to_pylist() == ["x"]
        assert problems_of(tables) == [("calls[0].result", "wrong_type", "5")]
        with pytest.raises(DataProblemsError):
            decode_call(b'{"callId": "k1", "result": 5}', strict=True)

    @pytest.mark.parametrize("body", [b"", b"[]", b'{"message": "no"}', b"{}{}"])
    def test_what_is_not_a_call_is_refused(self, body: bytes) -> None:
        with pytest.raises(BadResponseError):
            decode_call(body)

    def test_agents(self) -> None:
        agents = decode_agents(b'{"agents": [{"agentId": "a1", "name": 5, "voice": "alto"}, "a2"]}')
        assert agents.to_pylist() == [
            {"agent_id": "a1", "name": None, "extra": '{"name":5,"voice":"alto"}'},
            {"agent_id": None, "name": None, "extra": '{"not_an_object":"a2"}'},
        ]

    def test_contacts(self) -> None:
        contacts = decode_contacts(
            b'{"contacts": [{"phoneNumber": "+1", "prospectName": "Ada", "email": null, "plan": {"t": 1}}]}'
        )
        assert contacts.to_pylist() == [
            {"phone_number": "+1", "prospect_name": "Ada", "email": None, "extra": '{"plan":{"t": 1}}'}
        ]

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"agents": null}', b'{"agents": {}}', b"<html>", b"[]"])
    def test_what_is_not_a_list_of_agents_is_refused(self, body: bytes) -> None:
        with pytest.raises(BadResponseError):
            decode_agents(body)


def test_every_kind_of_problem_is_documented_and_made_by_something() -> None:
    kinds: set[str] = set()
    for seed in range(600):
        try:
            tables = decode_campaign(random_response(Random(seed)), campaign_id="other")
        except BadResponseError:
            continue
        kinds.update(str(problem) for problem in tables.problems["problem"].to_pylist())
    assert kinds == set(PROBLEM_KINDS)


class TestKernel:
    def test_it_is_compiled_here(self) -> None:
        assert kernel_module.load_kernel() is not None, "make, or a C compiler, is missing"

    def test_calls_that_fit_take_it(self) -> None:
        body = campaign_of(*(f'{{"callId": "k{n}", "callLength": {n}.25, "new": [{n}]}}' for n in range(9)))
        parts = split(body)
        entries = kernel_module.read_entries(body, parts.blocks[0])
        assert (entries.total, len(entries.calls["call_id"]), entries.others) == (9, 9, [])

    def test_an_odd_call_is_odd_alone(self) -> None:
        body = campaign_of('{"callId": "a"}', '{"callId": 7}', "null", '{"callId": "b"}')
        block = split(body).blocks[0]
        entries = kernel_module.read_entries(body, block)
        assert entries.positions.tolist() == [0, 3]
        assert [entry for entry, _, _ in entries.others] == [1, 2]
        assert [body[block][begin:end] for _, begin, end in entries.others] == [b'{"callId": 7}', b"null"]

    def test_without_it_the_tables_are_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kernel_module, "load_kernel", lambda: None)
        for seed in range(50):
            assert_equals_reference(random_response(Random(seed)))

    @pytest.mark.parametrize(
        "number",
        [
            "93.48200000000001",
            "0.1",
            f"0.{0:040}1",
            "123456789012345.6789",
            "999999999999999.99999",
            "1234567890123456",
            "-0",
            "-0.0",
            f"-0.{0:030}",
            "9007199254740993",
            "1e3",
            "1E-400",
            "1e400",
        ],
    )
    def test_numbers_are_the_nearest_that_there_are(self, number: str) -> None:
        body = campaign_of(f'{{"callId": "k", "callLength": {number}}}')
        assert_equals_reference(body)
        expected = float(number)
        if expected < float("inf"):
            [found] = decode_campaign(body).calls["call_length"].to_pylist()
            assert (found, math.copysign(1, found)) == (expected, math.copysign(1, expected))

    @given(st.decimals(min_value=0, max_value=10**17, places=9, allow_nan=False))
    def test_every_number_is_the_nearest(self, number: Decimal) -> None:
        body = campaign_of(f'{{"callId": "k", "callLength": {number:f}}}')
        assert decode_campaign(body).calls["call_length"].to_pylist() == [float(number)]

    @pytest.mark.parametrize("count", [1, 63, 64, 65, 1000])
    def test_any_number_of_unknown_fields_is_kept(self, count: int) -> None:
        fields = ", ".join(f'"field {n}" : {n}' for n in range(count))
        assert_equals_reference(campaign_of(f'{{"callId": "k", {fields}, "transcripts": [{{ {fields} }}]}}'))

    @given(st.datetimes(), st.sampled_from(["Z", "+00:00", "-23:59", "+0530", "+14"]), st.integers(0, 6))
    def test_every_time_is_the_moment_it_names(self, moment: datetime, zone: str, places: int) -> None:
        text = moment.isoformat(timespec="microseconds")
        text = text[: len(text) - 6 + places] if places else text[:-7]
        assert_equals_reference(campaign_of(f'{{"callId": "k", "createdAt": "{text}{zone}"}}'))
