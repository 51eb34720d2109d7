"""Passages tile the text, under one heading each, in whole sentences."""

from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunk import chunk
from index.clean import clean
from index.outline import outline, path_at

BODY = "全市新建站点12个，服务群众3600人次。组织培训4期，参训412人；走访企业37家。"


@settings(deadline=None)
@given(st.lists(st.sampled_from(["一、概况", "（一）做法", "1.细项", "一是甲。二是乙。", BODY, BODY * 4, "无标点的长句" * 90, "短句。", ""]), max_size=12))
def test_passages_tile_the_text_and_stay_under_their_heading(lines: list[str]) -> None:
    cleaned = clean("\n".join(lines))
    headings = outline(cleaned)
    passages = chunk("r", cleaned.text, headings, cleaned.pages)
    position = 0
    for passage in passages:
        assert cleaned.text[passage.start:passage.end] == passage.text
        assert not cleaned.text[position:passage.start].strip()
        assert passage.text == passage.text.strip() != ""
        assert passage.path == tuple(h.title for h in path_at(headings, passage.end - 1))
        assert len(passage.text) <= 460
        position = passage.end
    assert not cleaned.text[position:].strip()
    assert len({p.id for p in passages}) == len(passages)


def test_a_bare_heading_goes_with_the_first_body_below_it() -> None:
    cleaned = clean("一、主要工作\n（一）普法\n" + BODY)
    (passage,) = chunk("r", cleaned.text, outline(cleaned), ())
    assert passage.text.startswith("一、主要工作\n（一）普法\n全市") and passage.path == ("一、主要工作", "（一）普法")


def test_sentences_are_kept_whole_unless_too_long() -> None:
    cleaned = clean(BODY * 10)
    assert all(p.text[-1] in "。；" for p in chunk("r", cleaned.text, (), ()))
    endless = clean("不断推进，" * 200)
    pieces = chunk("r", endless.text, (), ())
    assert len(pieces) > 2 and all(p.text.endswith("，") for p in pieces)


def test_ids_are_the_content_and_survive_a_rebuild() -> None:
    text = BODY * 6
    first = chunk("r", text, (), ())
    assert [p.id for p in first] == [p.id for p in chunk("r", text, (), ())]
    assert {p.id for p in first}.isdisjoint(p.id for p in chunk("other", text, (), ()))
