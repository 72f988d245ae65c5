"""Everything that can be wrong with a data set: each fault by its name, and where it was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...images import listed

#: an error stops a training, or makes it learn nonsense; a warning costs quality; a note is good to
#: know
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    #: how grave it is
    severity: Severity
    #: a sentence on what it is
    text: str
    #: a sentence on what to do
    remedy: str


#: the table of contents; to add a fault: a line here, and a line in the file that finds it
FAULTS: Mapping[str, Fault] = {
    # files and names
    "empty": Fault(
        "error", "There is no picture.", f"Name a folder that holds {listed('or')} files."
    ),
    "unreadable": Fault(
        "error",
        "The file cannot be read as a picture.",
        "Take it again from where it came, or remove it.",
    ),
    "truncated": Fault(
        "error",
        "The file ends before its picture does.",
        "Take it again from where it came, or remove it.",
    ),
    "unmatched": Fault(
        "error",
        "A file of a pair has no partner.",
        "Add the other side, remove the file, or mend the names or the template.",
    ),
    "doubled": Fault(
        "error",
        "Two files have one name, so which of them counts is not clear.",
        "Keep one of them.",
    ),
    "outside-template": Fault(
        "warning",
        "The name fits neither side of the template, so the picture is not used.",
        "Mend the name, or the template.",
    ),
    "perhaps-pairs": Fault(
        "warning",
        "Two folders hold files of the same names: pairs, perhaps.",
        "Call them noisy and clean, or give --pairs as shown.",
    ),
    "unsupported": Fault(
        "warning", "A picture of a kind that is not read.", "Convert it to PNG, or move it away."
    ),
    "linked-folder": Fault(
        "warning",
        "A link to a folder is not followed, so the pictures behind it are not used.",
        "Name the folder that it leads to as one of its own, or put the pictures here.",
    ),
    "case": Fault(
        "warning",
        "Names differ in nothing but their case, which Windows and macOS take for one.",
        "Rename one of them.",
    ),
    "misnamed": Fault(
        "note",
        "The name says another format than the file holds.",
        "Rename it; it is read by its contents.",
    ),
    # one picture
    "too-small": Fault(
        "error",
        "The picture is smaller than the crop.",
        "Take a smaller crop or data.cut=hybrid, or remove the picture.",
    ),
    "blank": Fault(
        "warning",
        "The picture is of one colour, or nearly.",
        "Remove it: nothing can be learned from it.",
    ),
    "alpha": Fault(
        "warning",
        "The picture has transparency, which training does not see.",
        "Flatten it onto a background, or store it without alpha.",
    ),
    "profile": Fault(
        "warning",
        "The colours are in another space than sRGB, and training takes the numbers as they are.",
        "Convert the picture to sRGB.",
    ),
    "fake-16-bit": Fault(
        "warning",
        "A 16-bit file holds no more than 8 bits.",
        "Store it in 8 bits, or export the original in 16 again.",
    ),
    "grey-as-colour": Fault(
        "note",
        "A colour file holds a grey picture.",
        "Nothing, where that is meant; else leave it out, or train on grey.",
    ),
    "low-quality": Fault(
        "warning",
        "The clean picture was compressed strongly, and training learns to make such traces.",
        "Take the original, or shrink it.",
    ),
    "noisy-clean": Fault(
        "warning",
        "The clean picture is noisy, and training learns to keep that.",
        "Leave it out, or shrink it by area.",
    ),
    "soft": Fault(
        "warning",
        "The clean picture has no fine detail: it was enlarged, or is out of focus.",
        "Shrink it to its true size, or leave it out.",
    ),
    "bars": Fault("warning", "The clean picture has plain bars at its edges.", "Cut them off."),
    # two sides
    "size-mismatch": Fault(
        "error",
        "The two sides differ in size.",
        "Bring them to one size by cutting at the same place, never by stretching.",
    ),
    "scale-mismatch": Fault(
        "error",
        "The clean side is not as much larger as --scale says.",
        "Give the scale that fits, or cut it to a multiple.",
    ),
    "depth-mismatch": Fault(
        "warning",
        "The two sides differ in depth.",
        "Where one side was converted, convert the other too.",
    ),
    "channel-mismatch": Fault(
        "note",
        "One side is grey and the other colour.",
        "Nothing where that is meant: they are brought to what the network takes.",
    ),
    "orientation-mismatch": Fault(
        "warning",
        "The orientation tags of the two sides differ.",
        "Turn both upright, and drop the tags; training does not turn.",
    ),
    "different-pictures": Fault(
        "error",
        "The two sides do not show the same picture.",
        "Mend the names, so that each file meets its partner.",
    ),
    "shifted": Fault(
        "error",
        "The two sides are shifted against each other, and training on them blurs.",
        "Register them again, or remove the pair.",
    ),
    "slightly-shifted": Fault(
        "warning",
        "The two sides are shifted by a part of a pixel.",
        "Register them, or enlarge and reduce both in the same way.",
    ),
    "swapped": Fault(
        "error",
        "The clean side is the more damaged one.",
        "Swap the two files, or the two halves of the template.",
    ),
    "identical": Fault(
        "warning",
        "The two sides hold the same pixels.",
        "Remove the pair, unless undamaged pictures are meant to be among them.",
    ),
    "contradictory": Fault(
        "error",
        "One spoiled picture has several clean sides that differ.",
        "Keep the pair that is right.",
    ),
    # the whole set
    "duplicate": Fault(
        "warning", "The same picture, to the last pixel.", "Keep one of them; else it counts twice."
    ),
    "duplicate-similar": Fault(
        "warning",
        "The same picture in another size, compression or brightness.",
        "Keep the better one.",
    ),
    "duplicate-turned": Fault(
        "warning",
        "The same picture, mirrored or turned.",
        "Keep one of them; training flips and turns by itself.",
    ),
    "leak": Fault(
        "error",
        "A picture of the training is in the validation too.",
        "Remove it from one of them.",
    ),
    "leak-similar": Fault(
        "error",
        "A picture of the training is in the validation too, in another form.",
        "Remove it from one of them.",
    ),
    "leak-turned": Fault(
        "error",
        "A picture of the training is in the validation too, mirrored or turned.",
        "Remove it from one of them.",
    ),
    "shared-clean": Fault(
        "note",
        "Several pairs share one clean picture.",
        "Split training and validation by group; --recipe writes the groups.",
    ),
    "mixed-depth": Fault("note", "The set mixes depths.", "Nothing, where that is meant."),
    "mixed-channels": Fault(
        "note",
        "The set mixes grey and colour pictures.",
        "Nothing: training brings them to what the network takes.",
    ),
}

_ORDER: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Found:
    """One place where a fault was found."""

    #: its name in FAULTS
    fault: str
    #: the files that it concerns; none where it concerns the whole set
    files: tuple[str, ...]
    #: what is known of it in a few words, such as "shifted by 1.5, -0.3 pixels", or nothing
    detail: str = ""


@dataclass(frozen=True)
class Finding:
    """One fault and all the places where it was found."""

    #: its name in FAULTS
    fault: str
    #: where it was found
    places: tuple[Found, ...]

    @property
    def severity(self) -> Severity:
        """How grave the fault is."""
        return FAULTS[self.fault].severity

    @property
    def text(self) -> str:
        """A sentence on what the fault is."""
        return FAULTS[self.fault].text

    @property
    def remedy(self) -> str:
        """A sentence on what to do."""
        return FAULTS[self.fault].remedy

    def to_dict(self) -> dict[str, Any]:
        """Returns the finding as plain values for JSON."""
        places = [{"files": list(place.files), "detail": place.detail} for place in self.places]
        return {
            "fault": self.fault,
            "severity": self.severity,
            "text": self.text,
            "remedy": self.remedy,
            "count": len(places),
            "places": places,
        }


def gathered(found: Iterable[Found]) -> tuple[Finding, ...]:
    """Returns the findings, errors first, each kind in the order of FAULTS."""
    places: dict[str, list[Found]] = {}
    for place in found:
        places.setdefault(place.fault, []).append(place)
    in_order = sorted(FAULTS, key=lambda name: _ORDER.index(FAULTS[name].severity))
    return tuple(Finding(name, tuple(places[name])) for name in in_order if name in places)
