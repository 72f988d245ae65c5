"""The sentences on files that are cut or damaged, whoever finds it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import BurnishError, InputCorrupt, InputTooLarge, InputTruncated

#: what decoders stumble with over numbers that they did not expect, in words for programmers
NONSENSE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    struct.error,
)


@contextmanager
def damage(name: str) -> Iterator[None]:
    """Turns whatever a decoder throws at a damaged file into one sentence.

    Burnish's own errors pass.
    """
    try:
        yield
    except BurnishError:
        raise
    except MemoryError as error:
        raise InputTooLarge(
            f"{name}: there is not enough memory to decode it; close other programs, or make "
            "the picture smaller"
        ) from error
    except EOFError as error:
        raise truncated(name) from error
    except NONSENSE as error:
        raise corrupt(name, "its structure makes no sense") from error
    except Exception as error:
        if "truncated" in str(error):
            raise truncated(name) from error
        raise corrupt(
            name, str(error).splitlines()[0] if str(error) else type(error).__name__
        ) from error


def truncated(name: str) -> InputTruncated:
    """The one sentence for files that end too early."""
    return InputTruncated(f"{name}: ends before its picture does; take it again from where it came")


def corrupt(name: str, what: str) -> InputCorrupt:
    """The one sentence for damage that is known.

    what: in a few words, which may quote the file: what cannot be printed of them is a "?".
    """
    shown = "".join(letter if letter.isprintable() else "?" for letter in what)
    return InputCorrupt(f"{name}: is damaged ({shown}); take it again from where it came")
