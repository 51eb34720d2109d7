"""Scanned pages and pictures by RapidOCR, an option whose wheel carries its models; in a process of its own.

PP-OCRv6 small, detection and recognition, on ONNX Runtime: nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import limits
from index.load import Raw, writable
from index.readers.apart import apart
from index.readers.broken import broken
from index.readers.layout import Box, Mark
from index.readers.package import checked
from index.readers.printed import Printed, numbers, printed
from index.readers.sheet import sheet
from index.types import LoadError

if TYPE_CHECKING:
    from PIL.Image import Image

REMEDY = "识别扫描件要另装：pip install -r requirements-ocr.txt；或换有文字层的文件。"

PER_MILLE = "识别时 ‰ 可能读成 %，数字和单位请核对原件。"  # seen in rapidocr 3.10.0: never read as ‰

STAMP = 50  # characters that a scanner may write on a page that is a picture
_DPI = 200
_CLEAR = 0.85  # mean certainty of a page that reads well
_LEAST = 0.5  # certainty below which a line is noise
_TALL = 1.5  # times as high as wide: the recogniser reads such a box as a line that runs down or up
_SHORT = 3  # characters of a line that look the same upside down too often


def available() -> bool:
    """Whether scanned pages can be read here."""
    try:
        return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None
    except (ImportError, ValueError):
        return False


def allow(name: str, scanned: Sequence[int], some: bool) -> None:
    """Raises LoadError where a file with these scanned pages cannot be read; `some`: whether it has text besides."""
    if not available():
        if not some:
            raise LoadError(f"{name}：{len(scanned)} 页都没有文字层，是扫描件。{REMEDY}")
    elif len(scanned) > limits.OCR_PAGES:
        raise LoadError(f"{name}：有 {len(scanned)} 页扫描页，超过上限 {limits.OCR_PAGES} 页。请拆分后再加入。")


def unread(scanned: Sequence[int]) -> str:
    """The warning for pages that cannot be recognised here."""
    return f"{numbers(scanned)}没有文字层，图里的文字没有读入。{REMEDY}"


def remarks(scanned: Sequence[int], doubtful: Sequence[int], empty: Sequence[int]) -> list[str]:
    """The warnings for pages that were recognised."""
    return [f"{numbers(scanned)}是扫描页，文字由识别得来，可能有误。", PER_MILLE,
            *([f"{numbers(doubtful)}识别得不清楚，请核对原件。"] if doubtful else []),
            *([f"{numbers(empty)}没有认出文字。"] if empty else [])]


def richer(written: list[Printed], recognised: list[Printed]) -> list[Printed]:
    """What was recognised on a page, unless what is written on it says more."""
    return max(recognised, written, key=lambda lines: sum(len(line.text.strip()) for line in lines))


def image(path: Path) -> Raw:
    """Text of a picture, or of each page of a TIFF."""
    if not available():
        raise LoadError(f"{path.name}：是图片，里面的文字要识别才能读入。{REMEDY}")
    answer = apart("ocr:pictures", path, seconds=limits.SECONDS + limits.OCR_SECONDS, memory=limits.OCR_MEMORY)
    pages: list[str] = answer["pages"]
    if not any(pages):
        raise LoadError(f"{path.name}：图片里没有认出文字。请换更清晰的扫描件。")
    warnings = ["文字由识别得来，可能有误。", PER_MILLE, *(["识别得不清楚，请核对原件。"] if answer["doubtful"] else [])]
    return Raw("\f".join(pages), warnings=tuple(warnings))


def pages(path: Path, numbers: Sequence[int], with_boxes: bool) -> tuple[list[list[dict[str, Any]]], list[int]]:
    """Lines of some pages of a PDF, counted from 0, as `pdf.extract` gives them; and the pages that read badly."""
    seconds = limits.SECONDS + limits.OCR_SECONDS * len(numbers)
    answer = apart("ocr:scans", path, list(numbers), with_boxes, seconds=seconds, memory=limits.OCR_MEMORY)
    return answer["sheets"], answer["doubtful"]


def pictures_of(path: Path, jobs: Sequence[dict[str, Any]]) -> tuple[list[list[dict[str, Any]]], list[int]]:
    """Lines of some pages of an OFD from the pictures on them; and which of these pages read badly, counted from 0."""
    seconds = limits.SECONDS + limits.OCR_SECONDS * len(jobs)
    answer = apart("ocr:packed", path, list(jobs), seconds=seconds, memory=limits.OCR_MEMORY)
    return answer["sheets"], answer["doubtful"]


def packed(path: Path, jobs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """In the other process: the pictures inside a zip, recognised where they stand on their pages."""
    from io import BytesIO

    from PIL import Image as images

    images.MAX_IMAGE_PIXELS = limits.PIXELS // 2  # Pillow raises at twice this
    read = _Reader()
    sheets: list[list[dict[str, Any]]] = []
    doubtful: list[int] = []
    with checked(path, "OFD") as package:
        entries = {entry.filename.lower(): entry for entry in package.infolist()}
        for number, job in enumerate(jobs):
            marks: list[Mark] = []
            certainties: list[float] = []
            for name, box in job["pictures"]:
                try:
                    picture = images.open(BytesIO(package.read(entries[name.lower()]))).convert("RGB")
                except Exception:  # missing, damaged, or of a kind that Pillow does not know: the page is named as unread
                    continue
                found, certainty = read(picture, box)
                marks += found
                certainties += [certainty] if found else []
            if certainties and min(certainties) < _CLEAR:
                doubtful.append(number)
            sheets.append(printed(sheet(marks, [], (job["width"], job["height"]))[0], job["height"] or 1, False))
    return {"sheets": sheets, "doubtful": doubtful}


def scans(path: Path, numbers: Sequence[int], with_boxes: bool) -> dict[str, Any]:
    """In the other process: pages of a PDF rendered and recognised."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    read = _Reader()
    sheets: list[list[dict[str, Any]]] = []
    doubtful: list[int] = []
    for number in numbers:
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            sheets.append([])
            continue
        width, height = page.get_size()
        scale = min(_DPI / 72, (limits.PIXELS / max(1.0, width * height)) ** 0.5)
        picture = page.render(scale=scale).to_pil()
        found, certainty = read(picture, (0, 0, width, height))
        if found and certainty < _CLEAR:
            doubtful.append(number)
        sheets.append(printed(sheet(found, [], (width, height))[0], height or 1, with_boxes))
        page.close()
    return {"sheets": sheets, "doubtful": doubtful}


def pictures(path: Path) -> dict[str, Any]:
    """In the other process: an image file recognised, page after page."""
    from PIL import Image as images

    images.MAX_IMAGE_PIXELS = limits.PIXELS // 2  # Pillow raises at twice this
    pages: list[str] = []
    doubtful = False
    with broken(path.name, "图片文件"):
        opened = images.open(path)
    frames = getattr(opened, "n_frames", 1)
    if frames > limits.OCR_PAGES:
        raise LoadError(f"{path.name}：有 {frames} 页，超过上限 {limits.OCR_PAGES} 页。请拆分后再加入。")
    read: _Reader | None = None
    for number in range(frames):
        width, height = opened.size
        if width * height > limits.PIXELS:
            raise LoadError(f"{path.name}：{width}×{height} 像素，超过上限 {limits.PIXELS // 10**6} 百万像素。请缩小后再加入。")
        with broken(path.name, "图片文件"):
            opened.seek(number)
            picture = opened.convert("RGB")
        read = read or _Reader()
        found, certainty = read(picture, (0, 0, width, height))
        doubtful |= bool(found) and certainty < _CLEAR
        pages.append("".join("\u3000" * min(line.indent, 10) + writable(line.text) + "\n" for line in sheet(found, [], (width, height))[0]))
    return {"pages": pages, "doubtful": doubtful}


class _Reader:
    """The recogniser, its models loaded once for a file."""

    def __init__(self) -> None:
        import logging

        from rapidocr import RapidOCR

        logging.disable(logging.WARNING)
        self._engine: Any = RapidOCR()

    def __call__(self, picture: Image, place: Box) -> tuple[list[Mark], float]:
        """Characters of a picture that is shown at a place on a page; and the mean certainty, 0 to 1."""
        import numpy as np
        from rapidocr.utils.process_img import map_boxes_to_original

        engine = self._engine
        pixels = np.asarray(picture.convert("RGB"))[:, :, ::-1]
        scaled, record = engine.preprocess_img(pixels)
        # not engine(pixels): which lines it turned round before it read them is what says in which direction they run
        boxes, turns, texts, _ = engine.run_ocr_steps(scaled, record)
        if boxes.boxes is None or texts.txts is None:
            return [], 0.0
        corners = map_boxes_to_original(boxes.boxes, record, *pixels.shape[:2])
        round_ = [label == "180" and score > engine.cfg.Cls.cls_thresh for label, score in turns.cls_res or [("0", 1.0)] * len(texts.txts)]
        kept = [(text, box, flipped, float(score)) for text, box, flipped, score in zip(texts.txts, corners, round_, texts.scores, strict=True)
                if text.strip() and score >= _LEAST]
        found = list(_marks([(text, box, flipped) for text, box, flipped, _ in kept], place, picture.size))
        return found, sum(score for *_, score in kept) / len(kept) if kept else 0.0


def _marks(found: Sequence[tuple[str, Any, bool]], place: Box, size: tuple[int, int]) -> Iterator[Mark]:
    """Each recognised line shared out evenly among its characters, wide ones twice a narrow one, in the direction in which it runs.

    A tall box is read down the page, or up where the recogniser had to turn it round, as a level one that was turned round is
    read from the right.  Where most of a page's lines of a kind run one way, a short one that does not was mistaken.
    """
    across, down = (place[2] - place[0]) / size[0], (place[3] - place[1]) / size[1]
    lines = []
    for text, corners, flipped in found:
        xs, ys = [float(x) for x, _ in corners], [float(y) for _, y in corners]
        tall = max(ys) - min(ys) >= _TALL * (max(xs) - min(xs)) and len(text) > 1
        box = (place[0] + min(xs) * across, place[1] + min(ys) * down, place[0] + max(xs) * across, place[1] + max(ys) * down)
        lines.append((text, box, tall, flipped))
    usual = {}
    for kind in (False, True):
        votes = [(len(text), flipped) for text, _, tall, flipped in lines if tall is kind and len(text) > _SHORT]
        usual[kind] = sum(n for n, flipped in votes if flipped) * 2 > sum(n for n, _ in votes)
    for text, (left, top, right, bottom), tall, flipped in lines:
        backwards = flipped if len(text) > _SHORT else usual[tall]
        turn = (270 if backwards else 90) if tall else (180 if backwards else 0)
        weights = [1 if c.isascii() else 2 for c in text]
        total = max(1, sum(weights))
        start = 0
        for c, weight in zip(text, weights, strict=True):
            first, last = start / total, (start + weight) / total
            if backwards:
                first, last = 1 - last, 1 - first
            box = ((left, top + first * (bottom - top), right, top + last * (bottom - top)) if tall
                   else (left + first * (right - left), top, left + last * (right - left), bottom))
            yield Mark(c, box, turn, right - left if tall else bottom - top)
            start += weight
