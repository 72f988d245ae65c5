"""Pages: which pictures of a file are meant, as in `3,5-7`; and some of them in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import InputError, UsageError

#: one picture, or a run of them
_RUN = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


@dataclass(frozen=True)
class Pages:
    """Some pictures of a file, pages or frames, in the order that they have there."""

    #: as somebody wrote it: "3,5-7"
    words: str
    #: the first and the last of each run, counted from 1
    runs: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, words: str) -> Pages:
        """The pages that are written as `3`, `5-7`, or `3,5-7`. UsageError for anything else."""
        runs = []
        for part in words.split(","):
            found = _RUN.fullmatch(part.strip())
            first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
            if not 1 <= first <= last:
                raise UsageError(
                    f"--pages {words}: pages are counted from 1 and written as 3, 5-7 or 3,5-7"
                )
            runs.append((first, last))
        return cls(words, tuple(runs))

    def among(self, count: int, name: str, called: str = "picture") -> list[int]:
        """Their numbers, counted from 0, in a file of so many pictures, which `name` is.

        called: what they are called in a sentence. InputError where there are not as many.
        """
        if max(last for _, last in self.runs) > count:
            have = f"is one {called}" if count == 1 else f"has {count} {called}s"
            raise InputError(f"{name}: {have}, and --pages {self.words} asks for more")
        meant = {number - 1 for first, last in self.runs for number in range(first, last + 1)}
        return sorted(meant)


def listed(numbers: Iterable[int], of: int, called: str = "page") -> str:
    """Pages in words: "page 3", "pages 1-4 and 9", "all pages".

    numbers: counted from 1. called: what one of them is called.
    """
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    if len(runs) == 1 and len(runs[0]) == of > 1:
        return f"all {called}s"
    words = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    plural = "s" if len(runs) > 1 or len(runs[0]) > 1 else ""
    joined_words = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"{called}{plural} {joined_words}"
