"""The front door: python app.py [serve] serves the web chat and the HTTP API on one port; user, token, groups, doctor, backup, restore."""

from __future__ import annotations

import argparse
import gc
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.types import YoujuError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from index.corpus import Corpus
    from retrieval.wording.service import Model
    from server.gate import Door
    from server.policy import Policy


def build(corpus: Corpus, uploads: Path, policy: Policy | None = None) -> FastAPI:
    """The web application over an open corpus.

    `uploads` is where uploaded files are kept; accounts, groups and the audit log are in the folder that it is in.
    """
    # Gradio reads these when it is imported; with them it calls nobody
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from page.stubs import without_stubs

    with without_stubs():
        import gradio as gr
    from fastapi.responses import FileResponse
    from fastapi_offline import FastAPIOffline
    from starlette.middleware import Middleware

    from index.narrowed import Narrowed
    from page import files
    from page.chat import HERE, blocks
    from page.events import Events
    from page.examples import examples
    from page.history import History
    from page.shell import Shell
    from page.shelves import Shelves
    from page.theme import theme
    from page.visitor import Visitor, browser_id
    from server import api, login, mcp, openai
    from server.asking import Desk
    from server.auditlog import record
    from server.behind import Behind
    from server.gate import Gate
    from server.groups import check, read_groups
    from server.policy import Policy
    from server.problems import Problem, handle_errors
    from server.who import User, corpus_for, user_of, visible

    policy = policy or Policy()
    door = door_of(uploads.parent, policy)
    check(uploads.parent, read_groups(uploads.parent), [Path(ref.source) for ref in corpus.reports()])
    desk = Desk(corpus, door.metrics, policy.model, policy.waiting)

    suggesting = threading.Lock()  # who opens the page while they are made waits for them

    @lru_cache(maxsize=16)
    def suggested_at(generation: int, rows: frozenset[int] | None) -> tuple[str, ...]:
        return examples(corpus if rows is None else Narrowed(corpus, rows))

    def suggested(user: User | None = None) -> tuple[str, ...]:
        """Example questions, from the reports that a user may see; from those that everybody may, where none is given."""
        rows = visible(corpus, user or door.user("", "ask"))
        with suggesting:
            return suggested_at(corpus.generation, rows)

    def held() -> frozenset[str]:
        with suppress(YoujuError):  # an answer is not lost over it
            corpus.refresh()
        return frozenset(ref.id for ref in corpus.reports())

    history = History(uploads.parent, held)

    def visitor(request: Any) -> Visitor:
        """Who is at the page; conversations go by account, and by browser where there are none."""
        user = user_of(request)
        id = f"user:{user.name}" if user and user.name else browser_id(request)
        manages = user is not None and user.may_manage
        name = user.name if user and not policy.header else ""  # who a proxy knows cannot log out here
        return Visitor(id, manages, corpus_for(corpus, user), name, lambda act, what: record(request, act, what=what))

    spoken, mcp_app = mcp.server(desk)
    behind = Behind(corpus, uploads.parent, suggested)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        behind.start()
        try:
            async with spoken.session_manager.run():
                yield
        finally:
            behind.stop()

    app = FastAPIOffline(
        title="有据",
        description="从一堆中文报告里找答案，每一句都是报告原文，注明文件、页码、标题与字符位置。",
        version="1",
        redoc_url=None,
        swagger_ui_parameters={"validatorUrl": None},
        lifespan=lifespan,
    )
    app.include_router(api.routes(corpus, uploads, door, desk))
    app.include_router(openai.routes(desk))
    app.include_router(login.routes(door))
    app.add_route("/mcp", mcp.only_post, methods=["GET", "DELETE", "PUT", "PATCH", "OPTIONS"], include_in_schema=False)
    app.router.routes.extend(mcp_app.routes)
    app.include_router(api.unknown_routes())
    app.include_router(files.routes(visitor, history))
    app.get("/embed.js", include_in_schema=False)(lambda: FileResponse(HERE / "embed.js", media_type="text/javascript"))
    handle_errors(app)
    describe(app, Problem.model_json_schema())
    tidy(corpus)
    gr.mount_gradio_app(
        app,
        blocks(desk, Shelves(corpus, uploads, door, visitor, lambda request: suggested(user_of(request))), visitor, history),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        show_error=False,
        app_kwargs={"middleware": [Middleware(Events)]},
        theme=theme(),
        favicon_path=str(HERE / "favicon.png"),
    )
    app.add_middleware(Shell)
    app.add_middleware(Gate, door=door)
    return app


def tidy(corpus: Corpus) -> None:
    """Clear away what a server that was killed has left; where that cannot be done now, `index verify` does it."""
    try:
        lines = corpus.mend()
    except YoujuError as error:
        lines = [f"没有做成：{error}"]
    for line in lines:
        print(f"清理　{line}", file=sys.stderr)


def door_of(data: Path, policy: Policy) -> Door:
    """What the gate decides by, from the data folder."""
    from server.accounts import Accounts
    from server.auditlog import Audit
    from server.gate import Door
    from server.groups import Groups
    from server.metrics import Metrics

    return Door(policy, Accounts(data), Groups(data), Audit(data) if policy.audit else None, Metrics())


def describe(app: FastAPI, problem: dict[str, object]) -> None:
    """The OpenAPI page knows what an error looks like, and how one logs in."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        schema = plain()
        parts = schema.setdefault("components", {})
        parts.setdefault("schemas", {})["Problem"] = problem
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{}, {"token": []}]  # none is needed on this machine itself, where there are no accounts
        return schema

    app.openapi = described  # type: ignore[method-assign]


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, or a YoujuError that says why not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise YoujuError(f"不能在 {host}:{port} 上提供服务（{error}）。请用 --port 换一个端口，或用 --host 换一个地址。") from error
    return listener


def serve(corpus: Corpus, uploads: Path, listener: socket.socket, policy: Policy, root_path: str = "") -> None:
    """Serve until interrupted; prints the address once a request would be answered."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            host, port = listener.getsockname()[:2]
            gc.enable()
            print(f"有据已就绪：http://{f'[{host}]' if ':' in host else host}:{port}　（接口说明：/docs；按 Ctrl+C 停止）", flush=True)

    # X-Forwarded-* are the gate's to believe or not
    config = uvicorn.Config(
        build(corpus, uploads, policy), log_level="warning", timeout_graceful_shutdown=3, proxy_headers=False,
        server_header=False, root_path=root_path, ws="none",
    )  # fmt: skip
    Server(config).run(sockets=[listener])


def parser() -> argparse.ArgumentParser:
    """The command line; without a command it serves."""
    made = argparse.ArgumentParser(prog="app.py", description="有据：网页问答与 HTTP 接口")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="数据文件夹（默认 data）")
    common.add_argument("--encoder", metavar="PATH|NAME", help="编码模型：best（默认）、fast，或模型的文件夹、名称")
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1，只供本机）")
    where.add_argument("--port", type=int, default=7860, help="端口（默认 7860）")
    commands = made.add_subparsers(dest="command", required=True, metavar="命令")

    run = commands.add_parser("serve", parents=[common, where], help="提供网页与接口（不写命令时就是它）")
    run.add_argument("--open", action="store_true", help="没有账号也在本机以外的地址上提供服务：人人可以提问，不能改动报告")
    run.add_argument("--origin", action="append", default=[], metavar="URL", help="允许嵌入的网页来源，如 https://oa.example；可写多次")
    run.add_argument("--proxy-from", action="append", default=[], metavar="ADDR", help="可信代理的地址或网段；可写多次")
    run.add_argument("--proxy-header", default="", metavar="NAME", help="可信代理用来写明用户名的请求头，如 X-Remote-User")
    run.add_argument("--root-path", default="", metavar="PATH", help="反向代理把服务放在哪个路径下，如 /youju")
    run.add_argument("--no-audit", action="store_true", help="不记审计日志")
    run.add_argument("--upload-mb", type=int, default=64, metavar="N", help="一个上传文件最大多少 MiB（默认 64）")
    run.add_argument("--per-minute", type=int, default=60, metavar="N", help="一个用户每分钟最多请求多少次（默认 60）")

    run.add_argument("--llm", default="", metavar="URL", help="改写回答的语言模型服务，如 http://127.0.0.1:8000/v1；密钥放在环境变量 YOUJU_LLM_KEY")
    run.add_argument("--llm-model", default="", metavar="NAME", help="那个服务里的模型名")

    user = commands.add_parser("user", help="账号：add、list、remove、passwd").add_subparsers(dest="act", required=True, metavar="动作")
    for act, said in (("add", "添加"), ("remove", "移除"), ("passwd", "改密码")):
        one = user.add_parser(act, parents=[common], help=f"{said}（密码在终端输入，或从标准输入读一行）" if act != "remove" else said)
        one.add_argument("name", metavar="名字")
        if act == "passwd":
            one.add_argument("--tokens", action="store_true", help="它的接口令牌也一并作废（默认保留）")
        if act == "add":
            one.add_argument("--role", choices=("ask", "manage"), default="ask", help="ask 只能提问（默认），manage 还能添加和移除报告")
    user.add_parser("list", parents=[common], help="列出")

    token = commands.add_parser("token", help="接口令牌：add、list、remove").add_subparsers(dest="act", required=True, metavar="动作")
    one = token.add_parser("add", parents=[common], help="为一个账号发令牌")
    one.add_argument("name", metavar="名字")
    one.add_argument("--label", default="", help="备注")
    token.add_parser("list", parents=[common], help="列出")
    token.add_parser("remove", parents=[common], help="按编号移除").add_argument("name", metavar="编号")

    groups = commands.add_parser("groups", help="只供某些人查看的文件夹：list、set、remove、clear、recover").add_subparsers(
        dest="act", required=True, metavar="动作"
    )
    groups.add_parser("list", parents=[common], help="列出现行的规定")
    one = groups.add_parser("set", parents=[common], help="写明一个组：名字相同的整个换掉")
    one.add_argument("name", metavar="组名")
    one.add_argument("--member", action="append", required=True, metavar="名字", help="可以查看的账号；可写多次")
    one.add_argument("--folder", action="append", required=True, metavar="DIR", help="只供他们查看的文件夹，uploads 是上传的；可写多次")
    one.add_argument("--ahead", action="store_true", help="文件夹里的报告还没有收录，先把它关上")
    groups.add_parser("remove", parents=[common], help="移除一个组").add_argument("name", metavar="组名")
    groups.add_parser("clear", parents=[common], help="明确不再分组：人人可以查看全部报告")
    groups.add_parser("recover", parents=[common], help="groups.toml 丢了或坏了时，写回最后有效的规定")

    commands.add_parser("doctor", parents=[common, where], help="检查能否正常运行，并说明怎样补救")
    commands.add_parser("backup", parents=[common], help="备份数据文件夹，不必停下服务").add_argument(
        "file", type=Path, nargs="?", metavar="文件", help="默认是带日期的 youju-….tar.gz"
    )
    commands.add_parser("restore", parents=[common], help="把备份恢复到一个空文件夹").add_argument("file", type=Path, metavar="文件")
    return made


COMMANDS = ("serve", "user", "token", "groups", "doctor", "backup", "restore", "-h", "--help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: 0 when done, 1 where the doctor found a fault, 2 where something the user can mend is wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(given if given and given[0] in COMMANDS else ["serve", *given])
    try:
        does = {"serve": run, "user": people, "token": people, "groups": group, "doctor": examine, "backup": keep, "restore": keep}
        return does[options.command](options)
    except YoujuError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def run(options: argparse.Namespace) -> int:
    """Serve."""
    from server.policy import check_listening, is_loopback, policy

    model = language_model(options.llm, options.llm_model)
    chosen = policy(
        open=options.open, origins=options.origin, proxies=options.proxy_from, header=options.proxy_header,
        audit=not options.no_audit, upload_mb=options.upload_mb, per_minute=options.per_minute, model=model,
    )  # fmt: skip
    check_listening(options.host, has_accounts(options.data), chosen)
    listener = listen(options.host, options.port)
    if model and not is_loopback(model.host):
        print(f"注意：提问和所引的报告原文会发给 {model.host} 上的语言模型。", file=sys.stderr)
    if chosen.open and not is_loopback(options.host):
        print("注意：用了 --open，凡能连到这个地址的人都可以提问，看到全部未分组的报告。", file=sys.stderr)
    print("正在启动……", flush=True)
    gc.disable()  # until the page is up: what is made meanwhile stays, and would be looked through a dozen times
    from index.corpus import Corpus
    from index.later import load_later

    try:
        with Corpus.open(options.data, load_later(options.encoder), create=True) as corpus:
            serve(corpus, options.data / "uploads", listener, chosen, options.root_path.rstrip("/"))
    finally:
        gc.enable()  # where the page never came up
    return 0


def language_model(url: str, name: str) -> Model | None:
    """The language model that phrases answers, where the command line gives one; raises YoujuError where it is none."""
    if not url and not name:
        return None
    from retrieval.wording.service import given

    return given(url, name)


def has_accounts(data: Path) -> bool:
    """Whether a data folder has accounts; makes none."""
    from server.accounts import FILE, Accounts

    if not (data / FILE).is_file():
        return False
    accounts = Accounts(data)
    try:
        return accounts.any()
    finally:
        accounts.close()


def people(options: argparse.Namespace) -> int:
    """Accounts and tokens; a data folder that is not there yet is made with its empty index."""
    from server import commands

    if not (options.data / "meta.json").exists():
        from index.corpus import Corpus
        from index.encoder import load_encoder

        Corpus.open(options.data, load_encoder(options.encoder), create=True).close()
    if options.command == "user":
        commands.user(options.data, options.act, getattr(options, "name", ""), getattr(options, "role", "ask"), getattr(options, "tokens", False))
    else:
        commands.token(options.data, options.act, getattr(options, "name", ""), getattr(options, "label", ""))
    return 0


def group(options: argparse.Namespace) -> int:
    """Folders that are for groups only."""
    from server import commands

    given = {"name": "", "member": [], "folder": [], "ahead": False, **vars(options)}
    commands.groups(options.data, options.act, given["name"], given["member"], given["folder"], given["ahead"])
    return 0


def examine(options: argparse.Namespace) -> int:
    """The doctor: a line for each thing looked at."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from page.examples import examples
    from server import doctor

    bad = 0
    looks = doctor.examine(options.data, options.encoder, options.host, options.port, lambda corpus: examples(corpus, count=1))
    for name, state, said in looks:
        print(f"[{state}] {name}：{said}", flush=True)
        bad += state == "坏"
    print("一切正常。" if not bad else f"有 {bad} 处要处理。")
    return 1 if bad else 0


def keep(options: argparse.Namespace) -> int:
    """Back-up and restore."""
    from server.backup import backup, restore, stamp

    if options.command == "backup":
        file = options.file or Path(stamp())
        size = backup(options.data, file)
        print(f"已备份到 {file}（{size / 2**20:.1f} MiB）")
    else:
        restore(options.file, options.data)
        print(f"已恢复到 {options.data}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
