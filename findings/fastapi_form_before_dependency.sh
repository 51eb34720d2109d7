#!/usr/bin/env bash
# fastapi 0.165.0 with python-multipart 0.0.34 and starlette as it brings it; uvicorn 0.54.0.
#
# A route that takes an UploadFile and has a dependency which refuses the request.  One expects the refusal before the body is
# read, as the dependency needs nothing of it.  The whole form is received and spooled to a temporary file first, and only then
# are the dependencies called: whoever may not upload still makes the server take in everything that they send.
# A custom APIRoute whose get_route_handler looks at the request before it calls the original handler refuses at once.
#
# Fails (exit 1) when the dependency refuses before the body has been received, or the custom route no longer does.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet fastapi==0.165.0 uvicorn==0.54.0 python-multipart==0.0.34
"$folder/venv/bin/python" - <<'PY'
import socket
import sys
import threading
import time

import fastapi
import uvicorn
from fastapi.routing import APIRoute

SIZE = 8 * 2**20
app = fastapi.FastAPI()


def refuse():
    raise fastapi.HTTPException(403)


@app.post("/by-dependency", dependencies=[fastapi.Depends(refuse)])
def by_dependency(file: fastapi.UploadFile): ...


class First(APIRoute):
    def get_route_handler(self):
        async def handler(request):
            raise fastapi.HTTPException(403)

        return handler


router = fastapi.APIRouter(route_class=First)


@router.post("/by-route")
def by_route(file: fastapi.UploadFile): ...


app.include_router(router)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
while not server.started:
    time.sleep(0.05)


def answered_after(path):
    """Bytes of the body that were sent before the answer began to come; a pause after half of it lets an early answer come."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = head + b"x" * (SIZE - len(head) - 9) + b"\r\n--b--\r\n"
    with socket.create_connection(listener.getsockname()) as wire:
        wire.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        wire.sendall(body[: SIZE // 2])
        wire.settimeout(2)
        try:
            return SIZE // 2, wire.recv(64)
        except TimeoutError:
            wire.sendall(body[SIZE // 2 :])
            wire.settimeout(20)
            return SIZE, wire.recv(64)


late, said = answered_after("/by-dependency")
early, also = answered_after("/by-route")
print(f"fastapi {fastapi.__version__}: refused by a dependency after {late:,} of {SIZE:,} bytes ({said[9:12].decode()}), by the route after {early:,} ({also[9:12].decode()})")
server.should_exit = True
sys.exit(not (late == SIZE and early < SIZE and said[9:12] == also[9:12] == b"403"))
PY
