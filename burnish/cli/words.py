"""Words of the command line that set dials, levels, experts and tile sizes.

`-d NAME=V` sets a dial, `-d NAME=V,V` gives it several values, and another dial is another `-d`;
or, as in `-d noise=25,quality=40`, it begins at the next part that has an `=`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..ground.grammar import assigned

if TYPE_CHECKING:
    from ..contract import Contract
    from ..inference.pages import Pages
    from ..pipeline import Asked

#: how dials are set where each has one value, and where each may have several
ONE = "a dial is set by NAME=VALUE, such as noise=25 or noise=auto"
SEVERAL = "levels are given as NAME=A,B,C, such as noise=15,25,50"


def parse_settings(words: Sequence[str], option: str = "-d") -> dict[str, float | str]:
    """The settings of dials: ["noise=25", "quality=auto"] is {"noise": 25.0, "quality": "auto"}.

    What is no number is left to `pipeline.ask`. UsageError where a dial has several values.
    """
    found: dict[str, float | str] = {}
    for name, values in _values(words, option, ONE).items():
        if len(values) > 1:
            raise UsageError(f"{option} {name}={','.join(values)}: one value is wanted here; {ONE}")
        found[name] = _number_or_word(values[0])
    return found


def parse_levels(words: Sequence[str], option: str = "-d") -> dict[str, list[float]]:
    """The levels of dials: ["noise=15,25", "quality=40"] is {"noise": [15.0, 25.0], ...}.

    UsageError where one is no number.
    """
    found: dict[str, list[float]] = {}
    for name, values in _values(words, option, SEVERAL).items():
        said = f"{option} {name}={','.join(values)}"
        found[name] = [_number(value, said) for value in values]
    return found


def parse_fold(words: Sequence[str], option: str = "--at") -> dict[str, float]:
    """The settings at which dials are folded away: ["noise=25"] is {"noise": 25.0}.

    UsageError where one is no number.
    """
    found: dict[str, float] = {}
    for name, value in parse_settings(words, option).items():
        if isinstance(value, str):
            raise UsageError(
                f"{option} {name}={value}: a number is wanted, since there is no picture to "
                "estimate it on"
            )
        found[name] = value
    return found


def parse_experts(words: Sequence[str]) -> dict[float, str]:
    """The experts by their levels: ["20=x.safetensors"] is {20.0: "x.safetensors"}.

    UsageError where one is not written so.
    """
    found: dict[float, str] = {}
    for word in words:
        wrong = UsageError(
            f"--expert {word}: a model for one level is given as LEVEL=MODEL, such as "
            "20=noise20.onnx"
        )
        level, name = assigned(word, wrong)
        if not name:
            raise wrong
        found[_number(level, f"--expert {word}")] = name
    return found


def parse_names(words: Sequence[str]) -> list[str]:
    """The names of dials to be tuned, as they are written. UsageError where one is set."""
    for word in words:
        if "=" in word:
            name = word.partition("=")[0]
            raise UsageError(
                f"-d {word}: which setting is best is found here, so a dial has no value; name "
                f"it alone, as in -d {name}"
            )
    return list(words)


def parse_pages(words: str | None) -> Pages | None:
    """The pages or frames that somebody wants; None is all. UsageError as from `Pages.parse`."""
    from ..inference.pages import Pages

    return None if words is None else Pages.parse(words)


def asked_of(
    contract: Contract,
    dials: Sequence[str],
    strength: float,
    strength_map: Path | None,
    icc: bool,
) -> Asked:
    """What is asked of a model. The strength holds everywhere, or where a map is white."""
    from ..pipeline import MapFile, ask

    settings = parse_settings(dials)
    if strength_map is None:
        return ask(contract, settings, strength, icc)
    if not strength_map.is_file():
        raise UsageError(f"--strength-map {strength_map}: no such file")
    where = MapFile(strength_map, 0.0, strength, str(strength_map))
    return ask(contract, settings, where, icc)


def precision_of(precision: str, fp32: bool) -> str:
    """What --precision says, or --fp32, its short form. UsageError where the two do not agree."""
    if fp32 and precision not in ("auto", "fp32"):
        raise UsageError(f"--fp32 --precision {precision}: say one of them")
    return "fp32" if fp32 else str(precision)


def parse_tile(word: str) -> int | None:
    """The side of a tile in pixels; 0 is no tiles, and None ("auto") is as memory allows.

    UsageError for any other word.
    """
    if word == "auto":
        return None
    if not (word.isascii() and word.isdigit()):
        raise UsageError(f"-t {word}: a tile size is auto, 0 (no tiles) or a number of pixels")
    return int(word)


def _values(words: Sequence[str], option: str, how: str) -> dict[str, list[str]]:
    """The values of each dial, in the order in which they are written."""
    found: dict[str, list[str]] = {}
    for word in words:
        name = None
        for part in filter(None, word.split(",")):
            value = part.strip()
            # A part without a name is one more value of the dial before it.
            if name is None or "=" in part:
                name, value = assigned(part, UsageError(f"{option} {part}: {how}"))
            found.setdefault(name, []).append(value)
    return found


def _number_or_word(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _number(text: str, said: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{said}: {text!r} is no number") from None


def where(backend: str | None, device: str) -> str:
    """The words of a backend and a device as one, such as "openvino:gpu". UsageError where the
    device has a backend already; DeviceError and MissingExtra for one that is not there.
    """
    if backend is None:
        return device
    from ..inference.backends.table import check_installed

    check_installed(backend)
    if ":" in device and not device.rpartition(":")[2].isdigit():
        raise UsageError(f"--backend {backend} --device {device}: the backend is said twice")
    return f"{backend}:{device}"
