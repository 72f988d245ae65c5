"""Format: all that the rest of the program knows of a kind of picture file.

There is one object for each, in a file of its own in `formats/`, and every list of formats, endings
and limits in the package is made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO, Literal

from ..errors import MissingExtra, UnsupportedFormat, UsageError
from .picture import BITS, Depth, Header, Picture, Several

if TYPE_CHECKING:
    from PIL.Image import Image

#: stands for any byte in what a file begins with
ANY = ord(".")
#: what a file may say beside its picture, by the names of the fields of `Picture`
Metadata = Literal["icc", "exif", "xmp", "iptc", "photoshop", "text", "dpi", "cicp"]
#: how finely a JPEG has its colours, against its brightness (ITU-T T.81, A.1): 4:4:4 is as finely
Sampling = Literal["444", "422", "420"]


@dataclass(frozen=True)
class Holds:
    """What a file of a format has room for. What it has no room for is said, and never written."""

    #: the depths that its samples may have
    depths: tuple[Depth, ...]
    #: how many bits of a whole number may count, such as 8, 10 and 12; empty where they are those
    #: of the depths
    bits: tuple[int, ...] = ()
    #: whether a picture may have one channel; else grey is stored as three equal ones
    grey: bool = True
    #: whether such a picture may have transparency; else it is stored in colour where it has some
    grey_alpha: bool = True
    #: whether a picture may have transparency
    alpha: bool = True
    #: whether a picture may have planes besides, such as infrared
    extras: bool = False
    #: colours that a picture may have; None where there is no limit. Where there is one, it is
    #: seen or not, and never half transparent
    colours: int | None = None
    #: what the pictures of a file may be to each other; empty where a file is one picture
    several: tuple[Several, ...] = ()
    #: whether a picture may stand before the frames that is shown where nothing is animated
    stand_in: bool = False
    #: pixels that a side may have; None where there is no limit
    side: int | None = None
    #: what may stand beside a picture; of all else, writing says that it is not kept, and leaves it
    #: out before the format's `encode` sees the picture
    metadata: frozenset[Metadata] = frozenset({"icc", "exif", "xmp", "dpi"})

    def keeps_grey(self, alpha: bool) -> bool:
        """Whether a picture of one channel is stored as that, with alpha or without."""
        return self.grey and (self.grey_alpha or not alpha)

    def depth(self, given: Depth) -> Depth:
        """In which depth samples of the given one are stored, all of whose bits count."""
        return self.stored(given, None)[0]

    def stored(self, given: Depth, bits: int | None) -> tuple[Depth, int]:
        """In which depth samples of the given one are stored, and how many bits count then: no
        fewer than before where the format has as many, else the most that it has.

        bits: how many of the given samples' count; None is all.
        """
        exact = self.bits or tuple(BITS[depth] for depth in self.depths if depth != "float32")
        if "float32" in self.depths and (given == "float32" or not exact):
            return "float32", BITS["float32"]
        wanted = bits or BITS[given]
        kept = min((n for n in exact if n >= wanted), default=max(exact))
        return ("uint8" if kept <= BITS["uint8"] else "uint16"), kept


@dataclass(frozen=True)
class Saving:
    """How a file is to be written, as far as somebody has asked."""

    #: 1 to 100, of formats with loss; None is the format's own
    quality: int | None = None
    #: of a JPEG; None is 4:4:4
    sampling: Sampling | None = None


#: writes pictures, as `Format.encode` says
Encode = Callable[[BinaryIO, Iterator[Picture], Saving], list[str]]


@dataclass(frozen=True)
class Extra:
    """What a format takes that comes with an extra alone."""

    #: the module that is imported
    module: str
    #: what stands in the brackets of `burnish[...]`
    name: str
    #: by what the format is read and written, and under which licences that is
    by: str

    @property
    def installed(self) -> bool:
        """Whether the module is there; it is not imported."""
        return find_spec(self.module) is not None

    @property
    def brought(self) -> str:
        """What to install, as the end of a sentence."""
        return f"pip install 'burnish[{self.name}]' brings what it takes"


@dataclass(frozen=True)
class Format:
    """A kind of picture file: how it is known, what it holds, how it is read and written.

    The functions get a file open for reading in bytes that can seek, and the name to put before
    their sentences. They raise kinds of InputError, never let damage pass for a picture, and import
    what decodes for them when they are called.
    """

    #: its name in `FORMATS`, in capitals, as `burnish info` prints it
    name: str
    #: its name in sentences
    title: str
    #: how names of its files end, in lower case; the first is the usual one
    endings: tuple[str, ...]
    #: how its files begin, one of these; a dot is any byte
    begins: tuple[bytes, ...]
    #: what it has room for
    holds: Holds
    #: (file, name) -> what the file says of itself; no pixel is decoded
    examine: Callable[[BinaryIO, str], Header]
    #: (file, its header, name) -> its pictures, one after another, each decoded when its turn comes
    decode: Callable[[BinaryIO, Header, str], Iterator[Picture]]
    #: (file to write, pictures, how) -> sentences on what could not be kept; each picture is made
    #: when it is asked for, finite and within what the format holds, but for its depth. A format
    #: that holds one picture takes the first. None where such files are read and never written
    encode: Encode | None
    #: where a result has such an ending only if somebody asks for it: those that are written, of
    #: all that are read; None where all are, and a result has its source's
    written: tuple[str, ...] | None = None
    #: (a picture or its head, how) -> sentences on what `encode` will not keep of it, where its
    #: size and kind do not tell already; None where nothing is known before
    foretell: Callable[[Header | Picture, Saving], Iterable[str]] | None = None
    #: (all bytes of an 8-bit file, name) -> the picture by Pillow for a first look, which decodes
    #: large files in less time; the file is seen to be whole before. None, of the function or of
    #: its result, where `decode` is to be asked
    glance: Callable[[bytes, str], Image | None] | None = None
    #: (file at its beginning) -> whether it is of this format, where such files begin as those of
    #: another do
    claims: Callable[[BinaryIO], bool] | None = None
    #: (file, name) -> what is left of a damaged file: its header, and its pictures, each with
    #: `Picture.left`; InputError where nothing is. None where nothing of such a file can be had
    salvage: Callable[[BinaryIO, str], tuple[Header, Iterator[Picture]]] | None = None
    #: what reads and writes it, where that does not come with Burnish itself
    extra: Extra | None = None

    @property
    def one(self) -> str:
        """One such file, in sentences: "a JPEG", "an AVIF"."""
        return f"{'an' if self.title[0] in 'AEIO' else 'a'} {self.title}"

    @property
    def here(self) -> bool:
        """Whether what reads and writes it is installed."""
        return self.extra is None or self.extra.installed

    @property
    def holds_any(self) -> bool:
        """Whether any picture can be written as such a file, so that a result is one, too."""
        return self.encode is not None and self.written is None

    @property
    def writable(self) -> bool:
        """Whether any picture can be written as such a file, with what is installed."""
        return self.holds_any and self.here

    def needed(self, name: str) -> None:
        """UnsupportedFormat, with what to install, where what reads it is not there."""
        if self.extra is not None and not self.here:
            raise UnsupportedFormat(f"{name}: is {self.one}; {self.extra.brought}")

    def encoder(self, name: str) -> Encode:
        """What writes it. UsageError where nothing does, and MissingExtra where it is not there.

        name: of the file, or another word with its ending.
        """
        asked = tuple(ending.lstrip(".") for ending in self.written or ())
        if self.encode is None or not (self.holds_any or name.lower().endswith(asked)):
            raise UsageError(f"{name}: {self.one} is read and never written; write .tif or .png")
        if self.extra is not None and not self.here:
            raise MissingExtra(f"{name}: {self.one} cannot be written; {self.extra.brought}")
        return self.encode

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with these bytes is of this format."""
        return any(_alike(head, begin) and len(head) >= len(begin) for begin in self.begins)

    def may_become(self, head: bytes) -> bool:
        """Whether these few bytes are all of a file of this format that ends within its first."""
        return len(head) > 1 and any(
            _alike(head, begin) and len(head) < len(begin) for begin in self.begins
        )


def _alike(head: bytes, begin: bytes) -> bool:
    return all(wanted in (byte, ANY) for byte, wanted in zip(head, begin, strict=False))
