"""Books (.epub): the chapters in the order in which they are read, by the reader of web pages."""

from __future__ import annotations

import posixpath
import re
import tempfile
import urllib.parse
import zipfile
from pathlib import Path
from typing import Any

from index import limits
from index.load import Raw
from index.readers.broken import broken
from index.readers.html import html
from index.readers.package import checked
from index.types import LoadError


def epub(path: Path) -> Raw:
    """The text of a book, its title first."""
    chapters: list[str] = []
    warnings: list[str] = []
    with checked(path, "EPUB") as package, tempfile.TemporaryDirectory(prefix="youju-", ignore_cleanup_errors=True) as folder:
        with broken(path.name, " EPUB 文件"):
            title, parts = _spine(package)
        for at, part in enumerate(parts):
            file = Path(folder, f"{at}.html")
            with broken(path.name, " EPUB 文件"):
                if package.getinfo(part).file_size > limits.TEXT_BYTES:
                    raise LoadError(f"{path.name}：一章超过上限 {limits.TEXT_BYTES // limits.MIB} MiB。请拆分后再加入。")
                file.write_bytes(package.read(part))
            try:
                raw = html(file)
            except LoadError as error:
                warnings.append(str(error).replace(file.name, posixpath.basename(part)))
                continue
            finally:
                file.unlink()
            chapters.append(re.sub(r"(?m)^(#{1,5}) ", r"#\1 ", raw.text.removeprefix(f"# {title}\n")))
            warnings += [f"{posixpath.basename(part)}：{warning}" for warning in raw.warnings]
    if not any(map(str.strip, chapters)):
        raise LoadError(f"{path.name}：书里没有可以读的文字：{'；'.join(warnings[:3]) or '没有章节'}。请用阅读软件打开检查，可能有版权保护。")
    return Raw("\n".join([*([f"# {title}"] if title else []), *chapters]), marked=True, warnings=tuple(dict.fromkeys(warnings)), paragraphs=True)


def _spine(package: zipfile.ZipFile) -> tuple[str, list[str]]:
    """Title, and the parts of the package that hold the chapters; its own table of contents is none."""
    container = _tree(package.read("META-INF/container.xml"))
    root = next(each.get("full-path") for each in container.iter("{*}rootfile"))
    book = _tree(package.read(root))
    title = next((" ".join("".join(each.itertext()).split()) for each in book.iter("{http://purl.org/dc/elements/1.1/}title")), "")
    items = {item.get("id"): item for item in book.iter("{*}item")}
    names = set(package.namelist())
    parts = []
    for reference in book.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or "nav" in (item.get("properties") or "").split():
            continue
        part = posixpath.normpath(posixpath.join(posixpath.dirname(root), urllib.parse.unquote(item.get("href", ""))))
        if part in names and "html" in (item.get("media-type") or ""):
            parts.append(part)
    return title, parts


def _tree(xml: bytes) -> Any:
    from lxml import etree  # type: ignore[import-untyped]

    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
