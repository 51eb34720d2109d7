"""Where a request goes, as the routes that will be matched against it see it."""

from __future__ import annotations

from starlette.types import Scope


def route_path(scope: Scope) -> str:
    """A request's path below the root path: of the whole server behind a proxy, of the mount inside a mounted application.

    As Starlette's own matching has it: a proxy may have taken its path off what it passes on, or left it there.
    """
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    below = path.removeprefix(root)
    return below if below in ("", path) or below.startswith("/") else path
