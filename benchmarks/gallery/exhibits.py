"""What hangs in the gallery, model by model, and what is to be seen on each picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.gallery.show import Part, Rows, along, beside, masks, restored
from benchmarks.gallery.sources import (
    Pair,
    as_it_is,
    compressed,
    dirty,
    lost,
    noisy,
    page,
    painting,
    photographed,
    smaller,
    soft,
    stamped,
)
from burnish.contract import Array
from burnish.pipeline import Asked
from burnish.report.sheet import Cell

#: pixels of a picture's width on a sheet: where several stand beside each other, and along a dial
BESIDE, ALONG = 240, 200
#: where three do
LARGE = 232


@dataclass(frozen=True)
class Exhibit:
    """A picture of the gallery."""

    #: of its file, without an ending
    name: str
    #: the model, whose section it hangs in
    model: str
    #: what it shows, in a few words
    title: str
    #: makes what is on it
    rows: Callable[[], Rows]
    #: what is to be seen, in lines of Markdown
    seen: str
    #: pixels of the width of each picture on it
    width: int = BESIDE


def _made(model: str, pair: Pair, **dials: float) -> Array:
    return restored(model, pair.spoiled, dials).picture.pixels


def _photo(pair: Pair, part: Part, gain: float) -> Rows:
    results = {"photo": _made("photo", pair), "nlmeans": _made("nlmeans", pair)}
    return beside(pair, results, part, gain)


def _raw(pair: Pair, part: Part, gain: float) -> Rows:
    ways = {"raw": _made("raw", pair), "photo, once developed": _made("photo", pair)}
    return beside(pair, ways, part, gain)


def _jpeg(pair: Pair, part: Part, colour: float) -> Rows:
    smooth = _made("bilateral", pair, radius=5, space=3, colour=colour)
    return beside(pair, {"jpeg": _made("jpeg", pair), "bilateral": smooth}, part)


def _larger(pair: Pair, part: Part, times: int = 2) -> Rows:
    model = f"upscale-x{times}"
    filtered = _made(f"lanczos:scale={times}", pair)
    return beside(pair, {model: _made(model, pair), "lanczos": filtered}, part, 2)


def _chains(pair: Pair, part: Part) -> Rows:
    chains = ("upscale-x2", "jpeg+upscale-x2", "jpeg+upscale-x2+sharpen")
    return beside(pair, {name: _made(name, pair) for name in chains}, part, 2)


def _mended(pair: Pair, part: Part) -> Rows:
    found = restored("scratch", pair.spoiled, {})
    assert found.mask is not None
    results = {
        "marked": found.mask[None, None],
        "scratch": found.picture.pixels,
        "median, radius 2": _made("median", pair, radius=2),
    }
    return beside(pair, results, part, 3)


def _filled(pair: Pair, part: Part) -> Rows:
    assert pair.where is not None
    mask = pair.where.astype(np.float32)
    smooth = Asked(mask=mask, fill="classical")
    results = {
        "fill": restored("fill", pair.spoiled, Asked(mask=mask)).picture.pixels,
        "fill classical": restored("fill", pair.spoiled, smooth).picture.pixels,
    }
    return beside(pair, results, part, 2)


def _painted(pair: Pair, names: Sequence[str], part: Part) -> Rows:
    """Two lines: the whole picture after each painting, and a part of it."""
    results = [(name, _made(painting(name), pair)) for name in names]
    whole = Part(0, 0, max(pair.spoiled.pixels.shape[-2:]))
    return [
        [Cell(whole.of(pixels), name) for name, pixels in results],
        [Cell(part.of(pixels), "a part of it") for _, pixels in results],
    ]


def _ends(pair: Pair, part: Part) -> Rows:
    """Two lines: the whole picture at both ends of `mix` and halfway, and a part of it."""
    results = [(f"mix {mix}", _made("style", pair, mix=mix)) for mix in (0, 50, 100)]
    whole = Part(0, 0, max(pair.spoiled.pixels.shape[-2:]))
    return [
        [Cell(whole.of(pixels), name) for name, pixels in results],
        [Cell(part.of(pixels), "a part of it") for _, pixels in results],
    ]


def _document(pair: Pair, part: Part) -> Rows:
    names = ("document", "background-division", "sauvola")
    return beside(pair, {name: _made(name, pair) for name in names}, part, 1)


EXHIBITS = (
    Exhibit(
        "photo-grain",
        "photo",
        "Grain of film",
        lambda: _photo(as_it_is(22), Part(300, 130, 120), 6),
        """
A scan of film as it is, with nothing added.
The grain of wall and roof goes, and what was taken away shows hardly anything of the barn:
thin lines at the roof's edge and at seams of the silo, and none of the boards.
Non-local means finds its like around the tree alone, and leaves the rest as it was.
""",
    ),
    Exhibit(
        "photo-camera",
        "photo",
        "Noise of a camera at ISO 3200",
        lambda: _photo(noisy(23, "CameraNoise", 3200), Part(380, 140, 120), 2),
        """
Noise as a sensor makes it and a camera develops it, coarse and coloured (`CameraNoise`).
Colours come back even, and the cheek keeps its stripes.
The beak loses its fine scratches, whose outlines can be made out in what was taken away.
Non-local means takes more of the beak's edge, and of the stripes.
""",
    ),
    Exhibit(
        "photo-dial",
        "photo",
        "The dial `noise`, on white noise of 20",
        lambda: along(
            "photo", noisy(7, "Noise", 20), "noise", (0, 5, 10, 20, 60), Part(330, 130, 100), 2
        ),
        """
0 is the picture as it came.
5 and 10 take a part of the noise; 20, the true level, is best by figure.
60 is far too much, and costs half a dB: the finest veins of the petals go.
""",
        ALONG,
    ),
    Exhibit(
        "photo-fails",
        "photo",
        "Where it fails: detail in the dark, under noise of 35",
        lambda: _photo(noisy(8, "Noise", 35), Part(300, 200, 120), 1.5),
        """
The dark shutter beside the window is gone, and so are the thin wires but one:
under so much noise nothing tells them from a dark wall.
It smooths where it does not know, and invents nothing; non-local means loses the window, too.
""",
    ),
    Exhibit(
        "raw-strong",
        "raw",
        "A raw file at ISO 6400",
        lambda: _raw(photographed(23, 6400), Part(380, 140, 120), 1.5),
        """
Noise as a sensor makes it, of a picture that was taken back to what a camera sees,
and developed by LibRaw ([raw.md](raw.md)).
`raw` takes it away before: black feathers keep what is drawn in them, and white ones their
edges, where `photo` behind developing makes one dark surface of them.
The finest lines of the beak are gone with both.
""",
    ),
    Exhibit(
        "raw-dial",
        "raw",
        "The dial `noise`, on a raw file at ISO 3200",
        lambda: along(
            "raw", photographed(7, 3200), "noise", (0, 3, 6, 10, 25), Part(330, 130, 100), 2
        ),
        """
It says how strong the noise of a middle grey is.
6 is what it finds here by itself, and 10 is a little softer.
At 3 half of the noise stays, coarse and coloured.
Told four times too much, it takes less away, not more: the tones that it sees are bent for that
noise, in which this one is no longer white, so that grain stays at 25.
""",
        ALONG,
    ),
    Exhibit(
        "raw-fails",
        "raw",
        "Where it fails: a picture sharper than a lens leaves it, at ISO 100",
        lambda: _raw(photographed(8, 100, blur=0), Part(150, 270, 120), 8),
        """
There is hardly any noise, and this picture was reduced for the screen: no lens is as sharp.
Developing makes false colours of bars that are finer than the samples of one colour, of the clean
picture, too.
What `raw` takes away before makes other false colours of them, at windows most of all.
Leaving the picture alone would be better.
""",
    ),
    Exhibit(
        "jpeg-blocks",
        "jpeg",
        "A JPEG of quality 15",
        lambda: _jpeg(compressed(15, 15), Part(230, 130, 120), 12),
        """
Blocks and the ripples along edges go, and the ribbon's edge is straight again.
What the file had lost stays lost: the ribs of the ribbon and most of the hair,
as the last column shows.
A bilateral filter, strong enough for some of the ripples, leaves the stairs at the edges.
""",
    ),
    Exhibit(
        "jpeg-dial",
        "jpeg",
        "The dial `quality`, on a JPEG of quality 20",
        lambda: along(
            "jpeg", compressed(21, 20), "quality", (5, 20, 50, 80, 100), Part(330, 130, 100)
        ),
        """
It says how good the file is: 100 leaves it as it is, and 5 takes most.
20 is what the file says of itself, and what is taken where nobody turns the dial.
At 80 some of the ripples beside the tower stay; between 50 and 5 little changes.
""",
        ALONG,
    ),
    Exhibit(
        "jpeg-fails",
        "jpeg",
        "Where it fails: a JPEG of quality 5",
        lambda: _jpeg(compressed(15, 5), Part(280, 90, 120), 20),
        """
At quality 5 the file holds hardly any colour: the ribbon is pink, and stays so.
The blue strap beside it is black, and skin comes out in patches, smooth where the blocks were.
""",
    ),
    Exhibit(
        "upscale-x2-larger",
        "upscale-x2",
        "Twice as large",
        lambda: _larger(smaller(5), Part(340, 260, 120)),
        """
Spokes and tyres are far sharper than Lanczos's filter makes them.
What was added (below) is most of what was missing (below "as it was").
The ribs of the red hose, finer than the small picture's pixels, do not come back:
faint stripes are there that run another way.
""",
    ),
    Exhibit(
        "upscale-x2-dial",
        "upscale-x2",
        "The dial `softness`, on a picture with a softness of 0.6",
        lambda: along(
            "upscale-x2", soft(3, 0.6), "softness", (0, 0.25, 0.5, 0.75, 1), Part(330, 120, 100), 2
        ),
        """
The dial says how soft the small picture is: told nothing, edges stay as soft as they came.
Best by figure is 0.5, next to what is true.
Told too much it does harm: rims begin at 0.75, and at 1 they stand around everything,
dark without and light within.
""",
        ALONG,
    ),
    Exhibit(
        "upscale-x2-fails",
        "upscale-x2",
        "Where it fails: lattices finer than the small picture's pixels",
        lambda: _larger(smaller(8), Part(150, 270, 120)),
        """
The crossed bars of the balcony come out as beads, and the bars of the windows are lost.
It looks sharp, and is wrong: the small picture has a pixel or less for such a bar.
Lanczos's filter is wrong there, too, but blurred.
""",
    ),
    Exhibit(
        "upscale-x4-larger",
        "upscale-x4",
        "Four times as large",
        lambda: _larger(smaller(23, 4), Part(110, 140, 160), 4),
        """
Beak, eye and the rim of the head are sharp where Lanczos's filter leaves steps and blur.
The rows of small feathers around the eye, of a pixel each in the small picture, come back as spots:
that they were rows cannot be told any more.
""",
    ),
    Exhibit(
        "upscale-x4-dial",
        "upscale-x4",
        "The dial `softness`, on a picture that is not soft",
        lambda: along(
            "upscale-x4",
            smaller(23, 4),
            "softness",
            (0, 0.25, 0.5, 0.75, 1),
            Part(110, 140, 160),
            2,
        ),
        """
This small picture is sharp, so 0 is true, and the best by figure.
At 0.25 little is lost; from 0.5 on rims are too hard, and at 1 it is an engraving:
four times as large, a wrong setting does more harm than twice.
""",
        ALONG,
    ),
    Exhibit(
        "upscale-x4-crisp",
        "upscale-x4",
        "The dial `crisp`, from what is known to what may have been",
        lambda: along(
            "upscale-x4", smaller(19, 4), "crisp", (0, 25, 50, 75, 100), Part(280, 270, 160), 2
        ),
        """
At 0 the wall is paint, which is the nearest by figure.
On the way to 100 it becomes stone, and its edge and the louvre stay where they are.
All of that is made up: it is what such walls look like, and not what this one does.
""",
        ALONG,
    ),
    Exhibit(
        "upscale-x4-fails",
        "upscale-x4",
        "Where it fails: windows and boards of a pixel or less",
        lambda: _larger(smaller(8, 4), Part(150, 270, 160), 4),
        """
The lattice of the balcony is gone: of a bar, a quarter of a pixel was left.
Windows become white strokes with soft, slightly bent edges, as if painted, and their bars are lost.
""",
    ),
    Exhibit(
        "chain-web",
        "upscale-x2",
        "Small and compressed: what the steps of a chain do",
        lambda: _chains(smaller(4, quality=40), Part(240, 60, 120)),
        """
A JPEG of quality 40 at half the size.
`upscale-x2` alone makes its ripples and corners of blocks twice as large.
`jpeg` before it takes them away, and `sharpen` behind it makes edges crisper;
by figure that is a little further from the truth: it is for the eye ([steps.md](steps.md)).
The net of the hat is drawn as soft strokes, since the file does not hold it.
""",
    ),
    Exhibit(
        "scratch-dirt",
        "scratch",
        "Dirt of real film, found and mended",
        lambda: _mended(dirty(7, 0), Part(60, 60, 240)),
        """
On the wall nearly every speck and hair is found, and what is not marked stays as it is.
A piece at the top of the arch is marked that is no dirt, and the tip of a leaf, both mended so that
it hardly shows;
between the slats of the shutter several specks are missed.
A median takes specks away everywhere, and with them slats, leaves and the edges of stones.
""",
    ),
    Exhibit(
        "scratch-dial",
        "scratch",
        "The dial `sensitivity`: what is marked, and the picture mended there",
        lambda: masks(
            "scratch", dirty(10, 1), "sensitivity", (10, 30, 50, 70, 90), Part(60, 80, 200)
        ),
        """
At 10 only what is certain is mended; at 70 nearly all specks are found, and little else.
At 90 the seam at the left and parts of two numbers of the sail go with them:
this is a case for a mask of one's own ([mending.md](mending.md)).
""",
        ALONG,
    ),
    Exhibit(
        "scratch-fails",
        "scratch",
        "Where it fails: dirt on a pattern like dirt",
        lambda: _mended(dirty(4, 2), Part(130, 60, 240)),
        """
Of the white hairs on the knitted hat none is found: they look like the knitting.
On plain hair two are.
Nothing else was harmed; the median blurs the knitting, and leaves the white hairs all the same.
""",
    ),
    Exhibit(
        "fill-stamp",
        "fill",
        "A date that was burnt in, with a mask of it",
        lambda: _filled(stamped(21, "'94 7 23", (340, 250), 36), Part(320, 200, 240)),
        """
What is lost is strokes some ten pixels wide, with two pixels around them.
Sky and wall go on; the ridge of the roof comes back wavy, and the tower's edge blurred,
both less so by the network than smoothly.
""",
    ),
    Exhibit(
        "fill-fails",
        "fill",
        "Where it fails: a piece of 60x44 pixels is gone",
        lambda: _filled(lost(23, (170, 380), (44, 60)), Part(360, 140, 120)),
        """
Wide gaps are not its matter: they stay smooth, and a line says how much that is.
No beak is invented, whether by the network or without it.
""",
    ),
    Exhibit(
        "style-landscape",
        "style",
        "Two paintings known by heart",
        lambda: _ends(as_it_is(21), Part(30, 180, 200)),
        """
The Starry Night, The Great Wave, and halfway between, by one network of 0.9 MB.
Strokes go on over sky and rocks, in the direction of what they paint.
Edges stay where they were.
""",
        LARGE,
    ),
    Exhibit(
        "style-dial",
        "style",
        "The dial `mix`",
        lambda: along("style", as_it_is(4), "mix", (0, 25, 50, 75, 100), Part(110, 210, 200), 1),
        """
From The Starry Night to The Great Wave along a straight line: colours and strokes of the one fade
while those of the other come, so that halfway both lie over each other and each is weaker.
""",
        ALONG,
    ),
    Exhibit(
        "style-fails",
        "style",
        "Where it fails: what is dark, and what is large and even",
        lambda: _ends(as_it_is(15), Part(330, 60, 200)),
        """
Each end has 36 stretches of 64 pixels, and few of them are dark: at 0 some hold windows of the
village, which come again in cheek and hair, and at 100 they are foam.
On the wall the same strokes come again every 128 pixels.
""",
        LARGE,
    ),
    Exhibit(
        "style-any-portrait",
        "style-any",
        "Three paintings",
        lambda: _painted(as_it_is(4), ("starry_night", "the_scream", "wave"), Part(230, 210, 200)),
        """
Van Gogh's The Starry Night, Munch's The Scream and Hokusai's The Great Wave, which were named by
`--style`; nothing was trained.
Strokes and colours are the paintings', the strokes follow the forms of the picture, and the face is
hers.
""",
        LARGE,
    ),
    Exhibit(
        "style-any-dial",
        "style-any",
        "The dial `strokes`",
        lambda: along(
            painting("starry_night"),
            as_it_is(23),
            "strokes",
            (25, 50, 100, 200),
            Part(200, 80, 200),
            1,
        ),
        """
At 100 the painting is as large as the picture; at 25 it is a quarter of that, and its strokes are
as fine.
Beyond its own size it is enlarged, and the strokes get soft.
""",
        ALONG,
    ),
    Exhibit(
        "style-any-fails",
        "style-any",
        "Where it fails: large even areas, and tones that a painting lacks",
        lambda: _painted(as_it_is(15), ("starry_night", "wave", "shipwreck"), Part(0, 220, 200)),
        """
On a wall or on cloth, where the picture is even and nothing near has a direction, one stroke comes
again and again, as a weave: most of all after Turner's Shipwreck, whose tones fit least.
After The Great Wave, all that is dark becomes foam on deep water, cheek and hair as well.
No swirl comes along that is larger than 24 pixels of its painting.
""",
        LARGE,
    ),
    Exhibit(
        "document-page",
        "document",
        "A page with a shadow, stains and a fold",
        lambda: _document(page(), Part(10, 10, 240)),
        """
The page is drawn, and spoiled by our own degradations.
Paper gets white, black print stays, and red and blue ink keep their colours, under stains too.
Division by the background leaves the edges of stains, and grain;
Sauvola's threshold drops all colours.
""",
    ),
    Exhibit(
        "document-dial",
        "document",
        "The dial `cleaning`",
        lambda: along("document", page(), "cleaning", (0, 25, 50, 75, 100), Part(10, 190, 200), 1),
        """
0 evens the paper out, and leaves its grain and traces of stains; from 50 on paper is white.
Print is palest at 50, and at 100 it is as black as it was.
""",
        ALONG,
    ),
    Exhibit(
        "document-fails",
        "document",
        "Where it fails: a photograph under a stain and a fold",
        lambda: _document(page(photograph=7), Part(10, 180, 240)),
        """
Pictures on a page are to be left alone.
Here shadow, stain and fold run through one: it was not recognised, and the light parts of it are
erased; the ink above comes out bolder than it was.
A line says how much of the page was taken for stains.
`--mask-in` shows it what to leave, and division by the background loses less.
""",
    ),
)
