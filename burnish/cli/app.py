"""What all commands share: the program, how it ends, and how it says why."""

from __future__ import annotations

import copy
import io
import json
import signal
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from .. import __version__
from ..errors import BurnishError, InputError, OutOfMemory, UsageError, unforeseen
from .plain import convert_plainly
from .starting import leave

if TYPE_CHECKING:
    from typer.models import CommandInfo

Item = TypeVar("Item")

app = typer.Typer(
    add_completion=True,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def script() -> NoReturn:
    """The console script: `main`, and a quick end."""
    try:
        main()
    except SystemExit as end:
        leave(end)


def main() -> NoReturn:
    """Runs the command that the words of the process name, and exits."""
    # How the process speaks and ends.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that is not UTF-8 must not end a run.
            stream.reconfigure(errors="backslashreplace")
    # What Pillow thinks of a file's metadata is found out in burnish/images, and said once.
    warnings.filterwarnings("ignore", module="PIL")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    # The command itself.
    as_json = "--json" in sys.argv
    try:
        words = [word for word in sys.argv[1:] if word != "--debug"]
        command = typer.main.get_command(_only_named(words))
        convert_plainly(command)
        sys.exit(command(words, prog_name="burnish", standalone_mode=not as_json))
    except Exception as error:
        # typer's own errors are words or numbers that do not fit.
        if as_json and hasattr(error, "format_message"):
            fail(UsageError(error.format_message()))
        if _debugging():
            raise
        fail(error if isinstance(error, BurnishError) else unforeseen(error))


def _only_named(words: list[str]) -> typer.Typer:
    """The program with the command that the words name, or whole where they name none.

    typer builds every option of every command that it has before it reads a word.
    """
    named = next((word for word in words if not word.startswith("-")), None)
    found = [info for info in app.registered_commands if _name_of(info) == named]
    if not found:
        return app
    alone = copy.copy(app)
    alone.registered_commands = found
    return alone


def _name_of(info: CommandInfo) -> str:
    """The name of a command on the command line."""
    return info.name or getattr(info.callback, "__name__", "").replace("_", "-")


def fail(error: BurnishError) -> NoReturn:
    """Says the error in one line on stderr, and exits with its status.

    With --json it is said as an object on stdout, too.
    """
    if "--json" in sys.argv:
        print(json.dumps({"error": {"code": error.code, "message": str(error)}}), flush=True)
    say(f"burnish: {error} [{error.code}]")
    sys.exit(error.exit_status)


def say(text: str) -> None:
    """Says a remark on stderr."""
    from .console import tell

    tell(text, sys.stderr)


def each(
    items: Iterable[Item],
    do: Callable[[Item], None],
    failed: Callable[[Item, BurnishError], None],
) -> int:
    """Does something to every item, whatever becomes of the others. Returns the exit status.

    failed: is told the items that went wrong, and why. Raises what would go wrong with the others,
    too, such as a model that does not open or a full disk; and, with --debug, what is unforeseen.
    """
    status = 0
    for item in items:
        try:
            do(item)
        except (InputError, UsageError, OutOfMemory) as error:
            failed(item, error)
            status = InputError.exit_status
        except BurnishError:
            raise
        except Exception as error:
            if _debugging():
                raise
            failed(item, unforeseen(error))
            status = InputError.exit_status
    return status


def _debugging() -> bool:
    return "--debug" in sys.argv


def _version(wanted: bool) -> None:
    if wanted:
        print(f"burnish {__version__}")
        raise typer.Exit


@app.callback(epilog="Any command takes --debug, for a traceback.")
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """burnish restore photo.jpg -d noise=25

    Image restoration with dials.
    """
