"""Words of the command line that hold numbers: dials, levels, tile sizes."""

from __future__ import annotations

from ..errors import UsageError


def parse_dials(words: list[str]) -> dict[str, float | str]:
    """["noise=25", "quality=auto", "noise=map.png"], or several in one word with commas, as a
    mapping; what is no number is left to `inference.maps`.
    """
    result: dict[str, float | str] = {}
    for word in (part for text in words for part in text.split(",") if part):
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise UsageError(
                f"-d {word}: a dial is set by NAME=VALUE, such as noise=25 or noise=auto"
            )
        result[name.strip()] = _setting(value.strip())
    return result


def parse_settings(words: list[str]) -> dict[str, float]:
    """["noise=25"], or several in one word with commas, as numbers."""
    found = parse_dials(words)
    for name, value in found.items():
        if isinstance(value, str):
            raise UsageError(
                f"--at {name}={value}: a number is wanted, since there is no picture to "
                "estimate it on"
            )
    return {name: float(value) for name, value in found.items() if not isinstance(value, str)}


def parse_levels(words: list[str]) -> dict[str, list[float]]:
    """["noise=15,25,50"] -> {"noise": [15, 25, 50]}."""
    result = {}
    for word in words:
        name, sign, values = word.partition("=")
        if not sign:
            raise UsageError(f"-d {word}: levels are given as NAME=A,B,C, such as noise=15,25,50")
        result[name] = [_number(word, value) for value in values.split(",")]
    return result


def parse_experts(words: list[str]) -> dict[float, str]:
    """["20=runs/x.safetensors"] -> {20.0: "runs/x.safetensors"}."""
    result = {}
    for word in words:
        level, sign, name = word.partition("=")
        if not sign or not name:
            raise UsageError(
                f"--expert {word}: a model for one level is given as LEVEL=MODEL, such as "
                "20=noise20.onnx"
            )
        result[_number(word, level)] = name
    return result


def _setting(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def parse_tile(word: str) -> int | None:
    if word == "auto":
        return None
    if not (word.isascii() and word.isdigit()):
        raise UsageError(f"-t {word}: a tile size is auto, 0 (no tiles) or a number of pixels")
    return int(word)


def _number(word: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise UsageError(f"-d {word}: {value!r} is neither a number nor auto") from None
