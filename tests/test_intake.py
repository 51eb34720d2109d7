"""An uploaded file's name and first bytes: one list of formats says what may come in."""

from __future__ import annotations

import pytest

from index.load import READERS
from index.types import LoadError
from server.intake import check_kind, file_name

OLE, ZIP, PDF = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"%PDF-1.7"


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_every_format_that_is_read_may_come_in_and_no_program(suffix: str) -> None:
    name = file_name(f"报表{suffix.upper()}")
    for start in READERS[suffix].starts or ("标题,数量\n".encode(),):
        check_kind(name, start + b" 1")
    with pytest.raises(LoadError, match="报表"):
        check_kind(name, b"MZ\x90\x00")


@pytest.mark.parametrize(("name", "head"), [("甲.xls", OLE), ("甲.xls", ZIP), ("甲.xls", b"<html><table>"), ("甲.et", OLE), ("甲.csv", "镇,户".encode("gbk")),
                                            ("甲.eml", b"From: a"), ("甲.zip", ZIP), ("甲.dps", OLE)])
def test_what_offices_have(name: str, head: bytes) -> None:
    check_kind(name, head)


@pytest.mark.parametrize(("name", "head"), [("甲.xls", PDF), ("甲.csv", ZIP), ("甲.eml", OLE), ("甲.pptx", OLE), ("甲.zip", PDF), ("甲.rtf", OLE),
("甲.exe", b"MZ")])
def test_what_is_another_kind_is_refused(name: str, head: bytes) -> None:
    with pytest.raises(LoadError, match="甲"):
        check_kind(file_name(name), head)
