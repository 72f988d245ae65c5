"""The grammar of words that set things.

They are NAME=VALUE, and, for a part with its arguments, NAME:ARGUMENT=VALUE,...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import UsageError

#: what an argument may be: a number, the two ends of a range, or a word
Value = int | float | str | list[int | float]


def assigned(word: str, wrong: UsageError) -> tuple[str, str]:
    """The name and the value in a word: `noise=25` gives ("noise", "25").

    wrong: what is raised where there is no `=`, or no name before it.
    """
    name, sign, value = word.partition("=")
    if not sign or not name.strip():
        raise wrong
    return name.strip(), value.strip()


def value_of(text: str) -> Value:
    """The value that a text means.

    `3` and `0.5` are numbers, `0.5..2` is the range [0.5, 2], and all else is the word it is.
    """
    ends = [number_or_word(end) for end in text.split("..")]
    numbers = [end for end in ends if not isinstance(end, str)]
    return numbers if len(ends) == len(numbers) == 2 else number_or_word(text)


def number_or_word(text: str) -> int | float | str:
    """The number that a text means, whole where it is written so; else the word it is."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@dataclass(frozen=True)
class Call:
    """A part and its arguments in one word, as in `lanczos:scale=4`."""

    #: the part's name
    name: str
    #: its arguments, as they are written
    arguments: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, words: str, wrong: UsageError) -> Call:
        """The part that NAME or NAME:ARGUMENT=VALUE,... means.

        wrong: what is raised where an argument is not written so.
        """
        name, _, text = words.partition(":")
        return cls(name, dict(assigned(part, wrong) for part in text.split(",") if part))

    def values(self) -> dict[str, Value]:
        """The arguments as numbers, ranges and words."""
        return {name: value_of(text) for name, text in self.arguments.items()}

    def __str__(self) -> str:
        """The part and its arguments as they are written on a command line."""
        text = ",".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.name}:{text}" if text else self.name
