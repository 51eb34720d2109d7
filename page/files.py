"""What the page fetches by address: the original file, pages as pictures, conversations and tables as files.

Every address is looked up in what its reader may see, so nothing is served by having been served to another.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from index.types import ReportRef, YoujuError
from page import export, pdf
from page.history import History, HistoryError, Talk
from page.visitor import Visitor
from retrieval.tables.export import to_csv

HERE = Path(__file__).parent
KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
PRIVATE = {"Cache-Control": "private, no-store"}


class Missing(YoujuError):
    """There is nothing at an address for this reader."""


def routes(visitor: Callable[[Any], Visitor], history: History) -> APIRouter:
    """The page's own routes."""
    router = APIRouter(prefix="/page", include_in_schema=False)

    def report(request: Request, id: str) -> tuple[Visitor, ReportRef]:
        who = visitor(request)
        ref = next((ref for ref in who.corpus.reports() if ref.id == id), None)
        if ref is None:
            raise Missing("这份报告不在库中。")
        return who, ref

    @router.get("/style.css")
    def style() -> FileResponse:
        return FileResponse(HERE / "style.css", headers={"Cache-Control": "no-cache"})

    @router.get("/original/{id}")
    def original(request: Request, id: str) -> Response:
        try:
            who, ref = report(request, id)
            if not Path(ref.source).is_file():
                raise Missing(f"{ref.name}：原文件已不在收录时的位置。")
        except YoujuError as error:
            return _told(error)
        who.tell("download", ref.name)
        return FileResponse(ref.source, filename=ref.name, media_type="application/octet-stream", headers=PRIVATE)

    @router.get("/places/{id}")
    def places(request: Request, id: str, start: int = 0, end: int = 0) -> Response:
        try:
            who, ref = report(request, id)
            if not pdf.is_pdf(Path(ref.source)):
                raise Missing(f"{ref.name}：没有原页可看。")
            whole = who.corpus.report(ref.row)
            found = pdf.places(whole, start, end) if end > start else ()
            pages = pdf.page_sizes(Path(ref.source))
        except (YoujuError, OSError) as error:
            return _told(error)
        breaks = [(page.number, page.start) for page in whole.pages]
        return JSONResponse({"sizes": pages, "boxes": found, "breaks": breaks}, headers=PRIVATE)

    @router.get("/sheet/{id}/{number}.png")
    def sheet(request: Request, id: str, number: int) -> Response:
        try:
            _, ref = report(request, id)
            if not pdf.is_pdf(Path(ref.source)):
                raise Missing(f"{ref.name}：没有原页可看。")
            return Response(pdf.picture(Path(ref.source), number), media_type="image/png", headers=PRIVATE)
        except (YoujuError, OSError) as error:
            return _told(error)

    def conversation(request: Request, id: str) -> Talk | None:
        who = visitor(request)
        return history.talk(who.id, id, who.corpus.reports())

    @router.get("/history/{id}.{kind}")
    def talk(request: Request, id: str, kind: str) -> Response:
        try:
            found = conversation(request, id)
        except HistoryError as error:
            return _told(error)
        if found is None or kind not in ("docx", "md"):
            return _told(Missing("没有这次对话，或者它不是你的。"))
        content = export.docx(found.turns) if kind == "docx" else export.markdown(found.turns).encode()
        return _file(content, f"有据-{found.turns[0].text[:24]}", kind)

    @router.get("/history/{id}/{number}.csv")
    def table(request: Request, id: str, number: int) -> Response:
        try:
            found = conversation(request, id)
        except HistoryError as error:
            return _told(error)
        turn = found.turn(number) if found else None
        if turn is None or turn.answer is None or turn.answer.table is None:
            return _told(Missing("没有这张表，或者它不是你的。"))
        return _file(to_csv(turn.answer.table).encode(), f"有据-{turn.answer.table.indicator}", "csv")

    return router


def _file(content: bytes, name: str, kind: str) -> Response:
    name = "".join("_" if character in '\\/:*?"<>|\r\n' else character for character in name)
    disposition = f"attachment; filename=youju.{kind}; filename*=UTF-8''{quote(f'{name}.{kind}')}"
    return Response(content, media_type=KINDS[kind], headers={"Content-Disposition": disposition, **PRIVATE})


def _told(error: Exception) -> Response:
    content = {"title": "打不开", "status": 404, "detail": str(error) if isinstance(error, YoujuError) else "读不出这个文件。"}
    return JSONResponse(content, 404, media_type="application/problem+json", headers=PRIVATE)
