"""What a file says of itself, before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import BurnishError, InputTruncated
from ...images import facts


@dataclass(frozen=True)
class CheckedHeader:
    """What a file says of itself."""

    #: the file
    path: Path
    #: in pixels
    width: int = 0
    #: in pixels
    height: int = 0
    #: without alpha
    channels: int = 0
    #: of the samples: "uint8", "uint16" or "float32"
    depth: str = ""
    #: the name of the format that the contents have
    format: str = ""
    #: whether there is an alpha channel
    alpha: bool = False
    #: the name of the colour profile; None is sRGB
    profile: str | None = None
    #: EXIF's, 1 to 8
    orientation: int = 1
    #: a sentence where the ending says another format, or None
    misnamed: str | None = None
    #: of a JPEG, 1 to 100
    quality: int | None = None
    #: (fault, sentence) where the file cannot be read, or None
    error: tuple[str, str] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.width, self.height


def header_of(path: Path) -> CheckedHeader:
    """Returns the header, or what is wrong with it. Nothing is decoded."""
    try:
        found = facts(path)
    except BurnishError as error:
        return CheckedHeader(path, error=fault_of(error, path))
    several = found.get("pages") or found.get("frames")
    if several:
        wrong = f"has {several} pictures, and one is wanted"
        return CheckedHeader(path, error=("unreadable", wrong))
    names = ("width", "height", "channels", "depth", "format", "alpha", "orientation")
    profile = None if _is_srgb(found["profile"], found["channels"]) else found["profile"]
    misnamed = next((note for note in found.get("notes", ()) if note.startswith("named ")), None)
    return CheckedHeader(
        path,
        **{name: found[name] for name in names},
        profile=profile,
        misnamed=misnamed,
        quality=found.get("quality"),
    )


def fault_of(error: BurnishError, path: Path) -> tuple[str, str]:
    """Returns the name of the fault of a file that could not be read, and what is known of it."""
    text = str(error).removeprefix(f"{path}: ").split(";")[0]
    return ("truncated" if isinstance(error, InputTruncated) else "unreadable"), text


def _is_srgb(profile: str | None, channels: int) -> bool:
    """Whether it is a name of sRGB, whoever wrote it.

    What grey pictures carry says nothing of colours.
    """
    name = (profile or "srgb").lower()
    return channels == 1 or "srgb" in name or "iec61966" in name or name == "c2"
