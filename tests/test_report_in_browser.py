"""The report in a browser: it fits the screen, asks for nothing, runs nothing, and all can read it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from report_frames import HOSTILE_TEXTS, hostile_frames

from caldframe.fetch import fetch_campaigns
from caldframe.reports import report
from caldframe.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from caldframe.frames import CampaignFrames

_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, which CI has."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed; Debian's package is chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(_OPTIONS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def frames() -> CampaignFrames:
    with Sandbox(seed=1, campaigns=3, calls=300) as sandbox:
        return fetch_campaigns(sandbox.campaign_ids, base_url=sandbox.url, api_key=sandbox.api_key)


@pytest.fixture(scope="module")
def pages(frames: CampaignFrames, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    return {
        "several campaigns": report(frames, folder / "several.html"),
        "hostile": report(hostile_frames(), folder / "hostile.html", title=HOSTILE_TEXTS[0]),
    }


class Visit:
    """A page that was opened, and what it did."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.said: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(dialog.message))
        page.route("**/*", lambda route: self._answer(route, file.as_uri()))
        page.goto(file.as_uri())

    def _answer(self, route: Any, own: str) -> None:
        if route.request.url == own:
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()


def visit(
    browser: Browser, file: Path, *, width: int = 1280, scheme: Literal["light", "dark"] = "light"
) -> Visit:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    return Visit(context.new_page(), file)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["several campaigns", "hostile"])
def test_it_fits_the_screen_and_is_quiet(
    browser: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    seen = visit(browser, pages[name], width=width)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.locator("h1").is_visible()
    charts = seen.page.locator("figure svg")
    assert charts.count() >= (1 if name == "hostile" else 2)
    for chart in charts.all():
        box = chart.bounding_box()
        assert box is not None
        assert box["height"] > 100
    assert seen.said == []
    assert seen.requests == []


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("several campaigns", 360, "light"),
        ("several campaigns", 360, "dark"),
        ("several campaigns", 1280, "light"),
        ("several campaigns", 1280, "dark"),
        ("hostile", 360, "dark"),
    ],
)
def test_axe_finds_nothing_serious(
    browser: Browser,
    pages: dict[str, Path],
    name: str,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    seen = visit(browser, pages[name], width=width, scheme=scheme)
    found = Axe().run(seen.page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_hostile_text_is_shown_and_runs_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    seen = visit(browser, pages["hostile"])
    seen.page.evaluate(
        "document.querySelectorAll('*').forEach(each => each.dispatchEvent(new Event('click')))"
    )
    assert seen.page.evaluate("typeof window.owned") == "undefined"
    assert seen.page.locator("script, iframe, object, embed, form, img, link[rel=stylesheet]").count() == 0
    assert seen.page.locator("h1").inner_text() == HOSTILE_TEXTS[0]
    text = seen.page.locator("body").inner_text()
    assert "{{7*7}}" in text
    assert "49" not in seen.page.locator("h1").inner_text()
    assert seen.said == []
    assert seen.requests == []


def test_styles_from_elsewhere_are_refused(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    page = pages["several campaigns"].read_text(encoding="utf-8")
    tampered = tmp_path / "tampered.html"
    injected = (
        "<script>window.owned = true</script><p style='color: red'>x</p><img src='https://example.com/x'>"
    )
    tampered.write_text(page.replace("</main>", f"{injected}</main>"), encoding="utf-8")
    seen = visit(browser, tampered)
    assert seen.page.evaluate("typeof window.owned") == "undefined"
    assert len(seen.said) >= 3
    assert all("Content Security Policy" in line for line in seen.said)
    assert seen.requests == []


def test_it_can_be_printed(browser: Browser, pages: dict[str, Path]) -> None:
    pdf = visit(browser, pages["several campaigns"]).page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF-")
