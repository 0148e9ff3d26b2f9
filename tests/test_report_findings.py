"""The findings of a report: when each is made, what it says, and what it advises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from random_tables import frames_of, with_calls
from statsmodels.stats.proportion import confint_proportions_2indep  # type: ignore[import-untyped]

from caldframe.metrics.conversation import talk_summary
from caldframe.reports.material import Material, gather
from caldframe.reports.sections.callers import callers
from caldframe.reports.sections.comparing import comparing
from caldframe.reports.sections.conversations import conversations
from caldframe.reports.sections.funnel import funnel_of_calls
from caldframe.reports.sections.hours import hours
from caldframe.reports.sections.quality import data_quality
from caldframe.reports.sections.ratios import ratios
from caldframe.reports.sections.reach import reach
from caldframe.reports.sections.timeline import timeline
from caldframe.reports.sections.words import words
from caldframe.reports.words import percent

if TYPE_CHECKING:
    from caldframe.frames import CampaignFrames
    from caldframe.reports.parts import Finding, Section

START = pd.Timestamp("2026-03-02 15:00", tz="UTC")  # a Monday, ten in the morning in New York


def call(number: int, **values: Any) -> dict[str, Any]:
    placed = values.pop("created_at", START + pd.Timedelta(minutes=number))
    return {
        "campaign_id": "c1",
        "agent_id": "a1",
        "call_id": f"k{number}",
        "direction": "outbound",
        "from_number": "+12025550143",
        "prospect_number": f"+1212555{number:04}",
        "completed": True,
        "result": "pickedUp",
        "created_at": placed,
        "completed_at": placed + pd.Timedelta(minutes=2),
        "call_length": 90.0,
        **values,
    }


def gathered(frames: CampaignFrames, **settings: Any) -> Material:
    given: dict[str, Any] = {
        "outcome": "pickedUp",
        "tz": "prospect",
        "confidence": 0.95,
        "now": None,
        "pseudonymise": True,
        "redact": True,
    }
    return gather(frames, None, settings.pop("names", []), **(given | settings))


def material(calls: list[dict[str, Any]], transcripts: list[dict[str, Any]] | None = None) -> Material:
    return gathered(frames_of(campaigns=[{"campaign_id": "c1"}], calls=calls, transcripts=transcripts or []))


def first(section: Section | None) -> Finding:
    assert section is not None
    return section.findings[0]


def result(*, good: bool) -> str:
    return "pickedUp" if good else "unanswered"


def test_an_hour_is_the_best_only_if_chance_does_not_explain_it() -> None:
    apart = [
        call(
            number,
            created_at=START + pd.Timedelta(hours=number % 5, minutes=number // 5),
            result=result(good=number % 5 == 2 or number % 15 == 0),
        )
        for number in range(250)
    ]
    finding = first(hours(material(apart)))
    assert "12:00 is the best hour, 100.0% (92.9–100.0%) of 50 calls" in finding.text
    assert "move calls there, some by lot" in finding.advice
    alike = [each | {"result": result(good=number % 2 == 0)} for number, each in enumerate(apart)]
    assert "no hour is shown to be better than another" in first(hours(material(alike))).text


def test_of_few_calls_no_hour_is_the_best() -> None:
    few = [
        call(number, created_at=START + pd.Timedelta(hours=number % 2), result=result(good=number % 2 == 0))
        for number in range(20)
    ]
    assert "too few hours have 30 calls to compare them" in first(hours(material(few))).text


def test_a_number_that_stands_out_is_urgent_and_one_alone_is_not() -> None:
    def answered(day: int, number: int, *, labelled: bool) -> bool:
        return number % 2 == 0 and not (labelled and day >= 6)

    days = [
        call(
            1000 * day + 2 * number + labelled,
            created_at=START + pd.Timedelta(days=day, minutes=number),
            from_number=("+12025550143", "+12025550144")[labelled],
            prospect_number=f"+121255{day:02}{number:02}{int(labelled)}",
            result=result(good=answered(day, number, labelled=labelled)),
        )
        for day in range(12)
        for number in range(20)
        for labelled in (False, True)
    ]
    finding = first(callers(material(days)))
    assert finding.urgent
    assert finding.text.startswith("Of the calls from number 2, 50.0% were answered before 8 March 2026")
    assert finding.advice.startswith("It may be labelled as spam")
    alone = [each for each in days if each["from_number"] == "+12025550144"]
    finding = first(callers(material(alone)))
    assert not finding.urgent
    assert finding.advice.startswith("Perhaps a label as spam")
    steady = [each for each in days if each["from_number"] == "+12025550143"]
    assert "none is shown to be answered otherwise" in first(callers(material(steady))).text


@pytest.mark.parametrize(
    ("short", "total", "words_", "urgent"),
    [
        (30, 60, "more than the 15.0% that is taken for a sign of low trust", True),
        (2, 10, "above 15.0% is taken for a sign of low trust", False),
        (1, 100, "less than the 15.0% that is taken for a sign of low trust", False),
    ],
)
def test_short_calls_are_a_sign_only_if_there_are_enough(
    short: int, total: int, words_: str, *, urgent: bool
) -> None:
    calls = [call(number, call_length=3.0 if number < short else 90.0) for number in range(total)]
    finding = first(ratios(material(calls)))
    assert words_ in finding.text
    assert finding.urgent is urgent


def test_a_campaign_that_stands_still_is_urgent() -> None:
    waiting = {"completed": False, "completed_at": None, "result": "pending"}
    calls = [call(number) for number in range(40)]
    late = material([*calls, call(99, **waiting)])
    going = first(timeline(late))
    assert going.text.startswith("1 call remains;")
    assert "will be completed on 2 March 2026" in going.text
    still = first(timeline(gathered(late.frames, now="2026-03-20T00:00Z")))
    assert still.urgent
    assert still.text == "1 call remains, and none was completed since 2 March 2026."
    assert timeline(material([call(0, **waiting)])) is None


def test_reach_says_no_more_than_its_numbers_allow() -> None:
    few = [call(number, result=result(good=number % 2 == 0)) for number in range(40)]
    finding = first(reach(material(few)))
    assert finding.text == "The first attempt reached 50.0% (35.2–64.8%) of 40 prospects."
    assert finding.advice == "Too few were called again to say more."
    many = [
        call(
            attempt * 1000 + number,
            created_at=START + pd.Timedelta(days=attempt, minutes=number),
            prospect_number=f"+1212555{number:04}",
            result=result(good=number % 3 == attempt),
        )
        for attempt in range(2)
        for number in range(90)
        if attempt == 0 or number % 3
    ]
    finding = first(reach(material(many)))
    assert "33.3% (24.5–43.6%) of 90 prospects, and attempt 2 reached" in finding.text
    assert "reached 50.0% (37.7–62.3%) of the 60" in finding.text
    assert "about 3.0 calls at the first attempt and 2.0 at attempt 2" in finding.advice


def test_groups_differ_only_if_chance_does_not_explain_it() -> None:
    def calls(share: int) -> list[dict[str, Any]]:
        return [
            call(
                number,
                agent_id=("a1", "a2")[number % 2],
                result=result(good=number % 20 < (share if number % 2 else 10)),
                call_length=300.0 if number % 2 else 30.0,
            )
            for number in range(400)
        ]

    section = comparing(material(calls(10)))
    assert "No agent differs from the rest by more than chance" in first(section).text
    assert section is not None
    assert "picked-up calls lasted" in section.findings[1].text
    apart = comparing(material(calls(18)))
    assert apart is not None
    low, high = confint_proportions_2indep(180, 200, 100, 200, method="newcomb")
    assert apart.findings[0].text.startswith(
        f"a2: 90.0% of 200 calls were picked up, +40.0 ({100 * low:+.1f} to {100 * high:+.1f}) points"
    )
    assert apart.findings[1].text.startswith("a1: 50.0%")
    assert comparing(material([call(0)])) is None


def test_errors_in_the_data_are_urgent() -> None:
    twice = data_quality(material([call(0), call(0)]))
    assert first(twice).urgent
    assert first(twice).text.startswith("Found in the data of 2 calls: 1 error")


def turns(*said: tuple[str, str], call_id: str = "k0") -> list[dict[str, Any]]:
    return [
        {"campaign_id": "c1", "call_id": call_id, "turn": turn, "role": role, "content": content}
        for turn, (role, content) in enumerate(said)
    ]


def test_where_conversations_end() -> None:
    calls = [call(number, turns=2 if number < 15 else 4) for number in range(60)]
    long = [("assistant", "Hello?"), ("user", "Yes?"), ("assistant", "Do you own a house?"), ("user", "No.")]
    said = [
        turn for number in range(60) for turn in turns(*long[: 2 if number < 15 else 4], call_id=f"k{number}")
    ]
    finding = first(conversations(material(calls, said)))
    assert "turn 4 loses the most: 100.0% (92.1–100.0%) of 45 calls" in finding.text
    spoke = first(funnel_of_calls(material(calls, said)))
    assert spoke.text.startswith("In 100.0% (94.0–100.0%) of 60 picked-up calls the person said something")
    assert conversations(material(calls)) is None


def test_a_line_loses_people_only_if_chance_does_not_explain_it() -> None:
    def said(lost: int) -> Section | None:
        calls, turns_ = [], []
        for number in range(120):
            opening = "Do you want to buy a roof today?" if number % 2 else "May I ask about your house?"
            lines = [("assistant", opening), *[("user", "Yes."), ("assistant", "Tell me more of it.")] * 3]
            ended = number < lost and number % 2
            calls.append(call(number, turns=1 if ended else 7))
            turns_ += turns(*lines[: 1 if ended else 7], call_id=f"k{number}")
        return conversations(material(calls, turns_))

    section = said(60)
    assert section is not None
    (finding,) = [each for each in section.findings if "Try another wording" in each.advice]
    assert finding.text.startswith(
        "After “Do you want to buy a roof today?” 50.0% (37.7–62.3%) of 60 calls end early, +50.0 ("
    )
    assert section.tables[1].rows[0][:4] == ["Do you want to buy a roof today?", "60", "30", "50.0%"]
    alike = said(2)
    assert alike is not None
    assert not [each for each in alike.findings if "Try another wording" in each.advice]


def test_the_answer_rate_has_bounds_by_what_was_said() -> None:
    calls = [call(number, turns=1) for number in range(10)]
    spoken = [turn for number in range(6) for turn in turns(("user", "Hello?"), call_id=f"k{number}")]
    section = ratios(material(calls, spoken))
    assert section is not None
    rows = {row[0]: row[1:4] for row in section.tables[0].rows}
    assert rows["human answer rate"] == ["10", "10", "100.0%"]
    assert rows["human answer rate at least, by what was said"] == ["6", "10", "60.0%"]
    assert rows["human answer rate at most, by what was said"] == ["10", "10", "100.0%"]


def test_what_is_said_and_which_words_set_calls_apart() -> None:
    calls = [call(number, turns=2) for number in range(40)]
    said = [
        turn
        for number in range(40)
        for turn in turns(
            ("assistant", "Do you have a minute for me?"),
            ("user", "Sure, please, Zoe! " * 9 if number % 2 == 0 else "Never ever, 555! " * 9),
            call_id=f"k{number}",
        )
    ]
    frames = material(calls, said).frames
    sales = with_calls(frames, frames.calls.assign(sale=[number % 2 == 0 for number in range(40)]))
    section = words(gathered(sales, outcome="sale", names=["Zoe"]))
    assert section is not None
    summary = {
        row["measure"]: row for row in talk_summary(frames.transcripts, frames.calls).to_dict("records")
    }
    assert f"the assistant says {percent(summary['word_share']['p50'])}" in section.findings[0].text
    shown = {(row[0], row[1]) for row in section.tables[1].rows}
    assert shown == {
        ("with sale", "sure"),
        ("with sale", "please"),
        ("without", "never"),
        ("without", "ever"),
    }
    assert words(material(calls)) is None
