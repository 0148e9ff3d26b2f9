"""The page: sections in, what the templates are filled with out."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from caldframe.display import escape_text
from caldframe.errors import MissingExtraError
from caldframe.reports.charts import chart_svg
from caldframe.reports.definitions import define
from caldframe.reports.sections import SECTIONS
from caldframe.reports.summary import facts_of, subtitle_of, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment
    from markupsafe import Markup

    from caldframe.reports.material import Material
    from caldframe.reports.parts import Chart, Finding, Section

__all__ = ["page_context", "page_environment"]

_MOST_FINDINGS: Final = 10
_BETWEEN_BACKTICKS: Final = re.compile(r"(`+)(.+?)\1")


def page_environment() -> Environment:
    """Give the templates, in which all is escaped that is not marked as HTML, and nothing may be missing.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError("jinja2", "report") from error
    environment = Environment(
        loader=PackageLoader("caldframe.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _code
    return environment


def page_context(material: Material, title: str | None) -> dict[str, Any]:
    """Give what the template of the page is filled with."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja2

    style = files("caldframe.reports").joinpath("templates", "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    sections = [section for make in SECTIONS if (section := make(material)) is not None]
    return {
        "title": title_of(material) if title is None else escape_text(title),
        "subtitle": subtitle_of(material),
        "facts": facts_of(material),
        "findings": _first(sections),
        "sections": sections,
        "charts": {section.key: _drawn(section) for section in sections},
        "definitions": [(section, [define(metric) for metric in section.metrics]) for section in sections],
        "confidence": material.level,
        "privacy": _privacy(material),
        "style": Markup(style),  # noqa: S704 - a file of this package
        "style_digest": digest,
        "version": version("caldframe"),
    }


def _drawn(section: Section) -> list[tuple[Chart, Markup]]:
    """Draw the charts of a section; text in them is escaped by who writes the XML."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja2

    return [
        (chart, Markup(chart_svg(chart, f"{section.key}-{number}")))  # noqa: S704 - see above
        for number, chart in enumerate(section.charts, 1)
    ]


def _privacy(material: Material) -> str:
    """Say what is hidden, and that hiding is not all."""
    hidden = []
    if material.pseudonymise:
        hidden.append("The numbers that call are called by their order.")
    if material.redact:
        hidden.append(
            "Personal data in what was said is masked as far as it was found: read before you share."
        )
    return " ".join(hidden) or "Numbers and what was said are as they are: mind who reads this."


def _first(sections: Sequence[Section]) -> list[tuple[Section, Finding]]:
    """Give the findings to begin with: what is urgent, then what each section says first."""
    ranked = [
        ((not finding.urgent, place), section, finding)
        for section in sections
        for place, finding in enumerate(section.findings)
    ]
    ranked.sort(key=lambda each: each[0])
    return [(section, finding) for _, section, finding in ranked[:_MOST_FINDINGS]]


def _code(text: str) -> Markup:
    """Mark up what stands between backticks; all else is escaped."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with Jinja2

    parts, end = [], 0
    for found in _BETWEEN_BACKTICKS.finditer(text):
        parts += [escape(text[end : found.start()]), Markup("<code>{}</code>").format(found[2])]
        end = found.end()
    return Markup().join([*parts, escape(text[end:])])
