"""HTTP whose responses end: so many bytes, as they come over the wire, and none that unpack to more."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2


class TooLong(Exception):
    """A response of more bytes than it may have, or packed."""


class _Body(httpx2.AsyncByteStream):
    """A response's body, counted as it is read: whole, without a line's end or as one event, it is the same bytes."""

    def __init__(self, body: httpx2.AsyncByteStream, most: int) -> None:
        self._body, self._left = body, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._body:
            self._left -= len(piece)
            if self._left < 0:
                raise TooLong
            yield piece

    async def aclose(self) -> None:
        await self._body.aclose()


class Transport(httpx2.AsyncHTTPTransport):
    """Responses of at most `most` bytes each."""

    def __init__(self, most: int) -> None:
        super().__init__(trust_env=False)
        self._most = most

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises TooLong where the response is packed: a few bytes may unpack to any number."""
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            await response.aclose()
            raise TooLong
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return httpx2.Response(response.status_code, headers=response.headers, stream=_Body(response.stream, self._most), extensions=response.extensions)
