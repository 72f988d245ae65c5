"""Guard: what every request passes before anybody looks at it, and what every answer gets."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ...errors import Busy
from ..gate import OPEN, Denial, Gate
from .answers import said, wrong
from .tally import METRICS, Tally

#: sent with everything: nothing is loaded from elsewhere, framed, guessed or kept
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: requests at a time; whoever watches over the server is answered beyond it
MOST_REQUESTS = 64


#: bytes of a body that is let arrive though nobody wants it, and the seconds it has for that
SHORT, SOON = 1 << 20, 5.0


class Guard:
    """What is asked passes the gate, where not too much is asked; what is answered gets the headers
    of all answers, and is counted.
    """

    def __init__(self, inner: ASGIApp, gate: Gate, tally: Tally) -> None:
        self._inner = inner
        self._gate = gate
        self._tally = tally
        self._at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        begun = time.perf_counter()
        body = _Body(scope, receive)
        status = 0

        async def headed(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                await body.let_arrive()
                fixed = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
                if not body.is_whole:
                    # What is still on its way is not read.
                    fixed.append((b"connection", b"close"))
                message = {**message, "headers": [*message["headers"], *fixed]}
            await send(message)

        self._at_once += 1
        try:
            await self._answer(scope)(scope, body.receive, headed)
        finally:
            self._at_once -= 1
            self._tally.answered(scope, status, time.perf_counter() - begun)

    def _answer(self, scope: Scope) -> ASGIApp:
        """What answers a request."""
        denial = self._gate.denial(scope["path"], scope["headers"])
        if denial is not None:
            return _denied(denial)
        if self._at_once > MOST_REQUESTS and scope["path"] not in (*OPEN, METRICS):
            return wrong(Busy(f"{MOST_REQUESTS} requests are in hand; ask again in a moment"))
        return self._inner


class _Body:
    """The body of a request, which somebody may read or not."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        told = {name: value for name, value in scope["headers"]}
        length = told.get(b"content-length", b"0").strip()
        is_measured = b"transfer-encoding" not in told
        #: whether nothing of it is on its way any more
        self.is_whole = is_measured and length in (b"", b"0")
        self._is_short = is_measured and length.isdigit() and int(length) <= SHORT
        self._receive = receive

    async def let_arrive(self) -> None:
        """Reads what nobody wanted of a short one, which else would meet a closed connection, and
        whoever sends it might not see the answer.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(SOON):
                while self._is_short and not self.is_whole:
                    await self.receive()

    async def receive(self) -> Any:
        """What comes next of it."""
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self.is_whole = True
        return message


def _denied(denial: Denial) -> Response:
    response = said(denial.status, denial.code, denial.sentence)
    if denial.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
