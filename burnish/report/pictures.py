"""What is said of pictures, as records and in lines to read: of one, and of each of many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import InputError
from ..ground.amounts import sureness
from ..images import FORMATS, Header, Picture
from ..pipeline import Choice, Look

#: how an orientation tag of EXIF, 2 to 8, shows what is stored
TURNS = {
    2: "mirrored",
    3: "turned by 180°",
    4: "mirrored, and turned by 180°",
    5: "mirrored, and turned by 90° to the left",
    6: "turned by 90° to the right",
    7: "mirrored, and turned by 90° to the right",
    8: "turned by 90° to the left",
}
#: what each block beside a picture is called
BLOCKS = {
    "exif": "EXIF",
    "xmp": "XMP",
    "icc": "profile",
    "iptc": "IPTC",
    "photoshop": "Photoshop",
    "texts": "texts",
}
#: centimetres of an inch
INCH = 2.54
#: the width of labels
LABEL = 13
#: the quality of a picture whose pixels show no compression
UNCOMPRESSED = 100


def about(
    facts: Mapping[str, Any], header: Header, picture: Picture, look: Look, choice: Choice
) -> tuple[Mapping[str, Any], str]:
    """All that is known of a picture, as a record and in lines.

    facts: what `images.facts` says of its file. picture: the first, or only, one of the file.
    choice: what would be done with it.
    """
    seen, text = seen_in(look, choice)
    if header.frames > 1:
        text = {"looked at": f"the first of {header.frames} {header.several}", **text}
    # what a decoder came upon, besides what the head told
    parts = tuple(part.name for part in picture.parts if part.name)
    found = facts
    for key, met in (("notes", picture.notes), ("lost", picture.lost), ("besides", parts)):
        together = list(dict.fromkeys([*found.get(key, ()), *met]))
        found = {**found, key: together} if together else found
    return {**found, "look": seen}, as_lines(found, text)


def refused(facts: Mapping[str, Any], error: InputError) -> tuple[Mapping[str, Any], str]:
    """All that is known of a picture that cannot be read, as a record and in lines."""
    found = {**facts, "refused": str(error).removeprefix(f"{facts['file']}: ")}
    look = {"error": {"code": error.code, "message": str(error)}}
    return {**found, "look": look}, as_lines(found, {})


def seen_in(look: Look, choice: Choice) -> tuple[dict[str, Any], dict[str, str]]:
    """What a look at the pixels shows, and what `burnish restore` would do: a record, and lines."""
    noise = look.finding("noise")
    quality = look.finding("quality")
    record = {
        "kind": look.kind,
        "grey": look.grey,
        "noise": round(noise.value, 2),
        "noise_margin": None if noise.margin is None else round(noise.margin, 2),
        "quality": round(quality.value),
        "quality_from": quality.origin,
        "models": choice.models,
        "why": choice.sentence,
    }
    text = {
        "looks like": f"a {look.kind}, {'black and white' if look.grey else 'in colour'}",
        "noise": f"{noise.value:.3g}, {sureness(noise.value, noise.margin or 0.0)}",
        "compressed": f"as by a JPEG of quality {quality.value:.0f}, by its {quality.origin}",
        "restore": choice.words,
    }
    if quality.value >= UNCOMPRESSED:
        text["compressed"] = "nothing shows"
    return record, text


def as_lines(facts: Mapping[str, Any], seen: Mapping[str, str]) -> str:
    """What is known of a picture: as `images.facts` has it, and what a look at it shows."""
    title = FORMATS[facts["format"]].title
    size = f"{facts['width']}x{facts['height']} pixels"
    lines = [f"{facts['file']}: {title}, {size}, {in_bytes(facts['bytes'])}"]
    told = [*_stored(facts), *_colours(facts), *_beside(facts), *seen.items(), *_result(facts)]
    return "\n".join([*lines, *(f"  {label:<{LABEL}}{text}" for label, text in told)])


def in_a_line(facts: Mapping[str, Any]) -> str:
    """What is known of a picture, as one of many."""
    words = [FORMATS[facts["format"]].title, f"{facts['width']}x{facts['height']}"]
    words += [text for label, text in _stored(facts) if label in ("stored", "pages", "frames")]
    words += [f"profile {facts['profile']}"] if facts["profile"] else []
    likewise = FORMATS[facts["format"]].holds_any
    words += [] if likewise else [f"restored as {facts['result']}"]
    words += [facts["refused"]] if "refused" in facts else []
    return f"{facts['file']}: {', '.join([*words, *facts.get('lost', ())])}"


def in_bytes(size: int) -> str:
    """So many bytes, in words."""
    if size < 10_000:
        return f"{size} bytes"
    return f"{size / 1e3:.0f} kB" if size < 10_000_000 else f"{size / 1e6:.0f} MB"


def _stored(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How its samples are stored."""
    words = [facts["stored"], facts.get("packed", "")]
    words += [f"quality {facts['quality']}"] if "quality" in facts else []
    yield "stored", ", ".join(filter(None, words))
    if "pages" in facts:
        yield "pages", f"{facts['pages']} pages"
    if "frames" in facts:
        plays = facts["plays"]
        often = plays if plays == "endlessly" else "once" if plays == 1 else f"{plays} times"
        time = f"shown for {facts['seconds']:g} s" if facts["seconds"] else "of no set time"
        yield "frames", f"{facts['frames']} frames, {time}, played {often}"
    if facts["orientation"] != 1:
        yield "shown", f"{TURNS[facts['orientation']]} (orientation {facts['orientation']})"
    if facts["alpha"]:
        yield "alpha", "yes: parts of it can be looked through"
    if "planes" in facts:
        unknown = "of an unknown kind"
        if facts["depth"] != "uint8":
            unknown = "of an unknown kind, which may be infrared"
        named = (unknown if each == "extra" else each for each in facts["planes"])
        yield "planes", f"{', '.join(named)}; carried as they are"


def _colours(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Which colours its numbers mean."""
    gamut = facts["gamut"]
    if facts["profile"] is not None:
        same = gamut in ("", "grey") or gamut == facts["profile"]
        yield "profile", facts["profile"] + ("" if same else f" (its colours: {gamut})")
    elif "cicp" in facts:
        yield "colours", f"by code, {'-'.join(map(str, facts['cicp']))} ({gamut or 'unknown'})"
    elif "CMYK" in facts["stored"]:
        yield "profile", "none: its inks are of no known kind"
    elif FORMATS[facts["format"]].holds_any and "Lab" not in facts["stored"]:
        yield "profile", "none: its numbers are taken for sRGB's"
    if facts["dpi"] is not None:
        across, down = facts["dpi"]
        said = f"{across:g}" if across == down else f"{across:g} across, {down:g} down"
        paper = f"{facts['width'] / across * INCH:.1f} x {facts['height'] / down * INCH:.1f} cm"
        yield "dpi", f"{said}: {paper} on paper" if across and down else said


def _beside(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What stands beside it."""
    sizes = facts["metadata"]
    known = [f"{BLOCKS[name]} ({in_bytes(sizes[name])})" for name in BLOCKS if name in sizes]
    if known:
        yield "metadata", ", ".join(known)
    if "texts" in facts:
        yield "texts", ", ".join(dict.fromkeys(facts["texts"]))
    if "besides" in facts:
        yield "holds also", ", ".join(facts["besides"])
    if "thumbnail" in sizes:
        yield "thumbnail", f"{in_bytes(sizes['thumbnail'])}, left out: it shows what was before"
    for label in ("camera", "taken"):
        if label in facts:
            yield label, facts[label]
    if "by" in facts:
        yield "read by", facts["by"]
    for note in facts.get("notes", ()):
        yield "note", note


def _result(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a restored file keeps."""
    if "refused" in facts:
        yield "result", f"none: {facts['refused']}"
        return
    lost: Sequence[str] = facts["lost"]
    if not FORMATS[facts["format"]].holds_any:
        words = ", since raw files are developed; -m raw writes a .dng, too, where one asks"
    else:
        words = "" if lost else ", with all that is in this file"
    yield "result", f"a {facts['result']}{words}"
    for each in lost:
        yield "", each
