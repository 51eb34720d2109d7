"""Serve the web chat and the HTTP API on one port: python app.py [--data DIR] [--encoder X] [--host H] [--port P]."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from index.types import YoujuError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from index.corpus import Corpus


def build(corpus: Corpus, uploads: Path) -> FastAPI:
    """The web application over an open corpus; `uploads` is where uploaded files are kept."""
    # Gradio reads these when it is imported; with them it calls nobody
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import gradio as gr
    from fastapi.responses import FileResponse
    from fastapi_offline import FastAPIOffline

    from index.limits import FILE_BYTES
    from page.api import handle_errors, routes
    from page.chat import HERE, blocks, theme
    from page.examples import examples
    from page.shell import Shell

    @lru_cache(maxsize=1)
    def suggested_at(generation: int) -> tuple[str, ...]:
        return examples(corpus)

    app = FastAPIOffline(
        title="有据",
        description="从一堆中文报告里找答案，每一句都是报告原文，注明文件、页码、标题与字符位置。",
        version="1",
        redoc_url=None,
        swagger_ui_parameters={"validatorUrl": None},
    )
    app.include_router(routes(corpus))
    app.get("/page/style.css", include_in_schema=False)(lambda: FileResponse(HERE / "style.css"))
    handle_errors(app)
    suggested_at(corpus.generation)  # asks real questions, so the encoder and the segmenter are warm from here on
    gr.mount_gradio_app(
        app,
        blocks(corpus, uploads, lambda: suggested_at(corpus.generation)),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size=FILE_BYTES,
        theme=theme(),
        favicon_path=str(HERE / "favicon.png"),
    )
    app.add_middleware(Shell)
    return app


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


def serve(corpus: Corpus, uploads: Path, listener: socket.socket) -> None:
    """Serve until interrupted; prints the address once a request would be answered."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            host, port = listener.getsockname()[:2]
            print(f"有据已就绪：http://{f'[{host}]' if ':' in host else host}:{port}　（接口说明：/docs；按 Ctrl+C 停止）", flush=True)

    config = uvicorn.Config(build(corpus, uploads), log_level="warning", timeout_graceful_shutdown=3)
    Server(config).run(sockets=[listener])


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: 0 after serving, 2 where something the user can mend is wrong."""
    parser = argparse.ArgumentParser(prog="app.py", description="有据：网页问答与 HTTP 接口")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="索引所在的文件夹（默认 data）")
    parser.add_argument("--encoder", metavar="PATH|NAME", help="编码模型（默认用随附的）")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1，只供本机）")
    parser.add_argument("--port", type=int, default=7860, help="端口（默认 7860）")
    options = parser.parse_args(arguments)
    try:
        listener = listen(options.host, options.port)
        if options.host not in ("127.0.0.1", "localhost", "::1"):
            print("注意：没有账号限制，凡能连到这个地址的人都可以提问和添加报告。", file=sys.stderr)
        print("正在启动……", flush=True)
        from index.corpus import Corpus
        from index.encoder import load_encoder

        corpus = Corpus.open(options.data, load_encoder(options.encoder), create=True)
        try:
            serve(corpus, options.data / "uploads", listener)
        finally:
            corpus.close()
    except YoujuError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
