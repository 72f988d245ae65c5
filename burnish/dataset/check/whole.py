"""What is wrong with a set as a whole: duplicates, contradictions, groups and mixtures.

Training pictures that are among those of the validation are found here too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .alone import BLANK
from .both import NOISIER, Both
from .findings import Found
from .gather import Unit
from .hashes import Same, same_pictures
from .header import CheckedHeader
from .look import Look

#: units that share a clean picture
Groups = tuple[tuple[int, ...], ...]


def groups_of(looks: Mapping[int, Look], headers: Mapping[int, CheckedHeader]) -> Groups:
    """Returns the units whose clean sides hold the same pixels, two and more of each, in order.

    looks, headers: of the clean side, by the unit's place.
    """
    same = defaultdict(list)
    for i, look in looks.items():
        same[_key(headers[i], look)].append(i)
    return tuple(tuple(group) for group in same.values() if len(group) > 1)


def _key(header: CheckedHeader, look: Look) -> tuple[int, tuple[int, int], bytes]:
    return look.checksum, header.size, look.small.tobytes()


def faults_of_pairs(
    units: Sequence[Unit],
    groups: Groups,
    spoiled: Mapping[int, Look],
    headers: Mapping[int, CheckedHeader],
    clean: Mapping[int, Look],
) -> Iterator[Found]:
    """Yields groups that share a clean side, exact duplicates of pairs, and contradictions.

    A contradiction is one spoiled picture with several clean ones. headers: of the spoiled sides.
    """
    if groups:
        count = sum(map(len, groups))
        words = (
            f"{count} pairs share {len(groups)} clean pictures, up to "
            f"{max(map(len, groups))} each; this is one of them"
        )
        yield Found(
            "shared-clean", tuple(str(path) for i in groups[0] for path in units[i].files), words
        )
    same = defaultdict(list)
    for i, look in spoiled.items():
        if look.deviation >= BLANK:
            same[_key(headers[i], look)].append(i)
    for places in same.values():
        by_clean = defaultdict(list)
        for i in places:
            by_clean[clean[i].checksum].append(i)
        if len(by_clean) > 1:
            yield Found(
                "contradictory", tuple(str(path) for i in places for path in units[i].files)
            )
        yield from (
            Found("duplicate", tuple(str(path) for i in group for path in units[i].files))
            for group in by_clean.values()
            if len(group) > 1
        )


def duplicates(
    units: Sequence[Unit],
    looks: Mapping[int, Look],
    headers: Mapping[int, CheckedHeader],
    *,
    pairs: bool,
) -> Iterator[Found]:
    """Pictures that stand in a set more than once.

    Of pairs, equal clean sides are groups and no fault, and copies of one group count once.
    """
    groups = groups_of(looks, headers)
    if not pairs:
        yield from (
            Found("duplicate", tuple(str(units[i].clean) for i in group)) for group in groups
        )
    copies = {i for group in groups for i in group[1:]}
    chosen = [i for i in looks if i not in copies and looks[i].deviation >= BLANK]
    small, shapes = _stacked(chosen, looks, headers)
    for same in same_pictures(small, small, shapes, shapes) if chosen else ():
        files = tuple(str(units[chosen[i]].clean) for i in (same.first, same.second))
        yield Found("duplicate-turned" if same.turned else "duplicate-similar", files)


def leaks(
    units: Sequence[Unit],
    looks: Mapping[int, Look],
    headers: Mapping[int, CheckedHeader],
    others: Sequence[Unit],
    other_looks: Mapping[int, Look],
    other_headers: Mapping[int, CheckedHeader],
) -> Iterator[Found]:
    """Pictures of the training (the first three) that are in the validation (the others) too."""
    chosen, theirs = (
        [i for i, look in some.items() if look.deviation >= BLANK] for some in (looks, other_looks)
    )
    if not chosen or not theirs:
        return
    (small, shapes), (other_small, other_shapes) = (
        _stacked(chosen, looks, headers),
        _stacked(theirs, other_looks, other_headers),
    )
    for same in same_pictures(small, other_small, shapes, other_shapes):
        i, j = chosen[same.first], theirs[same.second]
        yield Found(
            _kind_of_leak(
                same, _key(headers[i], looks[i]) == _key(other_headers[j], other_looks[j])
            ),
            (str(units[i].clean), str(others[j].clean)),
        )


def _kind_of_leak(same: Same, equal: bool) -> str:
    return "leak-turned" if same.turned else "leak" if equal else "leak-similar"


def _stacked(
    chosen: Sequence[int], looks: Mapping[int, Look], headers: Mapping[int, CheckedHeader]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    small = np.stack([looks[i].small for i in chosen]) if chosen else np.empty((0, 1, 1), np.uint8)
    return small, np.array([headers[i].width / headers[i].height for i in chosen])


def together(
    units: Sequence[Unit], groups: Groups, found: Iterable[Found]
) -> tuple[tuple[str, ...], ...]:
    """Returns the names of the units that must not be split.

    They are those that share a clean side, and those whose clean sides are the same picture to the
    eye. They are named as their clean files are seen from their folder, as recipes name them.
    """
    names = {str(unit.clean): unit.name for unit in units}
    leads_to = {name: name for name in names.values()}

    def root(name: str) -> str:
        while leads_to[name] != name:
            leads_to[name] = name = leads_to[leads_to[name]]
        return name

    same = [[str(units[i].clean) for i in members] for members in groups]
    same += [
        [file for file in place.files if file in names]
        for place in found
        if place.fault.startswith("duplicate")
    ]
    for files in same:
        for file in files:
            leads_to[root(names[file])] = root(names[files[0]])
    members = defaultdict(list)
    for name in leads_to:
        members[root(name)].append(name)
    return tuple(tuple(some) for some in members.values() if len(some) > 1)


def swapped(pairs: Sequence[Both]) -> Iterator[Found]:
    """Pairs whose clean side is the noisier one where the spoiled side is in most.

    Brightness alone would not say so: blur takes texture from it too.
    """
    known = {both.files: more for both in pairs if (more := _more_grain(both)) is not None}
    if known and np.median(list(known.values())) > NOISIER:
        yield from (
            Found("swapped", files, "it is the noisier one, unlike in the other pairs")
            for files, more in known.items()
            if more < -NOISIER
        )


def _more_grain(both: Both) -> float | None:
    """How much grainier the spoiled side is, None where it cannot be told."""
    if (
        both.spoiled_look is None
        or both.clean_look is None
        or both.spoiled_look.grain is None
        or both.clean_look.grain is None
    ):
        return None
    return both.spoiled_look.grain - both.clean_look.grain


def mixtures(headers: Sequence[CheckedHeader], side: str) -> Iterator[Found]:
    """Depths and channels that differ within one side."""
    for fault, values in (
        ("mixed-depth", Counter(header.depth for header in headers)),
        (
            "mixed-channels",
            Counter("grey" if header.channels == 1 else "colour" for header in headers),
        ),
    ):
        if len(values) > 1:
            yield Found(
                fault,
                (),
                f"{side}: "
                + ", ".join(f"{count} {value}" for value, count in values.most_common()),
            )
