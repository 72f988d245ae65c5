"""Which pictures of a PDF are restored, and which are left alone: the rules, and what they say.

- A picture is restored where it has at least 64 pixels each way and covers a hundredth of its page.
- What is drawn several times, on one page or on several, is restored once.
- Strips and tiles that touch are one picture.
- Pages of layers (mixed raster content: a background, a mask, a foreground) are left alone.
- So are pictures of kinds that are not read, with what they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputError
from ..pages import listed
from .library import is_list
from .mosaic import Mosaic, alone, joined
from .pictures import Kind, kind_of
from .places import Matrix, Page, Place, pages

#: pixels that a picture has across and down at least; what has fewer is decoration
LEAST_SIDE = 64
#: share of its page that a picture covers at least
LEAST_SHARE = 0.01
#: share of a picture that masks over it cover, so that they are layers of one page
LAYERED = 0.1
#: pictures on a page beyond which no strips are looked for
MOST_JOINED = 2000
SMALL = f"left alone: small pictures (under {LEAST_SIDE} pixels, or a hundredth of the page)"
LAYERS = (
    "left alone: made of layers (a background, a mask, a foreground), none of which is the "
    "page's picture"
)
INLINE = (
    "left alone: a picture among the page's commands (inline); `qpdf --externalize-inline-images` "
    "makes a copy in which it stands by itself"
)
BESIDE = "left alone: a picture in a pattern, or in a note or stamp on the page"


@dataclass
class Chosen:
    """What of a PDF is restored, and what is not."""

    #: the pictures to restore, in the order of the pages
    pictures: list[Mosaic] = field(default_factory=list)
    #: on which pages each stream stands, by its key
    pages_of: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    #: what its stream says of each picture, by its key
    kinds: dict[tuple[int, int], Kind] = field(default_factory=dict)
    #: sentences on what is left alone, and on what was met -> the pages
    said: dict[str, list[int]] = field(default_factory=dict)
    #: how many pages there are
    pages: int = 0

    def say(self, sentence: str, page: int) -> None:
        """Keeps a sentence on a page, for the end."""
        self.said.setdefault(sentence, []).append(page)

    @property
    def megapixels(self) -> float:
        """Those of all pictures that are restored."""
        return sum(picture.width * picture.height for picture in self.pictures) / 1e6

    def of(self, picture: Mosaic) -> list[int]:
        """The pages that draw a picture."""
        return sorted({n for piece in picture.pieces for n in self.pages_of[piece.place.key]})


def choose(pdf: Any) -> Chosen:
    """Goes through all pages, and says what is restored. Nothing is decoded."""
    chosen = Chosen()
    drawn = []
    times: Counter[tuple[int, int]] = Counter()
    for page in pages(pdf):
        chosen.pages += 1
        _note(page, chosen)
        for place in page.places:
            times[place.key] += 1
            numbers = chosen.pages_of.setdefault(place.key, [])
            if page.number not in numbers[-1:]:
                numbers.append(page.number)
        drawn.append((page.number, _readable(page, chosen)))

    # What is drawn once may be a strip of its page; what is drawn again stands by itself.
    done: set[tuple[int, int]] = set()
    for number, readable in drawn:
        once = [picture for picture in readable if times[_key(picture)] == 1]
        several = [picture for picture in readable if times[_key(picture)] > 1]
        for picture in (*_joined(once, chosen), *several):
            _settle(picture, number, done, chosen)
    return chosen


def _joined(once: Sequence[Mosaic], chosen: Chosen) -> Iterator[Mosaic]:
    """Strips and tiles of one kind made one picture."""
    if len(once) > MOST_JOINED:
        yield from once
        return
    kinds = {chosen.kinds[_key(picture)].name for picture in once}
    for name in sorted(kinds):
        yield from joined(picture for picture in once if chosen.kinds[_key(picture)].name == name)


def _key(picture: Mosaic) -> tuple[int, int]:
    return picture.pieces[0].place.key


def _note(page: Page, chosen: Chosen) -> None:
    """Says what of a page is not looked at."""
    if page.fault:
        chosen.say(f"left alone: it cannot be looked through ({page.fault})", page.number)
    if page.inline >= LEAST_SIDE * LEAST_SIDE:
        chosen.say(INLINE, page.number)
    if page.beside >= LEAST_SIDE * LEAST_SIDE:
        chosen.say(BESIDE, page.number)


def _readable(page: Page, chosen: Chosen) -> list[Mosaic]:
    """The pictures of a page that could be restored, each by itself; none of a page of layers."""
    if _is_layered(page.places):
        chosen.say(LAYERS, page.number)
        return []
    found = []
    for place in page.places:
        try:
            kind = kind_of(place.stream)
            chosen.kinds[place.key] = kind
            if fault := _masked(place.stream):
                raise InputError(fault)
        except InputError as error:
            chosen.say(f"left alone, since {error}", page.number)
            continue
        found.append(alone(place, kind.width, kind.height))
    return found


def _settle(picture: Mosaic, page: int, done: set[tuple[int, int]], chosen: Chosen) -> None:
    """Takes a picture, unless it is small, or taken already."""
    if min(picture.width, picture.height) < LEAST_SIDE or picture.share < LEAST_SHARE:
        chosen.say(SMALL, page)
    elif _key(picture) not in done:
        done.add(_key(picture))
        chosen.pictures.append(picture)


def _masked(stream: Any) -> str:
    """What of a picture's masks keeps it from being restored; empty where nothing does."""
    if is_list(stream.get("/Mask")):
        return "a colour in it stands for what cannot be seen (a colour key)"
    mask = stream.get("/SMask")
    if mask is not None and mask.get("/Matte") is not None:
        return "its colours were mixed with those of a matte"
    if int(stream.get("/SMaskInData", 0)):
        return "its JPEG 2000 has its transparency inside"
    return ""


def _is_layered(places: Sequence[Place]) -> bool:
    """Whether pictures with masks lie over another picture, and cover a good part of it."""
    for at, below in enumerate(places):
        if below.share < LEAST_SHARE or bool(below.stream.get("/ImageMask", False)):
            continue
        over = (place for place in places[at + 1 :] if _is_mask(place.stream))
        covered = sum(_overlap(_box(below.matrix), _box(place.matrix)) for place in over)
        left, bottom, right, top = _box(below.matrix)
        if covered > LAYERED * (right - left) * (top - bottom):
            return True
    return False


def _is_mask(stream: Any) -> bool:
    return bool(stream.get("/ImageMask", False)) or any(
        stream.get(entry) is not None for entry in ("/SMask", "/Mask")
    )


def _box(matrix: Matrix) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of where a picture is drawn."""
    a, b, c, d, e, f = matrix
    across = sorted(e + x for x in (0.0, a, c, a + c))
    down = sorted(f + y for y in (0.0, b, d, b + d))
    return across[0], down[0], across[-1], down[-1]


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def sentences(chosen: Chosen) -> list[str]:
    """What is to be said of the pages, each sentence once with all that it is true of."""
    return [f"{listed(on, chosen.pages)}: {what}" for what, on in chosen.said.items()]
