"""A line chart as inline SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

import pytest

from ethlogs.notebook.chart import Chart


def check_form(svg: str) -> None:
    """Fail where the text is not well-formed XML."""
    ElementTree.fromstring(svg)  # noqa: S314 - the product's own text


def draw(values: Sequence[float | None], *, marks: Sequence[float] = (), seconds: float = 10.0) -> str:
    times = [1_000.0 + seconds * number for number in range(len(values))]
    return Chart("rate", "#07c", times, values, "/s", marks).to_svg()


def test_a_chart_has_its_title_the_newest_value_and_the_highest() -> None:
    svg = draw([1.0, 30.0, 20.0])
    check_form(svg)
    assert 'aria-label="rate: 20/s"' in svg
    assert "highest 30/s" in svg


def test_the_line_has_a_gap_where_nothing_was_measured_and_a_point_stands_alone() -> None:
    svg = draw([1.0, 2.0, None, 3.0])
    assert (svg.count("<polyline"), svg.count("<circle")) == (1, 1)


def test_a_chart_without_values_says_so() -> None:
    assert "not measured" in draw([None, None])
    check_form(Chart("rate", "#07c", [], [], "/s").to_svg())


def test_each_mark_is_an_upright_line() -> None:
    assert draw([1.0, 2.0], marks=[1_005.0, 1_006.0]).count("stroke-dasharray") == 2


def test_text_of_a_page_cannot_break_out() -> None:
    svg = Chart("<script>", "#07c", [1.0], [1.0], "&").to_svg()
    check_form(svg)
    assert "<script>" not in svg


@pytest.mark.parametrize(("seconds", "text"), [(30.0, "60 s"), (300.0, "10 min"), (90_000.0, "2 days")])
def test_the_time_is_shown_in_a_unit_that_fits(seconds: float, text: str) -> None:
    assert f">{text}</text>" in draw([1.0, 2.0, 3.0], seconds=seconds)
