"""Which pictures are kept out of training: by name, by group, or a share.

All pictures of a group (one page, one scene) go to the same side.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ...errors import DataError
from ...ground.tables import hint
from .sources import Source, summed


def split(
    sources: Sequence[Source],
    left_out: Sequence[str] = (),
    groups: Mapping[str, str] | None = None,
    left_out_groups: Sequence[str] = (),
    hold_out: float = 0.0,
) -> tuple[list[Source], list[Source]]:
    """The sources to train on, and those that are left out.

    Left out are pictures by name (with all of their group), by group, and a share `hold_out` of the
    groups that are left then. A picture in no group is one of its own. Which groups the share takes
    depends on their names alone. DataError for a name that no picture or group has.
    """
    groups = groups or {}
    names = {source.name for source in sources}
    _want_known(left_out, names, "data.leave_out", "picture")
    _want_known(left_out_groups, set(groups.values()), "data.leave_out_groups", "group")
    unknown = [name for name in groups if name not in names]
    if unknown:
        raise DataError(
            f"data.groups: no picture is called {summed(unknown)}; a picture is named as its "
            "clean file is seen from its folder"
        )
    group = {
        name: f"group {groups[name]}" if name in groups else f"picture {name}" for name in names
    }
    out = {group[name] for name in left_out}
    out |= {f"group {name}" for name in left_out_groups}
    if hold_out:
        first = {
            group[name]: name for name in sorted(names, reverse=True) if group[name] not in out
        }
        out |= _share(hold_out, first)
    kept = [source for source in sources if group[source.name] not in out]
    others = [source for source in sources if group[source.name] in out]
    return kept, others


def read_groups(path: Path) -> dict[str, str]:
    """The group of each picture by its name, from a JSON file.

    The file is {name: group} or [[name, ...], ...]; groups of such a list are called by their
    number, from 0 on. DataError where it is neither.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"data.groups: {path}: cannot be read ({error})") from error
    if isinstance(content, dict) and all(
        isinstance(group, str | int) for group in content.values()
    ):
        return {name: str(group) for name, group in content.items()}
    if not isinstance(content, list) or not all(
        isinstance(g, list) and all(isinstance(name, str) for name in g) for g in content
    ):
        raise DataError(
            f'data.groups: {path}: wants {{"name": "group", ...}} or [["name", ...], ...], with '
            "names of pictures"
        )
    result: dict[str, str] = {}
    for i, names in enumerate(content):
        for name in names:
            if result.setdefault(name, str(i)) != str(i):
                raise DataError(
                    f"data.groups: {path}: {name} stands in two groups, {result[name]} and {i}"
                )
    return result


def _share(share: float, groups: Mapping[str, str]) -> set[str]:
    """The names of as many groups as the share says, but at least one, in the order of hashes.

    Each group's hash is that of one member, so a group stays when others come and go.
    """
    order = sorted(groups, key=lambda name: hashlib.sha256(groups[name].encode()).digest())
    return set(order[: max(1, round(share * len(order)))]) if order else set()


def _want_known(names: Sequence[str], known: Collection[str], place: str, kind: str) -> None:
    for name in names:
        if name not in known:
            near = hint(name, known).rstrip()
            raise DataError(f"{place}: no {kind} is called {name}" + (f"; {near}" if near else ""))
