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
from index.readers.layout import Line, Mark, lines
from index.types import LoadError

if TYPE_CHECKING:
    from PIL.Image import Image

REMEDY = "识别扫描件要另装：pip install -r requirements-ocr.txt；或换有文字层的文件。"

_DPI = 200
_CLEAR = 0.85  # mean certainty of a page that reads well
_LEAST = 0.5  # certainty below which a line is noise


def available() -> bool:
    """Whether scanned pages can be read here."""
    try:
        return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None
    except (ImportError, ValueError):
        return False


def image(path: Path) -> Raw:
    """Text of a picture, or of each page of a TIFF."""
    if not available():
        raise LoadError(f"{path.name}：是图片，里面的文字要识别才能读入。{REMEDY}")
    answer = apart("ocr:pictures", path, seconds=limits.SECONDS + limits.OCR_SECONDS, memory=limits.OCR_MEMORY)
    pages: list[str] = answer["pages"]
    if not any(pages):
        raise LoadError(f"{path.name}：图片里没有认出文字。请换更清晰的扫描件。")
    warnings = ["文字由识别得来，可能有误。", *(["识别得不清楚，请核对原件。"] if answer["doubtful"] else [])]
    return Raw("\f".join(pages), warnings=tuple(warnings))


def pages(path: Path, numbers: Sequence[int], with_boxes: bool) -> tuple[list[list[dict[str, Any]]], list[int]]:
    """Lines of some pages of a PDF, counted from 0, as `pdf.extract` gives them; and the pages that read badly."""
    seconds = limits.SECONDS + limits.OCR_SECONDS * len(numbers)
    answer = apart("ocr:scans", path, list(numbers), with_boxes, seconds=seconds, memory=limits.OCR_MEMORY)
    return answer["sheets"], answer["doubtful"]


def scans(path: Path, numbers: Sequence[int], with_boxes: bool) -> dict[str, Any]:
    """In the other process: pages of a PDF rendered and recognised."""
    import pypdfium2

    from index.readers.pdf import printed

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
        found, certainty = read(picture, 1 / scale)
        if found and certainty < _CLEAR:
            doubtful.append(number)
        sheets.append(printed(found, height or 1, with_boxes))
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
        found, certainty = read(picture, 1.0)
        doubtful |= bool(found) and certainty < _CLEAR
        pages.append("".join("\u3000" * min(line.indent, 10) + writable(line.text) + "\n" for line in found))
    return {"pages": pages, "doubtful": doubtful}


class _Reader:
    """The recogniser, its models loaded once for a file."""

    def __init__(self) -> None:
        import logging

        from rapidocr import RapidOCR

        logging.disable(logging.WARNING)
        self._engine: Any = RapidOCR()

    def __call__(self, picture: Image, unit: float) -> tuple[list[Line], float]:
        """Lines of a picture, boxes in `unit`s a pixel; and the mean certainty, 0 to 1."""
        import numpy as np

        result = self._engine(np.asarray(picture.convert("RGB"))[:, :, ::-1])
        if result.boxes is None or result.txts is None:
            return [], 0.0
        kept = [(text, corners, score) for text, corners, score in zip(result.txts, result.boxes, result.scores, strict=True)
                if score >= _LEAST]
        found = lines(_marks(kept, unit))
        return found, sum(score for _, _, score in kept) / len(kept) if kept else 0.0


def _marks(found: list[tuple[str, Any, float]], unit: float) -> Iterator[Mark]:
    """Each recognised line shared out evenly among its characters, wide ones twice a narrow one."""
    for text, corners, _ in found:
        xs, ys = [float(x) * unit for x, _ in corners], [float(y) * unit for _, y in corners]
        left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
        weights = [1 if c.isascii() else 2 for c in text]
        step = (right - left) / max(1, sum(weights))
        x = left
        for c, weight in zip(text, weights, strict=True):
            yield Mark(c, (x, top, x + step * weight, bottom))
            x += step * weight
