"""What may be asked: the rule of `retrieval.question`, told before anything is looked for."""

from __future__ import annotations

from retrieval.question import QuestionError, normalise


def fault(text: str) -> str:
    """Why a question cannot be asked, in Chinese; empty where it can."""
    try:
        text.encode("utf-8")
        normalise(text)
    except UnicodeEncodeError:
        return "问题里有无法识别的字符：请删去后再问"
    except QuestionError as error:
        return str(error)
    return ""
