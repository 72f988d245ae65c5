"""Text and Part: what people and programs have put into a file beside its picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A text in a file: a text chunk of a PNG, or the comment of a JPEG or GIF."""

    #: what it is, such as "Author"; "Comment" where the format knows no more
    keyword: str
    #: the text. Bytes that are no UTF-8 where it should be stand in it as surrogates
    #: (PEP 383), so that they come back
    text: str
    #: its language, as in RFC 3066; empty where that is not said
    language: str = ""
    #: the keyword in that language
    translated: str = ""

    @property
    def clean(self) -> str:
        """The text without surrogates: such bytes are taken for Latin-1."""
        try:
            self.text.encode()
        except UnicodeEncodeError:
            return self.text.encode("utf-8", "surrogateescape").decode("latin-1")
        return self.text


@dataclass(frozen=True)
class Part:
    """A part of a file that only its own format has a place for.

    It comes back as it is in a file of that format, and elsewhere a sentence says that it does not.
    """

    #: what it is in sentences, such as "its gain map (HDR)"; empty where it goes without saying
    name: str
    #: where it stands, in the words of its format: of a PNG the chunk's four letters
    place: str
    #: its bytes
    body: bytes
