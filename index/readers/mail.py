"""Mails (.eml): subject, who wrote to whom and when, what was written, and the reports that are attached."""

from __future__ import annotations

import email.policy
import io
import tempfile
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from index.load import Raw
from index.readers.broken import broken
from index.readers.members import Budget, Member, read_members
from index.readers.text import decode
from index.types import LoadError

_HEADERS = (("From", "发件人"), ("To", "收件人"), ("Cc", "抄送"))
_MOST = 2000  # parts of a mail


def mail(path: Path) -> Raw:
    """The text of a mail and of its attachments, each below its name."""
    return opened(path, Budget.begun())


def opened(path: Path, budget: Budget) -> Raw:
    """As `mail`, `budget` deep."""
    with broken(path.name, "邮件"), path.open("rb") as file:
        message = BytesParser(policy=email.policy.default).parse(file)
        assert isinstance(message, EmailMessage)
        if not message.keys():
            raise LoadError(f"{path.name}：不是邮件文件。请检查后缀是否与内容一致。")
        if sum(1 for _ in message.walk()) > _MOST:
            raise LoadError(f"{path.name}：邮件里有 {_MOST:,} 个以上的部分，超过上限。请把附件另存后逐个加入。")
        head = _head(message)
        attached = list(_attached(message))
    return read_members(attached, path.name, budget, head)


def _head(message: EmailMessage) -> Raw:
    subject = " ".join(str(message.get("Subject", "")).split())
    lines = [f"# {subject}"] if subject else []
    lines += [f"{label}：{' '.join(str(message[name]).split())}" for name, label in _HEADERS if message[name]]
    sent = getattr(message["Date"], "datetime", None)
    if sent is not None:
        lines.append(f"发送时间：{sent.year}年{sent.month}月{sent.day}日 {sent.hour}:{sent.minute:02}")
    body, warnings = _body(message)
    return Raw("\n".join([*lines, body]), marked=True, warnings=warnings, paragraphs=True)


def _body(message: EmailMessage) -> tuple[str, tuple[str, ...]]:
    """What was written: the plain text, or the page where there is none."""
    from index.readers.html import html

    try:
        plain = message.get_body(("plain",))
        if isinstance(plain, EmailMessage) and (text := _text(plain).strip()):
            return text.replace("\r\n", "\n").replace("\n", "\u2028"), ()
        page = message.get_body(("html",))
        if not isinstance(page, EmailMessage):
            return "", ()
        with tempfile.TemporaryDirectory(prefix="youju-", ignore_cleanup_errors=True) as folder:
            file = Path(folder, "正文.html")
            file.write_bytes(b'<meta charset="utf-8">' + _text(page).encode("utf-8", "replace"))
            raw = html(file)
        return raw.text, raw.warnings
    except LoadError as error:
        return "", (f"邮件的正文没有读出（{error}）",)


def _text(part: EmailMessage) -> str:
    """A part's characters, in the encoding that it names or else in one that Chinese offices use."""
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    named = (part.get_content_charset() or "").lower()
    named = "gb18030" if named in ("gb2312", "gbk", "gb_2312-80", "x-gbk") else named
    try:
        return data.decode(named)
    except (LookupError, UnicodeDecodeError):
        return decode(data, "正文") if data.strip() else ""


def _attached(message: EmailMessage) -> Iterator[Member]:
    """Attachments with a name, in order; a mail that is attached is one."""
    for part in message.iter_attachments():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0)
            name = part.get_filename() or f"{' '.join(str(inner.get('Subject', '邮件')).split())[:60]}.eml"  # type: ignore[union-attr]
            yield Member(name if name.lower().endswith(".eml") else f"{name}.eml", lambda inner=inner: io.BytesIO(inner.as_bytes()))  # type: ignore[misc]
        elif part.get_filename():
            yield Member(str(part.get_filename()), lambda part=part: io.BytesIO(part.get_payload(decode=True) or b""))  # type: ignore[misc]
