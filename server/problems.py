"""Errors of the API: problem details (RFC 9457) in Chinese."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from index.folder import Busy
from index.types import LoadError, YoujuError
from retrieval.question.understand import QuestionError

log = logging.getLogger("youju.server")


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Refused(YoujuError):
    """A request that is turned down, with the status it is turned down with."""

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.title, self.headers = status, title, dict(headers or {})


def problem(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem+json response."""
    content = Problem(title=title, status=status, detail=detail).model_dump()
    return JSONResponse(content, status, headers=dict(headers or {}), media_type="application/problem+json")


SAID = {
    400: ("请求有误", "请求体读不懂"),
    401: ("请先登录", "需要登录或有效的令牌"),
    403: ("没有权限", "没有权限做这件事"),
    404: ("没有找到", "没有这个地址、报告或页"),
    405: ("方法不对", "这个地址不接受这种请求方法"),
    409: ("无法完成", "现在做不了这件事"),
    413: ("请求太大", "请求体超过上限"),
    415: ("类型不对", "不接受这种文件"),
    422: ("请求有误", "请求的内容不合要求"),
    429: ("太频繁", "请求太频繁，请稍后再试"),
    503: ("正忙", "正在回答的问题太多，请稍后再试"),
}


def told(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's responses for some statuses, each with an example."""
    return {
        status: {
            "description": SAID[status][0],
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": Problem(title=SAID[status][0], status=status, detail=SAID[status][1] + "。").model_dump(),
                }
            },
        }
        for status in statuses
    }


_REASONS = {
    "missing": "缺少这一项",
    "json_invalid": "请求体不是合法的 JSON",
    "extra_forbidden": "没有这一项",
    "string_type": "应为字符串",
    "string_too_long": "太长",
    "string_too_short": "太短",
    "string_pattern_mismatch": "写法不对",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "list_type": "应为数组",
    "too_long": "项数过多",
    "too_short": "项数过少",
    "greater_than_equal": "太小",
    "less_than_equal": "太大",
    "literal_error": "不是可选的值",
    "model_attributes_type": "请求体应为 JSON 对象，并设 Content-Type: application/json",
}
_LIMITS = {"ge": "至少为 {}", "le": "最多为 {}", "max_length": "最多 {}", "min_length": "至少 {}"}


def _fault(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    said = error["msg"] if kind in ("question", "chip") else _REASONS.get(kind, "取值不对")
    if kind not in ("question", "chip"):
        bounds = [text.format(error["ctx"][name]) for name, text in _LIMITS.items() if name in error.get("ctx", {})]
        said = "，".join([said, *bounds])
    where = ".".join(str(part) for part in error["loc"] if part != "body" and kind != "json_invalid")
    return f"{where[:100]}：{said}" if where and kind != "question" else said


def _faults(errors: Sequence[Any]) -> str:
    return "；".join(_fault(error).rstrip("。") for error in errors[:5]) + "。"


def of(error: Exception) -> JSONResponse:
    """The problem that an error is; one that nobody foresaw is logged, and told without its words."""
    if isinstance(error, Refused):
        return problem(error.status, error.title, str(error), error.headers)
    if isinstance(error, RequestValidationError):
        return problem(422, "请求有误", _faults(error.errors()))
    if isinstance(error, QuestionError | LoadError):
        return problem(422, "请求有误", str(error))
    if isinstance(error, Busy):  # another process is writing
        return problem(503, "正忙", str(error), {"Retry-After": "5"})
    if isinstance(error, YoujuError):
        return problem(409, "无法完成", str(error))
    log.error("request failed", exc_info=error)
    return problem(500, "出了错", "服务出了错，原因记在服务的日志里。")


def handle_errors(app: FastAPI) -> None:
    """Every error of the application becomes a problem in Chinese."""

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(YoujuError)
    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> JSONResponse:
        return of(error)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> JSONResponse:
        title, detail = SAID.get(error.status_code, ("请求失败", f"请求失败（{error.status_code}）"))
        return problem(error.status_code, title, f"{detail}：{request.url.path[:200]}。", error.headers)
