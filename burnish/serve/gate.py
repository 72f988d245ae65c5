"""Gate: who is let in, by the head of a request alone.

A page of another site may send requests to this machine, and a name of another site may be made to
lead here (DNS rebinding). So the Host has to be one of a list, word for word, an Origin has to be
this server's own, and whoever asks for work has to hold the token.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

#: (name, value) pairs of a request, names in small letters, as ASGI has them
Headers = Sequence[tuple[bytes, bytes]]
#: what a browser says of requests that its own page sends, or that somebody typed
OWN_SITES = (b"same-origin", b"none")
#: all below it is work, and wants the token
WORK = "/v1/"
#: but for what tells those who watch over the server that it is there, and nothing else
OPEN = ("/v1/health", "/v1/ready")


@dataclass(frozen=True)
class Denial:
    """Why a request is not let in."""

    #: the status of HTTP
    status: int
    #: a stable code, as errors have them
    code: str
    #: one sentence: what was wrong, and what to do
    sentence: str


@dataclass(frozen=True)
class Gate:
    """What is let in."""

    #: the values of Host, each with its port where that is not HTTP's own
    hosts: frozenset[str]
    #: what whoever asks for work has to send
    token: str

    def denial(self, path: str, headers: Headers) -> Denial | None:
        """Why a request is not let in; None where it is."""
        hosts = _values(headers, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return Denial(
                403,
                "E_HOST",
                "this server does not go by that name; open the address that `burnish serve` "
                "printed, or allow the name with --allow-host",
            )
        if not self._own(hosts[0].lower(), headers):
            return Denial(
                403, "E_ORIGIN", "a page of another site sent this; this server obeys its own alone"
            )
        wants_token = path.startswith(WORK) and path not in OPEN
        if wants_token and not self._holds_token(headers):
            return Denial(
                401,
                "E_TOKEN",
                "the token is missing or wrong; open the address that `burnish serve` printed, or "
                "send it as Authorization: Bearer TOKEN",
            )
        return None

    def _own(self, host: str, headers: Headers) -> bool:
        """Whether nothing says that a page of another site sent the request."""
        origins = _values(headers, b"origin")
        own = (f"http://{host}", f"https://{host}")
        sites = [value for name, value in headers if name == b"sec-fetch-site"]
        return all(each in own for each in origins) and all(each in OWN_SITES for each in sites)

    def _holds_token(self, headers: Headers) -> bool:
        told = [value for name, value in headers if name == b"authorization"]
        wanted = b"Bearer " + self.token.encode()
        return len(told) == 1 and hmac.compare_digest(told[0], wanted)


def _values(headers: Headers, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in headers if name == wanted]


def own_names(host: str, port: int, allowed: Sequence[str] = ()) -> frozenset[str]:
    """The values of Host by which a server goes.

    host: what it listens on. allowed: further names, each as a browser says it; one without a port
    is meant with this port and, as behind a proxy, without any.
    """
    bare = [f"[{host}]" if ":" in host else host, *LOOPBACK]
    names = {f"{name}:{port}" for name in bare}
    if port == 80:
        names.update(bare)
    for name in allowed:
        names.add(name.lower())
        if ":" not in name.rpartition("]")[2]:
            names.add(f"{name.lower()}:{port}")
    return frozenset(names)


#: the names of this machine for itself
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
