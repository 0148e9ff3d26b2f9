"""Charts within a page: SVG that takes its ink from the text around it and says what it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from caldframe.plots.svg import INK, svg_of

if TYPE_CHECKING:
    from caldframe.reports.parts import Chart

__all__ = ["chart_svg"]

_NAMESPACE: Final = re.compile(r"\{.*?\}")
_LONG_NUMBER: Final = re.compile(r"-?\d*\.\d{3,}(?:e-?\d+)?")
_REFERENCE: Final = re.compile(r"url\(#(.+?)\)")
_FONT: Final = re.compile(r"(?:(?P<style>italic|oblique) )?(?:(?P<weight>bold|[1-9]00) )?(?P<size>[\d.]+)px")
_WITH_NUMBERS: Final = ("d", "x", "y", "width", "height", "transform", "points")
_NOT_WANTED: Final = ("metadata", "style")


def chart_svg(chart: Chart, key: str) -> str:
    """Draw a chart as an element that can stand in a page.

    It has no style of its own, only attributes, so that the page can forbid styles from elsewhere.

    Parameters
    ----------
    chart : Chart
        The chart.
    key : str
        What begins its ids, another one for each chart of the page.

    Returns
    -------
    str
        The element ``svg``, with what the chart says as its name.
    """
    root = ET.fromstring(svg_of(chart.draw, width=chart.width, height=chart.height))  # noqa: S314 - our own
    for parent in list(root.iter()):
        parent[:] = [child for child in parent if _NAMESPACE.sub("", child.tag) not in _NOT_WANTED]
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
        element.attrib = _attributes(element, key)
    _leave_out_ids(root)
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "width": f"{96 * chart.width:.0f}",
        "role": "img",
        "aria-labelledby": f"{key}-says",
    }
    title = ET.Element("title", {"id": f"{key}-says"})
    title.text = chart.says
    root.insert(0, title)
    return ET.tostring(root, encoding="unicode")


def _attributes(element: ET.Element, key: str) -> dict[str, str]:
    """Turn an element's style into attributes, and make its ids those of this chart."""
    given = {_NAMESPACE.sub("", name): value for name, value in element.attrib.items()}
    for declaration in given.pop("style", "").split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            given[name.strip()] = value.strip()
    found = _FONT.match(given.pop("font", ""))
    if found is not None:
        given |= {f"font-{name}": value for name, value in found.groupdict().items() if value}
    for name, value in given.items():
        if name in _WITH_NUMBERS:
            given[name] = _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}", value)
        elif value == INK:
            given[name] = "currentColor"
        elif name == "id":
            given[name] = f"{key}-{value}"
        elif name == "href":
            given[name] = f"#{key}-{value.removeprefix('#')}"
        else:
            given[name] = _REFERENCE.sub(rf"url(#{key}-\1)", value)
    return given


def _leave_out_ids(root: ET.Element) -> None:
    """Take away the ids that nothing refers to."""
    referred: set[str] = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            referred.update(_REFERENCE.findall(value))
            if name == "href":
                referred.add(value.removeprefix("#"))
    for element in root.iter():
        if element.attrib.get("id") not in referred:
            element.attrib.pop("id", None)
