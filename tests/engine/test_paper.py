"""Documents on paper: what the PDF says and how it looks to a machine, the seal, the delivery, and the series of numbers."""

from __future__ import annotations

import random
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from engine.background.worker import run_dry
from engine.cases.step_documents import DECISIONS
from engine.cases.step_store import NEXT_NUMBER
from engine.catalogue.time_limits import ItemClock
from engine.documents.demonstration_seal import DemonstrationSealService
from engine.documents.fonts import CharacterMissing
from engine.documents.render import render
from engine.organization.actor import Actor
from engine.plugins.seals import SealRequest
from engine.register.document_templates import DocumentIncomplete, all_texts, compose, template_of, templates
from tests.engine.stories import REVIEWERS, SYSTEM, accepted, complete

AT = datetime(2026, 9, 21, 1, 2, 3, 456, tzinfo=timezone.utc)
DATA = {
    "addressed": True,
    "applicant": "张䶮",
    "body": "广州市住房和城乡建设局",
    "case": "440100-20260921-000001",
    "code": "ABCDEFGH23456ABC",
    "date": "2026年9月21日",
    "number": "广州市住房和城乡建设局准予行政许可决定书〔2026〕1号",
    "paragraphs": ["决定准予。", ["材料一", "材料二"]],
    "remedy": "",
    "signed": "",
    "text": "grant-decision/1",
    "title": "准予行政许可决定书",
}


def text_of(pdf: bytes) -> str:
    """The characters that a PDF's fonts map their glyphs to: those that are really set, not boxes."""
    found = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            content = zlib.decompress(stream)
        except zlib.error:
            continue
        if b"beginbfchar" in content or b"beginbfrange" in content:
            for hexed in re.findall(rb"<([0-9A-Fa-f]{4,})>", content):
                found.add(bytes.fromhex(hexed.decode()).decode("utf-16-be", "ignore"))
    return "".join(found)


def test_rare_characters_of_names_are_really_set():
    set_ = text_of(render(DATA | {"applicant": "𠮷㛃䶮堃𬱖"}, AT, ""))
    assert set("𠮷㛃䶮堃𬱖决定准予") <= set(set_)


def test_a_character_that_no_font_has_is_named_not_set_as_a_box():
    with pytest.raises(CharacterMissing, match=r"U\+2A6D6"):
        render(DATA | {"applicant": "\U0002a6d6"}, AT, "")


def test_the_same_data_give_the_same_bytes_and_other_data_others():
    first, second = (render(DATA, AT, "https://example.org") for _ in range(2))
    assert first == second
    assert render(DATA | {"date": "2026年9月22日"}, AT, "https://example.org") != first


def test_markup_in_what_people_wrote_stays_text():
    plain = render(DATA | {"applicant": "甲"}, AT, "")
    marked = render(DATA | {"applicant": '#pagebreak() #image("x") *甲* $x$ \\ [乙]'}, AT, "")
    assert plain.count(b"/Type /Page\n") == marked.count(b"/Type /Page\n")
    assert set('#*$[]"') <= set(text_of(marked))


def test_the_demonstrations_seal_is_seen_and_says_that_it_is_one():
    pdf = render(DATA, AT, "")
    sealed = [DemonstrationSealService().seal(SealRequest("1号", pdf, "", "局", AT)) for _ in range(2)]
    assert sealed[0] == sealed[1]
    assert set("演示章不具效力") <= set(text_of(sealed[0].pdf))
    assert set("张䶮决定准予") <= set(text_of(sealed[0].pdf))


# -- texts


def test_every_document_that_the_law_wants_has_its_text():
    wanted = {
        *("receipt", "acceptance-notice", "supplement-notice", "not-needed-notice", "refusal-of-acceptance"),
        *("tolerance-commitment", "commitment", "special-procedure-notice", "extension-notice", "hearing-notice"),
        *("grant-decision", "denial-decision", "delivery-receipt", "rectification-notice", "revocation-decision"),
        "verification-record",
    }
    assert wanted <= set(templates())
    assert all(templates()[kind].remedy for kind in ("refusal-of-acceptance", "denial-decision", "revocation-decision"))


@pytest.mark.parametrize("kind", sorted(set(templates()) - {"remedy"}))
def test_a_text_is_whole_with_its_facts_and_refused_without_each(kind):
    template = template_of(kind)
    needed = (*template.needs, *(("review_body",) if template.remedy else ()))
    facts = {name: f"«{name}»" for name in needed}
    said = str(compose(template, facts))
    assert all(f"«{name}»" in said for name in needed)
    for name in needed:
        with pytest.raises(DocumentIncomplete, match=name):
            compose(template, facts | {name: ""})


def test_a_released_text_is_never_changed():
    """The hash of every text, as it was when it was first used; a better text is a new version."""
    assert RELEASED.items() <= {f"{one.kind}/{one.version}": one.sha256[:16] for one in all_texts()}.items()


# -- a case with its documents


def finished(engine, actor, outcome="granted"):
    number = accepted(engine, actor)
    for node in REVIEWERS:
        complete(engine, SYSTEM, number, node, "passed")
    complete(engine, SYSTEM, number, "merge", "merged")
    complete(engine, SYSTEM, number, "decide", outcome, "符合规定，同意。")
    if outcome == "granted":
        complete(engine, SYSTEM, number, "certificate", "issued")
    return number


def paper(engine, number, kind):
    return next(one for one in engine.documents.listed(SYSTEM, number)["items"] if one["kind"] == kind)


def test_a_decision_is_numbered_in_its_step_set_and_sealed_after_it_and_once(engine, actor):
    number = finished(engine, actor)
    before = paper(engine, number, "certificate")
    assert (before["state"], before["sealed_at"], before["sha256"]) == ("numbered", None, None)
    assert engine.documents.verify(before["code"])["status"] == "not-sealed"
    run_dry(engine)
    after = paper(engine, number, "certificate")
    assert (after["state"], after["seal_way"], after["files"]) == ("sealed", "electronic", ["sealed", "set"])
    assert engine.documents.verify(after["code"])["status"] == "effective"
    assert engine.documents.render(after["number"]) is False  # the job that runs twice
    assert paper(engine, number, "certificate") == after
    assert engine.verify_record(number).whole


def test_a_refusal_names_the_remedies_and_the_body_that_reviews(engine, actor):
    number = finished(engine, actor, "denied")
    found = paper(engine, number, "refusal")
    with engine.database.connect() as connection:
        data = connection.exec_driver_sql("SELECT data FROM documents WHERE number = %s", (found["number"],)).scalar()
    assert "六十日内向广州市人民政府申请行政复议" in data
    assert "六个月内依法向有管辖权的人民法院提起行政诉讼" in data


def test_the_ten_days_of_delivery_run_from_the_decision_until_it_is_delivered(engine, actor):
    from engine.documents.deliver import Delivery, DocumentNotSealed

    number = finished(engine, actor)
    found = paper(engine, number, "certificate")
    asked = Delivery(number, found["code"], "posted", "张三", "EMS123")
    assert found["kind"] in DECISIONS
    assert limits(engine, number) == [("legal", 10, "working-day", False)]
    with pytest.raises(DocumentNotSealed):
        engine.documents.deliver(actor("clerk.chen"), asked)
    run_dry(engine)
    answer = engine.documents.deliver(actor("clerk.chen"), asked)
    assert "送达回证" in answer["receipt"]
    assert limits(engine, number) == [("legal", 10, "working-day", True)]
    delivered = paper(engine, number, "certificate")
    assert (delivered["state"], delivered["deliveries"][0]["tracking_number"]) == ("delivered", "EMS123")
    assert paper(engine, number, "delivery-receipt")["number"] == answer["receipt"]
    assert engine.verify_record(number).whole


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        ({"legal": 7, "promised": 3, "unit": "calendar-day"}, [(7, "calendar-day"), (3, "calendar-day")]),
        (None, []),
    ],
)
def test_the_time_of_delivery_is_the_items_on_the_items_ground(engine, actor, stated, wanted):
    offered, stored = engine.house.offered, engine.house.definition

    def changed(live):
        clocks = {name: one for name, one in live.item.time_limits.clocks.items() if name != "delivery"}
        if stated:
            clocks["delivery"] = ItemClock("delivery", **stated, basis="某条例第九条")
        return replace(live, item=replace(live.item, time_limits=replace(live.item.time_limits, clocks=clocks)))

    engine.house.offered = lambda *asked: changed(offered(*asked))
    engine.house.definition = lambda *asked: changed(stored(*asked))
    number = finished(engine, actor)
    assert [(amount, unit) for _, amount, unit, _ in sorted(limits(engine, number))] == wanted
    sql = "SELECT DISTINCT ground FROM limit_entries WHERE clock = 'delivery' AND entry = 'start'"
    with engine.database.connect() as connection:
        assert list(connection.exec_driver_sql(sql).scalars()) == (["某条例第九条"] if stated else [])
    assert engine.verify_record(number).whole


def limits(engine, number):
    sql = (
        "SELECT l.kind, l.amount, l.unit, l.stopped_at IS NOT NULL FROM limits l JOIN cases c ON c.id = l.case_id "
        "WHERE c.number = %s AND l.clock = 'delivery'"
    )
    with engine.database.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql, (number,))]


def test_without_a_seal_service_a_clerk_records_the_stamp_and_its_scan(engine, actor):
    import io

    from engine.documents.seal import DocumentNotSet, DocumentSealed, Stamp
    from tests.engine.papers import PDF

    engine.documents.seals = None
    number, clerk = finished(engine, actor), actor("clerk.chen")
    code = paper(engine, number, "certificate")["code"]
    with pytest.raises(DocumentNotSet):
        engine.documents.stamp(clerk, Stamp(number, code))
    run_dry(engine)
    assert paper(engine, number, "certificate")["state"] == "unsealed"
    with engine.materials.receiving(io.BytesIO(PDF), "scan.pdf") as scan:
        engine.documents.stamp(clerk, Stamp(number, code, seal="行政许可专用章"), scan)
    sealed = paper(engine, number, "certificate")
    assert (sealed["state"], sealed["seal_way"], sealed["seal"]) == ("sealed", "stamp", "行政许可专用章")
    with engine.documents.open(clerk, number, code).file as file:
        assert file.read() == PDF
    with pytest.raises(DocumentSealed):
        engine.documents.stamp(clerk, Stamp(number, code))


def test_a_seal_service_that_is_away_is_called_again(engine, actor):
    class Away:
        def seal(self, asked):
            raise TimeoutError

    number, service = finished(engine, actor), engine.documents.seals
    code = paper(engine, number, "certificate")
    engine.documents.seals = Away()
    with pytest.raises(TimeoutError):
        engine.documents.render(code["number"])
    assert paper(engine, number, "certificate")["state"] == "unsealed"
    engine.documents.seals = service
    assert engine.documents.render(code["number"])


# -- numbers


def test_a_series_has_no_gap_under_32_writers_and_rollbacks(engine):
    """Each writer takes numbers and rolls every third back: what is committed is 1, 2, 3 … without a gap."""

    class Rolled(Exception):
        pass

    def write(writer):
        chance, taken = random.Random(writer), []
        for _ in range(12):
            fails = chance.random() < 0.34

            def work(uow, fails=fails):
                ((row,),) = uow.read((NEXT_NUMBER, ("局", "决定书", 2026)))
                if fails:
                    raise Rolled
                return row["last"]

            try:
                taken.append(engine.transactions.perform(Actor.system("test"), work))
            except Rolled:
                assert fails
        return taken

    with ThreadPoolExecutor(32) as pool:
        given = [number for taken in pool.map(write, range(32)) for number in taken]
    assert 150 < len(given) < 384
    assert sorted(given) == list(range(1, len(given) + 1))


def test_a_stamp_is_neither_before_its_document_nor_to_come(engine, actor):
    from engine.documents.seal import Stamp
    from engine.errors import Invalid

    engine.documents.seals = None
    number, clerk = finished(engine, actor), actor("clerk.chen")
    run_dry(engine)
    found = paper(engine, number, "certificate")
    issued = datetime.fromisoformat(found["issued_at"])
    for at in (issued - timedelta(days=1), issued + timedelta(days=1)):
        with pytest.raises(Invalid):
            engine.documents.stamp(clerk, Stamp(number, found["code"], at))


RELEASED = {
    "extension-notice/2": "d32146732b2b1d4b",
    "special-procedure-notice/2": "a8f5b36224b04ce8",
    "acceptance-notice/1": "e835fd732eaaaf90",
    "certificate/1": "41f3a6d8f68c91a6",
    "commitment/1": "6a710a34776846d1",
    "delivery-receipt/1": "4033fec58471bd8e",
    "denial-decision/1": "a52ef3131ba55b44",
    "document/1": "f7f61dcf5f4e60c8",
    "extension-notice/1": "5d7682b6b7dbe370",
    "grant-decision/1": "5b031544284bbe9e",
    "hearing-notice/1": "c85557d257ef7057",
    "intended-revocation-notice/1": "02ee539413738133",
    "intended-revocation-notice/2": "7480e8cf4539c590",
    "not-needed-notice/1": "9c0e9c921a9880c5",
    "post-verification-notice/1": "308d84da6a04195b",
    "receipt/1": "8cf22c1f7b8fe9d6",
    "rectification-notice/1": "eedf5e10729cb689",
    "refusal/1": "3e238fa379edec34",
    "refusal-of-acceptance/1": "557dfc133a94699f",
    "remedy/1": "92cd01ee164e4a17",
    "revocation-decision/1": "198086f14d7c7da9",
    "special-procedure-notice/1": "b00ba82e82cabc02",
    "supplement-notice/1": "1a31708197e293d8",
    "termination-notice/1": "7f90fe7f15ceeeab",
    "tolerance-commitment/1": "eeb29f8ba8e15ce1",
    "verification-record/1": "b9d17b21dc106db0",
    "withdrawal-notice/1": "bbf460b1de7da5e6",
}


FORGED = {
    "a trust that was raised": ("UPDATE materials SET trust = 'A'", "materials 1"),
    "another file": ("UPDATE materials SET file_hash = repeat('0', 64)", "materials 1"),
    "a material that is gone": ("DELETE FROM materials", "materials 1"),
    "a review turned round": ("UPDATE material_reviews SET verdict = 'approved'", "material_reviews"),
    "a reason that was never given": ("UPDATE material_reviews SET reason = '别的'", "material_reviews"),
    "a seal that nobody set": ("DELETE FROM document_seals WHERE way = 'electronic'", "document_seals"),
    "a delivery that never was": ("UPDATE document_deliveries SET recipient = '别人'", "document_deliveries"),
    "a document that says another thing": ("UPDATE documents SET data = '{}'", "documents"),
}


@pytest.fixture(scope="module")
def told(server, template):
    """A case with every kind of paper, on a database of this module's own: engine and number."""
    import io

    from engine.cases.review_material import Review
    from engine.documents.deliver import Delivery
    from engine.organization.load import load_actor
    from tests.api.conftest import fresh_engine
    from tests.engine.papers import PDF

    with fresh_engine(server, template) as engine:

        def actor(name):
            with engine.database.connect() as connection:
                return load_actor(connection, name)

        from engine.cases.add_material import NewMaterial

        number = accepted(engine, actor)
        with engine.materials.receiving(io.BytesIO(PDF), "张三.pdf") as incoming:
            engine.materials.add(actor("clerk.chen"), NewMaterial(number, "survey-results"), incoming)
        engine.materials.review(actor("fire.liu"), Review(number, 1, "rejected", "缺页"))
        for node in REVIEWERS:
            complete(engine, SYSTEM, number, node, "passed")
        for node, outcome in (("merge", "merged"), ("decide", "granted"), ("certificate", "issued")):
            complete(engine, SYSTEM, number, node, outcome)
        run_dry(engine)
        code = paper(engine, number, "certificate")["code"]
        engine.documents.deliver(actor("clerk.chen"), Delivery(number, code, "collected", "张三"))
        yield engine, number


def test_the_record_of_papers_is_whole(told):
    engine, number = told
    assert engine.verify_record(number).whole, engine.verify_record(number)


@pytest.mark.parametrize("what", FORGED)
def test_a_row_of_papers_that_was_tampered_with_is_found(told, what):
    engine, number = told
    sql, row = FORGED[what]

    class Undo(Exception):
        pass

    def work(uow):
        from engine.cases.submit import find_case
        from engine.cases.verify_record import verify_record

        uow.connection.exec_driver_sql(sql)
        raise Undo(verify_record(uow, find_case(uow, number)))

    with pytest.raises(Undo) as undone:
        engine.transactions.perform(SYSTEM, work)
    verdict = undone.value.args[0]
    assert not verdict.whole
    assert verdict.row.startswith(row)
