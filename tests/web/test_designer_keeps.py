"""The designer loses nothing of a file: what its model has no place for goes through a round trip untouched."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from admin.designer.panel import moddle
from tests.web.conftest import needs_browser

STRANGE = Path("tests/web/strange.bpmn")
CORPUS = sorted(Path("../shared/corpus/drawings").glob("0[0-2]*.bpmn"))
SHIPPED = sorted(Path("processes").glob("*/process.bpmn"))

#: Opened and written twice, once with the rendering for the file that has everything in it.
ROUND_TRIP = """async (xmls) => {
  const { board } = designer;
  const told = [];
  for (const xml of xmls) {
    try { await board.load(xml); } catch (error) { told.push({ error: error.message }); continue; }
    const once = await board.xml();
    const kept = board.kept;
    await board.load(once);
    told.push({ once, again: await board.xml(), kept });
  }
  return told;
}"""
#: What a type has anyway, which moddle does not write.
DEFAULTS = {
    ("cancelActivity", "true"),
    ("completionQuantity", "1"),
    ("eventGatewayType", "Exclusive"),
    ("expressionLanguage", "http://www.w3.org/1999/XPath"),
    ("gatewayDirection", "Unspecified"),
    ("instantiate", "false"),
    ("isClosed", "false"),
    ("isExecutable", "false"),
    ("isForCompensation", "false"),
    ("isInterrupting", "true"),
    ("isMultiple", "false"),
    ("isSequential", "false"),
    ("isCollection", "false"),
    ("isImmediate", "true"),
    ("isUnlimited", "true"),
    ("implementation", "##unspecified"),
    ("implementation", "##WebService"),
    ("itemKind", "Information"),
    ("messageVisibleKind", "initiating"),
    ("parallelMultiple", "false"),
    ("processType", "None"),
    ("startQuantity", "1"),
    ("textFormat", "text/plain"),
    ("triggeredByEvent", "false"),
    ("typeLanguage", "http://www.w3.org/2001/XMLSchema"),
}


def pieces(xml: str) -> Counter[tuple[str, ...]]:
    """All that a file says, each with the path to where it says it; what is the default is said or not."""
    found: Counter[tuple[str, ...]] = Counter()

    def look(element: ElementTree.Element, path: str) -> None:
        here = f"{path}/{element.tag if isinstance(element.tag, str) else 'comment'}"
        found[(here,)] += 1
        for name, value in element.attrib.items():
            if (name, value) not in DEFAULTS:
                plain = re.sub(r"^(-?\d+)\.0+$", r"\1", value)
                found[(here, name, plain.rpartition(":")[2] if name.endswith("}type") else plain)] += 1
        texts = [element.text or "", *(child.tail or "" for child in element)]
        found[(here, "".join("".join(texts).split()))] += 1
        for child in element:
            look(child, here)

    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    look(ElementTree.fromstring(xml, parser), "")
    return found


@needs_browser
def test_what_the_designer_does_not_know_goes_through_it(person):
    designer = person(width=1000)
    designer.log_in("designer.xu")
    designer.open("/admin/designer")
    page = designer.page
    page.wait_for_selector(".designer[data-ready]")
    files = [STRANGE, *SHIPPED[:2], *CORPUS[:5]]
    xmls = [path.read_text("utf-8") for path in files]
    told = page.evaluate(ROUND_TRIP, xmls)
    assert not [one for one in told if "error" in one]
    lost = {path: pieces(xml) - pieces(one["once"]) for path, xml, one in zip(files, xmls, told, strict=True)}
    assert not [(path.name, said) for path, found in lost.items() for said in found]
    assert all(pieces(one["once"]) == pieces(one["again"]) for one in told)
    assert not [one for one in told if "onewindow:kept" in one["once"]]
    assert {"ow:future", "ow:timeLimitt", "superTask", "my:stray"} <= set(told[0]["kept"])
    assert not told[1]["kept"]

    # What is unknown inside an element that the panel changes stays, too.
    page.evaluate("(xml) => designer.replace(xml, '')", xmls[0])
    page.wait_for_selector("text=原样保留")
    page.locator('[data-group="timeLimit"]').first.get_by_label("承诺时限", exact=True).fill("4")
    page.keyboard.press("Enter")
    page.wait_for_selector('.designer[data-quiet="yes"]')
    changed = page.evaluate("designer.board.xml()")
    differing = pieces(changed) - pieces(told[0]["once"])
    assert [said[1:] for said in differing] == [("promised", "4")]
    page.evaluate("designer.undo()")
    assert pieces(page.evaluate("designer.board.xml()")) == pieces(told[0]["once"])


def test_every_element_of_the_vocabulary_has_room_for_what_is_unknown():
    assert all(one["properties"][-1]["type"] == "Element" for one in moddle()["types"])
