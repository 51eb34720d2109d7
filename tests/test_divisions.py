"""The country's table of places: what a name stands for, and what lies in what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.divisions import OUT, added, lines, taken
from retrieval.question.divisions import LONGEST, Division, DivisionsError, above, called, divisions, short_name


def every() -> Iterator[Division]:
    return (place for places in divisions().values() for place in places)


def test_the_table_goes_from_province_to_county() -> None:
    assert sum(not place.within for place in every()) == 34
    assert sum(len(place.within) == 1 and place.name.endswith("市") for place in every()) > 290
    assert not [place for place in every() if place.name.endswith(("镇", "乡", "街道"))]
    assert max(len(place.name) for place in every()) <= LONGEST


@pytest.mark.parametrize(
    ("parts", "within"),
    [
        (("长沙市",), ("湖南省",)),
        (("岳阳市", "岳阳楼区"), ("湖南省",)),
        (("湘西土家族苗族自治州",), ("湖南省",)),
        (("湖南省",), ()),
        (("重庆市",), ()),
        (("鼓楼区",), ()),  # there are several
        (("南京市", "鼓楼区"), ("江苏省",)),
        (("青川市",), ()),  # invented
        ((), ()),
    ],
)
def test_what_a_place_lies_in(parts: tuple[str, ...], within: tuple[str, ...]) -> None:
    assert above(parts) == within


@pytest.mark.parametrize("name", ["渝北区", "江北区", "两江新区", "襄樊市", "思茅市", "郫县"])
def test_places_of_today_and_names_of_years_past_are_known(name: str) -> None:
    assert [place for place in called(name) if place.name == name]
    assert Division("江北区", ("重庆市",)) in called("江北区"), "until 2025; another one is in 宁波市"
    assert not divisions().keys() & {"市区", "新区"}, "common words"


def test_a_short_name_may_stand_for_several_places() -> None:
    assert {place.name for place in called("朝阳")} == {"朝阳区", "朝阳市", "朝阳县"}
    assert called("长沙市") == (Division("长沙市", ("湖南省",)),)
    assert called("青川市") == ()


@given(st.sampled_from(sorted(divisions())))
def test_every_place_is_found_by_its_full_and_its_short_name(name: str) -> None:
    assert name in {place.name for place in called(name)}
    assert {place.name for place in divisions()[name]} <= {place.name for place in called(short_name(name))} | {name}
    if len(divisions()[name]) == 1:
        assert above((name,)) == divisions()[name][0].within


def test_the_table_is_what_its_script_takes_from_the_package() -> None:
    assert "".join(lines()) == OUT.read_text(encoding="utf-8")
    assert {name for row in (*taken(), *added()) for name in row if name and not name.endswith(("镇", "乡", "街道", "管委会"))} == divisions().keys()
    assert "MIT License" in OUT.with_suffix(".NOTICE").read_text(encoding="utf-8")


def test_a_missing_table_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("retrieval.question.divisions._FILE", tmp_path / "divisions.tsv")
    divisions.cache_clear()

    with pytest.raises(DivisionsError, match=r"缺少行政区划表.*完整的代码"):
        divisions()
    divisions.cache_clear()
