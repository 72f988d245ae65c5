"""Where results go: as options name them, and never into the place of an input.

What stands against a name is said before the work is done, not after it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from ..errors import OutputError, UsageError
from ..ground.files import places, prepare_folder, replaces
from ..inference.addresses import address_of

# How the name of an option's file may end, by what goes into it.
SHEET = (".png", ".jpg", ".jpeg")
PLOT = (".png",)
PAGE = (".html",)
FIGURES = (".csv",)
RECIPE = (".yaml", ".yml")
WEIGHTS = (".safetensors",)
MODEL = (".onnx",)


def prepare(
    target: Path, option: str, endings: Collection[str], inputs: Iterable[Path] = ()
) -> None:
    """Sees that a result can be written as `target`, and makes its folder.

    option: the word of the command line that named it.
    endings: how the name may end.
    inputs: files, which it must not replace, and folders of pictures, among which no picture may
    come to lie.

    Raises UsageError, OutputError.
    """
    from ..images import format_named

    if target.suffix.lower() not in endings:
        raise UsageError(f"{option} {target}: the name must end in {' or '.join(endings)}")
    for source in inputs:
        if replaces(target, places(source)):
            raise UsageError(
                f"{option} {target}: the result would replace an input; choose another name"
            )
        below = source.is_dir() and source.resolve() in target.resolve().parents
        if below and format_named(target) is not None:
            raise UsageError(
                f"{option} {target}: the result would lie among the pictures of {source}, as if "
                "it were one of them; choose another folder"
            )
    if target.is_dir():
        raise OutputError(f"{target}: cannot be written (it is a folder); choose another name")
    prepare_folder(target)


def ending(format: str | None) -> str | None:
    """The ending that a word of -f means, as in ".png"; None where there is no word."""
    return None if format is None else f".{format.lower().lstrip('.')}"


def pairs_of(
    inputs: Sequence[Path],
    output: str | None,
    *,
    recursive: bool,
    suffix: str | None,
    format: str | None,
) -> list[tuple[str, str]]:
    """Pairs every picture that is meant with its target, by the words of -o, --suffix and -f."""
    from ..inference.targets import pair

    where = None if output is None else address_of(output) or Path(output)
    return pair(
        inputs,
        where,
        as_folder=output is not None and output.endswith(("/", os.sep)),
        recursive=recursive,
        suffix=suffix,
        extension=ending(format),
    )
