"""The report: what it says by the metrics themselves, that it stands alone, that every campaign gets one."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from random_tables import frames_of, with_calls
from report_frames import HOSTILE_TEXTS, hostile_frames

import caldframe as cf
from caldframe.errors import ConfigurationError, ExportError, MissingExtraError, OutputExistsError
from caldframe.fetch import fetch_campaigns, load_campaign
from caldframe.frames import CampaignFrames
from caldframe.metrics.compare import compare_outcomes
from caldframe.metrics.lengths import length_summary
from caldframe.metrics.outcomes import outcome_rates
from caldframe.metrics.reach import reach_curve
from caldframe.plots.colors import line_style
from caldframe.reports.definitions import define
from caldframe.reports.words import days, interval, p_value, percent, points, seconds, with_interval
from caldframe.sandbox import Sandbox
from caldframe.schema import empty_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VOID = {"meta", "link", "br"}
KEYS = [
    *("outcomes", "funnel", "lengths", "reach", "hours", "progress", "comparison", "callers"),
    *("conversations", "words", "ratios", "quality"),
]


class Reader(HTMLParser):
    """Reads a page as the standard library does, and complains about what is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        shown = [data for path, data in self.texts if not {"style", "head"} & set(path)]
        return " ".join("".join(shown).split())


@pytest.fixture(scope="module")
def frames() -> CampaignFrames:
    with Sandbox(seed=1, campaigns=3, calls=200) as sandbox:
        return fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)


@pytest.fixture(scope="module")
def page(frames: CampaignFrames, tmp_path_factory: pytest.TempPathFactory) -> str:
    return cf.report(frames, tmp_path_factory.mktemp("report") / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    return Reader(page)


def report_of(frames: CampaignFrames, tmp_path: Path, **settings: Any) -> Reader:
    return Reader(cf.report(frames, tmp_path / "report.html", **settings).read_text(encoding="utf-8"))


def sections_of(read: Reader) -> list[str | None]:
    return [attributes["id"] for attributes in read.all("section") if attributes.get("id") in KEYS]


# What it says


def test_the_sections_come_in_their_order(read: Reader) -> None:
    assert sections_of(read) == KEYS


def test_it_begins_with_findings(page: str) -> None:
    places = [page.index(f'id="{key}"') for key in ("findings", "contents-title", *KEYS, "definitions")]
    assert places == sorted(places)


def test_the_numbers_are_those_of_the_metrics(frames: CampaignFrames, read: Reader) -> None:
    rates = outcome_rates(frames.calls).to_dict("records")
    picked_up = next(row for row in rates if row["result"] == "pickedUp")
    share = with_interval(picked_up["rate"], picked_up["low"], picked_up["high"])
    assert f"{share} of {picked_up['total']:,} completed calls were picked up." in read.text
    for row in rates:
        cells = f"{row['result']} {row['n']:,} {percent(row['rate'])} {interval(row['low'], row['high'])}"
        assert row["result"] == "pending" or cells in spaced(read)
    length = length_summary(frames.calls).iloc[0]
    assert f"longer than {seconds(length['p50'], length['median_low'], length['median_high'])}" in read.text
    first = reach_curve(frames.calls).iloc[0]
    assert f"1 {first['at_risk']:,.0f} {first['reached']:,.0f} {percent(first['hazard'])}" in spaced(read)


def spaced(read: Reader) -> str:
    """Give the text with a blank between cells."""
    return " ".join(" ".join(data for path, data in read.texts if "style" not in path).split())


def test_several_campaigns_are_compared_by_name(frames: CampaignFrames, read: Reader) -> None:
    named = frames.calls.assign(
        campaign=frames.calls["campaign_id"].map(frames.campaigns.set_index("campaign_id")["name"])
    )
    for row in compare_outcomes(named, "campaign").to_dict("records"):
        cells = f"{row['campaign']} {row['total']} {percent(row['rate'])}"
        assert cells in spaced(read)
        assert points(row["difference"], row["low"], row["high"]) in read.text
    assert "Campaigns side by side" in read.text


def test_one_campaign_has_its_name_and_agents_side_by_side(tmp_path: Path) -> None:
    frames = load_campaign("data/sample-campaign.json")
    agents = ["one", "two"] * (len(frames.calls) // 2)
    read = report_of(with_calls(frames, frames.calls.assign(agent_id=agents)), tmp_path)
    assert "Agents side by side" in read.text
    name = frames.campaigns["name"].iloc[0]
    assert ("html", "head", "title") in [path for path, data in read.texts if data == name]


def test_campaigns_with_the_same_name_are_told_apart(frames: CampaignFrames, tmp_path: Path) -> None:
    alike = CampaignFrames(
        frames.campaigns.assign(name="Spring"), frames.calls, frames.transcripts, frames.problems
    )
    read = report_of(alike, tmp_path)
    for campaign in frames.campaigns["campaign_id"]:
        assert f"Spring (…{campaign[-6:]})" in read.text


def test_of_many_campaigns_the_smallest_are_one_group(tmp_path: Path) -> None:
    sizes = range(30, 42)
    calls = [
        {"campaign_id": f"c{size}", "call_id": f"{size}-{call}", "completed": True, "result": "ivr"}
        for size in sizes
        for call in range(size)
    ]
    campaigns = [{"campaign_id": f"c{size}", "name": f"Campaign {size}"} for size in sizes]
    read = report_of(frames_of(campaigns=campaigns, calls=calls), tmp_path)
    assert "12 campaigns" in read.text
    rest = sum(sorted(sizes)[:5])
    assert f"all others {rest} 0.0%" in spaced(read)
    assert "Campaign 41 41 0.0%" in spaced(read)
    assert "Campaign 34" not in read.text


def test_outcome_zone_title_and_confidence_are_arguments(frames: CampaignFrames, tmp_path: Path) -> None:
    sold = frames.calls.assign(sold=frames.calls["result"].eq("pickedUp") & frames.calls["turns"].gt(10))
    read = report_of(
        with_calls(frames, sold),
        tmp_path,
        outcome="sold",
        tz="America/New_York",
        title="Sales & more",
        confidence=0.9,
    )
    assert "ended with sold" in read.text
    assert "America/New_York" in read.text
    assert "Sales & more" in read.text
    assert "90% interval" in read.text
    assert "95%" not in read.text.split("How each number is defined")[-2]


@pytest.mark.parametrize("settings", [{"outcome": "sold"}, {"tz": "Atlantis"}, {"confidence": 95}])
def test_wrong_arguments_are_refused(
    frames: CampaignFrames, tmp_path: Path, settings: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError):
        cf.report(frames, tmp_path / "report.html", **settings)
    assert list(tmp_path.iterdir()) == []


def test_what_is_urgent_comes_first(tmp_path: Path) -> None:
    start = pd.Timestamp("2026-03-02 15:00", tz="UTC")
    calls = [
        {
            "campaign_id": "c1",
            "call_id": f"k{number}",
            "direction": "outbound",
            "prospect_number": f"+1212555{number:04}",
            "completed": True,
            "result": "pickedUp",
            "call_length": 3.0 if number % 2 else 90.0,
            "created_at": start + pd.Timedelta(hours=number),
            "completed_at": start + pd.Timedelta(hours=number, minutes=2),
        }
        for number in range(60)
    ]
    read = report_of(frames_of(campaigns=[{"campaign_id": "c1"}], calls=calls), tmp_path)
    findings = read.text[read.text.index("What the numbers say") :]
    assert findings.startswith("What the numbers say Act on this")
    assert findings.count("Act on this") == 2
    assert "50.0% (37.7–62.3%) of 60 picked-up calls were over within 10 seconds" in findings
    assert "came before 8:00 or after 21:00 by the prospect's clock" in findings


# What it hides


def talking(*contents: str) -> CampaignFrames:
    """Give a campaign of one call in which these turns are said."""
    call = {
        "campaign_id": "c1",
        "call_id": "k1",
        "direction": "outbound",
        "from_number": "+12025550143",
        "prospect_number": "+12125550123",
        "completed": True,
        "result": "pickedUp",
        "created_at": pd.Timestamp("2026-03-02 15:00", tz="UTC"),
        "call_length": 30.0,
        "turns": len(contents),
    }
    turns = [
        {"campaign_id": "c1", "call_id": "k1", "turn": turn, "role": ("assistant", "user")[turn % 2]}
        for turn in range(len(contents))
    ]
    return frames_of(
        campaigns=[{"campaign_id": "c1", "name": "Call 212-555-0187"}],
        calls=[call],
        transcripts=[turn | {"content": said} for turn, said in zip(turns, contents, strict=True)],
    )


def test_calls_to_read_are_redacted(tmp_path: Path) -> None:
    frames = talking("Is this Ann Lee?", "Yes, my number is 212-555-0164.")
    read = report_of(frames, tmp_path, names=["Ann Lee"])
    assert "Is this [name]?" in read.text
    assert "Yes, my number is [phone number]." in read.text
    assert "Call [phone number]" in read.text
    assert "0164" not in read.text
    assert "0187" not in read.text
    shown = report_of(frames, tmp_path, redact=False, overwrite=True)
    assert "Yes, my number is 212-555-0164." in shown.text
    assert "Call 212-555-0187" in shown.text


def test_numbers_that_call_are_called_by_their_order(tmp_path: Path) -> None:
    frames = talking("Hello?", "Hi.")
    read = report_of(frames, tmp_path)
    assert "number 1 1 100.0%" in spaced(read)
    assert "2025550143" not in read.text
    shown = report_of(frames, tmp_path, pseudonymise=False, overwrite=True)
    assert "+12025550143 1 100.0%" in spaced(shown)
    assert "2125550123" not in shown.text


def test_calls_to_read_are_chosen_by_their_length(frames: CampaignFrames, read: Reader) -> None:
    picked_up = frames.calls[frames.calls["result"].eq("pickedUp") & frames.calls["turns"].gt(0)]
    turns = sorted(picked_up["turns"])
    wanted = [turns[round(place * (len(turns) - 1))] for place in (0.1, 0.5, 0.9)]
    found = re.findall(r"(\d+) turns \d", spaced(read))
    assert [int(count) for count in found] == wanted
    assert f"{wanted[2] - 18} turns are left out here." in read.text
    assert len(read.all("article")) == 3


def test_who_asks_not_to_be_called_again_comes_first(tmp_path: Path) -> None:
    read = report_of(talking("Hello?", "Take me off your list."), tmp_path)
    assert (
        "What the numbers say Act on this In 1 call somebody asks not to be called again. "
        "Take the number off the list; caldframe opt-outs gives it."
    ) in read.text


def test_agents_can_have_names(frames: CampaignFrames, tmp_path: Path) -> None:
    one = frames.campaigns["campaign_id"].iloc[0]
    calls = frames.calls[frames.calls["campaign_id"].eq(one)]
    halves = calls.assign(agent_id=["a1", "a2"] * (len(calls) // 2))
    agents = pd.DataFrame({"agent_id": ["a1", "a2"], "name": ["Maya", "Daniel"]})
    read = report_of(with_calls(frames, halves), tmp_path, agents=agents)
    assert "Maya 100" in spaced(read)
    assert "Daniel 100" in spaced(read)


# Every campaign gets one


def empty() -> CampaignFrames:
    return CampaignFrames.from_arrow(empty_tables())


def without_calls() -> CampaignFrames:
    return frames_of(campaigns=[{"campaign_id": "c1", "name": "Spring", "status": "pending"}])


def pending() -> CampaignFrames:
    calls = [
        {"campaign_id": "c1", "call_id": f"k{number}", "completed": False, "result": "pending"}
        for number in range(5)
    ]
    return frames_of(campaigns=[{"campaign_id": "c1", "name": "Spring", "status": "active"}], calls=calls)


def three_calls() -> CampaignFrames:
    frames = load_campaign("data/sample-campaign.json")
    return with_calls(frames, frames.calls.head(3))


def without_anything_but_results() -> CampaignFrames:
    return frames_of(calls=[{"completed": True, "result": name} for name in ("pickedUp", "busy", None)])


@pytest.mark.parametrize(
    ("make", "said", "keys"),
    [
        (empty, "There are no calls.", ["outcomes", "quality"]),
        (without_calls, "Status: not started yet", ["outcomes", "quality"]),
        (pending, "No call is completed yet: 5 calls so far.", ["outcomes", "quality"]),
        (
            three_calls,
            "of 3 completed calls were picked up",
            [key for key in KEYS if key not in {"lengths", "comparison", "conversations", "words"}],
        ),
        (without_anything_but_results, "33.3%", ["outcomes", "funnel", "quality"]),
    ],
)
def test_small_campaigns_get_a_sensible_page(
    make: Callable[[], CampaignFrames], said: str, keys: list[str], tmp_path: Path
) -> None:
    read = report_of(make(), tmp_path)
    assert said in read.text
    assert sections_of(read) == keys
    assert not re.search(r"\b(nan|NaT|None|inf)\b", read.text.split("How each number is defined")[0])


def test_campaigns_that_could_not_be_fetched_are_named_as_missing(
    frames: CampaignFrames, tmp_path: Path
) -> None:
    failures = pd.DataFrame({"campaign_id": ["c9"], "error": ["ServerError"], "message": ["down"]})
    lacking = CampaignFrames(frames.campaigns, frames.calls, frames.transcripts, frames.problems, failures)
    assert "1 campaign could not be fetched" in report_of(lacking, tmp_path).text


# It stands alone


def test_nothing_comes_from_elsewhere(page: str, read: Reader) -> None:
    tags = Counter(name for name, _ in read.elements)
    assert not set(tags) & {"script", "iframe", "object", "embed", "img", "form", "input", "base"}
    for name, attributes in read.elements:
        assert "style" not in attributes
        assert not [attribute for attribute in attributes if attribute.startswith("on")]
        link = attributes.get("href") or attributes.get("src") or "#"
        assert link.startswith("#") or (name == "link" and link == "data:,")
    assert "url(" not in re.sub(r'"url\(#[\w-]+\)"', "", page)
    assert "@import" not in page


def test_the_policy_allows_its_own_style_alone(page: str, read: Reader) -> None:
    policies = [each["content"] for each in read.all("meta") if each.get("http-equiv")]
    found = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    ]


def test_ids_are_unique_and_links_lead_somewhere(page: str, read: Reader) -> None:
    ids = [str(attributes["id"]) for _, attributes in read.elements if "id" in attributes]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    links = [
        str(attributes["href"])[1:] for _, attributes in read.elements if "#" in str(attributes.get("href"))
    ]
    referred = re.findall(r"url\(#([\w-]+)\)", page)
    labels = [name for _, each in read.elements for name in str(each.get("aria-labelledby", "")).split()]
    assert len(links) > 20
    assert set(links) | set(referred) | set(labels) <= set(ids)


def test_a_screen_reader_can_follow(read: Reader) -> None:
    tables = len(read.all("table"))
    assert tables == len(read.all("caption")) == len(read.all("thead"))
    assert all(each.get("scope") in {"col", "row"} for each in read.all("th"))
    assert len(read.all("h1")) == 1
    levels = [int(name[1]) for name, _ in read.elements if re.fullmatch(r"h[1-6]", name)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    charts = read.all("svg")
    assert len(charts) >= 5
    for chart in charts:
        assert chart["role"] == "img"
    says = [data for path, data in read.texts if path[-2:] == ("svg", "title")]
    assert len(says) == len(charts)
    assert all(re.search(r"\d", text) for text in says)


def test_it_is_small(page: str) -> None:
    assert len(page.encode()) < 400_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_of_charts_are_told_from_the_paper(page: str, scheme: str) -> None:
    parts = page.split("@media screen and (prefers-color-scheme: dark)")
    dark = dict(re.findall(r'\[stroke="(#\w{6})"\] \{ stroke: (#\w{6}); \}', page))
    papers = [re.search(r"--paper: (#\w{6})", part) for part in parts[:2]]
    assert None not in papers
    paper = papers[scheme == "dark"]
    assert paper is not None
    for place in range(8):
        color = line_style(place).color
        shown = dark.get(color, color) if scheme == "dark" else color
        assert contrast(shown, paper[1]) >= 3


def contrast(one: str, other: str) -> float:
    """Compute the contrast of two colours as WCAG 2.2 defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_no_telephone_number_and_no_recording_is_in_it(frames: CampaignFrames, page: str) -> None:
    calls = frames.calls
    for column in ("from_number", "to_number", "recording_url"):
        for value in calls[column].dropna().unique():
            assert value not in page
            assert value.removeprefix("+") not in page
    assert "recordings.cald" not in page


def test_the_same_frames_give_the_same_page(frames: CampaignFrames, page: str, tmp_path: Path) -> None:
    assert cf.report(frames, tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_hostile_text_is_text(tmp_path: Path) -> None:
    file = cf.report(hostile_frames(), tmp_path / "report.html", title=HOSTILE_TEXTS[3])
    page = file.read_text(encoding="utf-8")
    read = Reader(page)
    assert not read.all("script")
    assert HOSTILE_TEXTS[3] in read.text
    assert HOSTILE_TEXTS[1] in read.text
    assert "\u202e" not in page
    assert "\x00" not in page
    assert len(read.all("style")) == 1


# Files


def test_a_file_is_replaced_only_when_asked(frames: CampaignFrames, tmp_path: Path) -> None:
    file = tmp_path / "new" / "report.html"
    assert cf.report(frames, str(file)) == file
    with pytest.raises(OutputExistsError):
        cf.report(frames, file)
    cf.report(frames, file, overwrite=True)
    assert [each.name for each in file.parent.iterdir()] == ["report.html"]


def test_a_folder_is_refused(frames: CampaignFrames, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is a folder"):
        cf.report(frames, tmp_path, overwrite=True)


@pytest.mark.parametrize(("module", "extra"), [("jinja2", "report"), ("matplotlib", "plots")])
def test_without_the_extra_the_error_names_it(
    frames: CampaignFrames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf'pip install "caldframe\[{extra}\]"'):
        cf.report(frames, tmp_path / "report.html")


# Words


def test_numbers_in_words() -> None:
    nothing = float("nan")
    assert percent(nothing) == interval(nothing, 0.1) == seconds(nothing) == p_value(nothing) == "–"
    assert with_interval(0.5, nothing, nothing) == "50.0%"
    assert points(0.02) == "+2.0"
    assert days(pd.Timestamp("2026-03-02"), pd.Timestamp("2026-04-05")) == "2 March to 5 April 2026"
    assert (
        days(pd.Timestamp("2026-12-31"), pd.Timestamp("2027-01-01")) == "31 December 2026 to 1 January 2027"
    )
    assert days(pd.Timestamp("2026-03-02"), pd.Timestamp("2026-03-02")) == "2 March 2026"
    assert days(pd.NaT, pd.Timestamp("2026-03-02")) == "–"


def test_every_metric_of_a_report_is_defined(page: str) -> None:
    names = re.findall(r'id="definition-(\w+)"', page)
    assert len(names) >= 9
    for name in names:
        definition = define(getattr(cf, name))
        assert definition.paragraphs
        assert definition.terms


def test_without_documentation_a_definition_is_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome_rates, "__doc__", None)
    definition = define(outcome_rates)
    assert definition.name == "outcome_rates"
    assert definition.terms == []


def test_calls_in_place_of_the_frames_are_refused(tmp_path: Path) -> None:
    calls = load_campaign(b'{"campaignId": "c1", "calls": []}').calls
    with pytest.raises(
        ConfigurationError, match="This needs the frames of a campaign, with all their tables"
    ):
        cf.report(calls, tmp_path / "report.html")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
