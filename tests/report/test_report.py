"""Reports: well-formed, self-contained, and with nothing of the data taken for markup."""

import importlib.resources
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from anygan.report.report import Report

NASTY = "<script>alert('x')</script> & \"so\" on"
SOUND = (np.sin(np.arange(4000) / 5).astype(np.float32) * 0.5, 8000)
PICTURE = np.arange(784, dtype=np.uint8).reshape(28, 28)


def tree(page: str) -> ET.Element:
    """The page parsed as XML, which forgives nothing."""
    style = re.search(r"<style>.*?</style>", page, re.S)
    assert style
    return ET.fromstring(page.removeprefix("<!DOCTYPE html>\n").replace(style[0], "<style></style>"))


def full_report() -> Report:
    report = Report(NASTY, NASTY)
    report.figures({"agreement": 0.81234, NASTY: NASTY, "steps": 12345, "unknown": None})
    report.section(NASTY)
    report.words(f"One **bold** word and `code`.\n\n{NASTY}")
    report.table(["given", NASTY], [["image", 0.5], [NASTY, None], [3, math.nan]], NASTY, shade=True)
    report.pictures([PICTURE, PIL.Image.new("RGB", (300, 200))], [NASTY])
    report.sounds([SOUND], [NASTY])
    report.sentences([NASTY])
    report.curves(NASTY, {NASTY: [(0, 1), (1, math.nan), (2, 3)], "empty": []}, x_label=NASTY)
    report.grid([([("text", NASTY)], [("image", PICTURE), ("audio", SOUND)]), ([], [("table", {NASTY: NASTY})])])
    return report


def test_the_page_is_well_formed() -> None:
    page = tree(full_report().html())
    assert [element.text for element in page.iter("h2")] == [NASTY, "Tables"]
    assert len(list(page.iter("img"))) == 5
    assert len(list(page.iter("audio"))) == 2


def test_nothing_of_the_data_becomes_markup() -> None:
    page = full_report().html()
    assert not list(tree(page).iter("script"))
    assert "<script" not in page
    assert "<strong>bold</strong>" in page
    assert "<code>code</code>" in page


def test_the_page_needs_no_network() -> None:
    page = full_report().html()
    for element in tree(page).iter():
        for name in ("src", "href"):
            assert re.match(r"data:|#", element.get(name, "#")), element.attrib
    assert not re.search(r"https?:|url\(|@import", page)
    assert "prefers-color-scheme: dark" in page


def test_links_lead_to_sections() -> None:
    page = tree(full_report().html())
    sections = {element.get("id") for element in page.iter("section")}
    assert {str(element.get("href"))[1:] for element in page.iter("a")} <= sections


def test_write_leaves_one_file(tmp_path: Path) -> None:
    report = Report("small")
    report.write(tmp_path / "new" / "report.html")
    report.words("more")
    report.write(tmp_path / "new" / "report.html")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]
    assert "more" in (tmp_path / "new" / "report.html").read_text("utf-8")


def test_a_strip_has_a_line_a_row_and_a_place_a_cell() -> None:
    report = Report("strip")
    report.strip(
        ["", "a", "b"],
        [(NASTY, [("image", PICTURE), ("text", NASTY)]), ("gap", [("audio", SOUND), ("text", None)])],
        NASTY,
    )
    (table,) = tree(report.html()).iter("table")
    lines = list(table.iter("tr"))
    assert [len(list(line)) for line in lines] == [3, 3, 3]
    assert lines[1][0].text == NASTY
    assert [len(list(table.iter(tag))) for tag in ("img", "audio", "q")] == [2, 1, 1]
    assert "missing" in report.html().split("<main>")[1]


def test_curves_stay_within_their_axes() -> None:
    report = Report("r")
    report.curves("c", {"a": [(x, math.sin(x) * 7.3) for x in range(5000)], "b": [(10, 1)], "c": [(0, 99), (1, -99)]})
    report.curves("flat", {"a": [(0, 2.5), (9, 2.5)]}, y_range=(0, 1))
    report.curves("none", {})
    page = tree(report.html())
    paths = [path for drawn in page.iter("svg") if drawn.get("role") == "img" for path in drawn.iter("path")]
    assert len(paths) == 4
    for path in paths:
        points = [tuple(map(float, point.split())) for point in re.split("[ML]", str(path.get("d")))[1:]]
        assert len(points) <= 401
        assert all(52 <= x <= 448 and 10 <= y <= 204 for x, y in points)


def test_axes_bear_round_numbers() -> None:
    report = Report("r")
    report.curves("c", {"a": [(0, 0.13), (1240, 0.87)]})
    ticks = [element.text for element in tree(report.html()).iter("text") if element.get("class") == "y"]
    assert ticks == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_axes_of_little_more_than_nothing_have_several_numbers() -> None:
    report = Report("r")
    report.curves("c", {"a": [(0, 0.95), (0.9, 1.0)]}, y_range=(0.9, 1))
    (drawn,) = (one for one in tree(report.html()).iter("svg") if one.get("role") == "img")
    assert [one.text for one in drawn.iter("text") if not one.get("class")] == ["0", "0.2", "0.4", "0.6", "0.8"]
    assert [one.text for one in drawn.iter("text") if one.get("class") == "y"] == [
        "0.9",
        "0.92",
        "0.94",
        "0.96",
        "0.98",
        "1",
    ]


def test_tables_come_last_and_sections_lead_to_them() -> None:
    report = Report("r")
    report.section("first")
    report.table(["a"], [[1]], "of the first")
    report.words("after the table")
    report.section("numbers", last=True)
    report.words("about numbers")
    report.table(["b"], [[2]])
    report.section("second")
    report.words("seen")
    page = report.html()
    places = [
        page.index(text) for text in ("after the table", ">seen<", "<h2>Tables", ">of the first<", "about numbers")
    ]
    assert places == sorted(places)
    parsed = tree(page)
    assert [one.text for one in next(parsed.iter("nav"))] == ["first", "second", "Tables"]
    sections = {str(one.get("id")): one for one in parsed.iter("section")}
    (onward,) = (one for one in parsed.iter("a") if one.text == "The tables behind this")
    behind = sections[str(onward.get("href"))[1:]]
    assert [one.text for one in behind.iter("h3")] == ["first"]
    assert next(behind.iter("td")).text == "1"


def test_who_cannot_see_is_told_what_is_there() -> None:
    page = tree(full_report().html())
    pictures = [str(picture.get("alt")) for picture in page.iter("img")]
    assert pictures[0] == f"picture: {NASTY}"
    assert pictures[1] == "picture: 2 of 2"
    assert all(pictures)
    assert [str(player.get("aria-label"))[:5] for player in page.iter("audio")] == ["sound", "sound"]
    drawn = [one for one in page.iter("svg") if one.get("aria-hidden") != "true"]
    assert "from 1 at 0 to 3 at 2" in str(drawn[0].get("aria-label"))
    assert all(header.get("scope") for header in page.iter("th"))
    frames = [one for one in page.iter("div") if one.get("class") == "scroll"]
    assert all(frame.get("tabindex") == "0" and frame.get("aria-label") for frame in frames)


def test_marks_do_not_reach_names() -> None:
    report = Report("r")
    report.strip(["", "a `code`"], [("row **0.37**", [("image", PICTURE)])])
    assert next(tree(report.html()).iter("img")).get("alt") == "picture: row 0.37, a code"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_and_lines_stand_out(scheme: str) -> None:
    css = importlib.resources.files("anygan.tasks").joinpath("report.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    assert len(blocks) == 2
    colours = dict(re.findall(r"--([\w-]+): #(\w{6})", blocks[scheme == "dark"]))
    for ground in ("page", "card"):
        for letters in ("ink", "soft"):
            assert contrast(colours[letters], colours[ground]) >= 4.5, (letters, ground)
    assert contrast(colours["accent"], colours["page"]) >= 4.5
    for line in range(8):
        assert contrast(colours[f"c{line}"], colours["page"]) >= 3, line


def contrast(one: str, other: str) -> float:
    """That of WCAG 2, of two colours in hexadecimal."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
