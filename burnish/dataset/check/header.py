"""What a file says of itself, before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import BurnishError, InputTruncated
from ...images import facts


@dataclass(frozen=True)
class Header:
    """What a file says of itself. error: (fault, sentence) where it cannot be read. quality: of a
    JPEG, 1 to 100. profile: its name; None is sRGB.
    """

    path: Path
    width: int = 0
    height: int = 0
    channels: int = 0
    depth: str = ""
    format: str = ""
    alpha: bool = False
    profile: str | None = None
    orientation: int = 1
    misnamed: str | None = None
    quality: int | None = None
    error: tuple[str, str] | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


def header_of(path: Path) -> Header:
    """The header, or what is wrong with it; nothing is decoded."""
    try:
        found = facts(path)
    except BurnishError as error:
        return Header(path, error=fault_of(error, path))
    names = ("width", "height", "channels", "depth", "format", "alpha", "orientation")
    profile = None if _is_srgb(found["profile"], found["channels"]) else found["profile"]
    misnamed = next((note for note in found.get("notes", ()) if note.startswith("named ")), None)
    return Header(
        path,
        **{name: found[name] for name in names},
        profile=profile,
        misnamed=misnamed,
        quality=found.get("quality"),
    )


def fault_of(error: BurnishError, path: Path) -> tuple[str, str]:
    """The fault, and what is known of it, of a file that could not be read."""
    text = str(error).removeprefix(f"{path}: ").split(";")[0]
    return ("truncated" if isinstance(error, InputTruncated) else "unreadable"), text


def _is_srgb(profile: str | None, channels: int) -> bool:
    """Names of sRGB, whoever wrote them; what grey pictures carry says nothing of colours."""
    name = (profile or "srgb").lower()
    return channels == 1 or "srgb" in name or "iec61966" in name or name == "c2"
