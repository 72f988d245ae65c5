"""`burnish serve`: the page, and the HTTP service that it uses."""

from __future__ import annotations

import secrets
import socket
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import MissingExtra, OutputError, UsageError
from ..app import app, say
from ..options import Megapixels, Threads, Where

Host = Annotated[str, typer.Option(metavar="ADDRESS", help="What it listens on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="0 is any that is free.")]
Open = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]
AllowHost = Annotated[
    list[str],
    typer.Option(
        "--allow-host",
        metavar="NAME[:PORT]",
        show_default=False,
        help="A further name that browsers may call it by.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        show_default=False,
        help="A file with the token, in place of a new one each time.",
    ),
]
Jobs = Annotated[
    Path | None,
    typer.Option(
        "--jobs",
        metavar="FOLDER",
        show_default=False,
        help="Where jobs outlive the server, which goes on with them when it is started again.",
    ),
]
#: what `burnish[serve]` brings
LIBRARIES = (
    "starlette",
    "uvicorn",
    "anyio",
    "h11",
    "click",
    "prometheus_client",
    "python_multipart",
)
#: characters that a token has at least: 128 bits, written in base64
SHORTEST = 22


@app.command(short_help="The page in the browser, and the HTTP service.")
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    open: Open = False,
    allow_host: AllowHost = [],  # noqa: B006 (typer's way)
    token_file: TokenFile = None,
    jobs: Jobs = None,
    device: Where = "auto",
    threads: Threads = None,
    max_megapixels: Megapixels = 200,
) -> None:
    """burnish serve --open

    The page: drop pictures, turn the dials, save. Nothing leaves this machine.
    """
    _check_reach(host, allow_host, token_file)
    token = secrets.token_urlsafe(32) if token_file is None else _token_in(token_file)
    listening = _bound(host, port)
    terms = {"device": device, "threads": threads, "max_megapixels": max_megapixels or None}
    work = _work(host, listening, allow_host, token, jobs, terms)
    _tell(host, listening, token, token_file, open)
    try:
        work()
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _work(
    host: str,
    listening: socket.socket,
    allowed: list[str],
    token: str,
    jobs: Path | None,
    terms: dict[str, Any],
) -> Callable[[], None]:
    """What serves until a signal ends it. MissingExtra where its libraries are not installed."""
    try:
        from ...serve.desk import Desk
        from ...serve.gate import Gate, own_names
        from ...serve.service.server import run
        from ...serve.worker import Terms
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in LIBRARIES:
            raise
        raise MissingExtra(
            f"the page needs {error.name}, which is not installed; pip install 'burnish[serve]' "
            "brings it"
        ) from error
    gate = Gate(own_names(host, listening.getsockname()[1], allowed), token)
    desk = partial(Desk, terms=Terms(**terms), early=Terms(**terms, early=True))
    return partial(run, desk, gate, listening, jobs)


def _tell(
    host: str, listening: socket.socket, token: str, token_file: Path | None, open: bool
) -> None:
    """Says the address, and opens it where that is wanted."""
    name = f"[{host}]" if ":" in host else host
    base = f"http://{name}:{listening.getsockname()[1]}/"
    if token_file is None:
        print(f"{base}#token={token}", flush=True)
    else:
        print(f"{base} (behind it: #token= and what {token_file} holds)", flush=True)
    say("ctrl-C ends it")
    if open:
        import webbrowser

        webbrowser.open(f"{base}#token={token}")


def _check_reach(host: str, allowed: list[str], token_file: Path | None) -> None:
    """UsageError where others than this machine would reach it, and nobody has thought of them."""
    if host in ("127.0.0.1", "localhost", "::1"):
        return
    if not allowed or token_file is None:
        raise UsageError(
            f"--host {host}: others than this machine can reach it; say by which name with "
            "--allow-host, and put a token into a file for --token-file"
        )


def _token_in(file: Path) -> str:
    """The token in a file. UsageError where it is short, or others may read it."""
    try:
        shared = file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
        token = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise UsageError(f"--token-file {file}: cannot be read ({error})") from error
    if shared:
        raise UsageError(f"--token-file {file}: others may read it; chmod 600 {file}")
    plain = token.replace("-", "").replace("_", "")
    if len(token) < SHORTEST or not plain.isalnum():
        raise UsageError(
            f"--token-file {file}: a token is {SHORTEST} or more letters, figures, - and _, as "
            "`python -c 'import secrets; print(secrets.token_urlsafe(32))'` prints"
        )
    return token


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens. OutputError where that cannot be."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        raise OutputError(
            f"{host}:{port}: cannot be listened on ({error.strerror}); choose another --port"
        ) from error
    return listening
