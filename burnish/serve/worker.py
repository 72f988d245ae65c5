"""The process that works for the service: what a picture may break, it breaks here alone.

It is told its `Terms`, and says `Here` when it can begin. Then it is told an `Asking` for each
piece of work, and answers each with an `Answer`, a `Refusal`, or word that it is `Outdated`, after
any number of `Halfway`. One that is `Withdrawn` before it began is not answered.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from .. import images
from ..errors import BurnishError, InputTooLarge, UnsupportedFormat, UsageError, unforeseen
from ..ground.process import Send, work_off
from ..ground.remarks import OnProgress
from ..images import Picture
from ..inference import zoo
from ..inference.classical.painting import named
from ..inference.job import Job, JobReport, run_job
from ..inference.masked import MARKED, Masked, write_mask
from ..inference.model import Model
from ..inference.pdf import is_pdf
from ..inference.several.automatic import choose_for
from ..inference.several.chain import AND, ModelChain
from ..pipeline import MapFile
from ..report.pictures import about
from .strokes import painted, strengths
from .view import InHand, Pane, Views, Window
from .wish import Wish

#: pictures that are kept decoded, of those that were looked at last
IN_HAND = 2


@dataclass(frozen=True)
class Terms:
    """How the process works."""

    #: "auto", "cpu" or "cuda"
    device: str = "auto"
    #: threads of the processor; None is all
    threads: int | None = None
    #: larger pictures are refused; None lifts the limit
    max_megapixels: float | None = images.MAX_MEGAPIXELS
    #: whether it opens what most pictures need before anybody asks
    early: bool = False


@dataclass(frozen=True)
class Examine:
    """What the head of a picture's file says is wanted, and that it is a picture."""

    #: the path of the file
    source: str


@dataclass(frozen=True)
class Inspect:
    """All that is known of a picture is wanted, and what would be done with it."""

    #: the path of the file
    source: str


@dataclass(frozen=True)
class Show:
    """A view of a picture is wanted."""

    #: the path of the file
    source: str
    #: how it is restored
    wish: Wish
    #: the part of it
    window: Window
    #: who looks: of views that one looker wants, the newest alone is made
    looker: str
    #: whether to show where the model works, in place of what comes of it
    marks: bool = False


@dataclass(frozen=True)
class Restore:
    """A picture is to be restored, into another file."""

    #: the path of the file
    source: str
    #: the path of the result
    target: str
    #: how it is restored
    wish: Wish


@dataclass(frozen=True)
class Mark:
    """Where the model works in a picture is wanted, as a file that the command line takes."""

    #: the path of the file
    source: str
    #: the path of the mask's, or of the map of strength's
    target: str
    #: how the picture is restored
    wish: Wish


Question = Examine | Inspect | Show | Restore | Mark


@dataclass(frozen=True)
class Asking:
    """A question with the number by which it is answered."""

    #: its number
    number: int
    #: what is wanted
    question: Question


@dataclass(frozen=True)
class Withdrawn:
    """Nobody waits for a question any more."""

    #: its number
    number: int


@dataclass(frozen=True)
class Here:
    """Word that the process is there, with what it was to open early."""


@dataclass(frozen=True)
class Answer:
    """What was asked for."""

    #: the number of the question
    number: int
    #: a record, a `Pane`, or a `JobReport`
    value: Any


@dataclass(frozen=True)
class Refusal:
    """What was asked for cannot be had."""

    #: the number of the question
    number: int
    #: why
    error: BurnishError


@dataclass(frozen=True)
class Outdated:
    """A view was not made, or not to its end, as a newer one is wanted."""

    #: the number of the question
    number: int


@dataclass(frozen=True)
class Halfway:
    """How far a picture is."""

    #: the number of the question
    number: int
    #: tiles that are done
    done: int
    #: tiles in all
    total: int


class NewerWanted(Exception):
    """The view in hand is of no use any more."""


class Inbox:
    """What waits to be done."""

    def __init__(self) -> None:
        self._waiting: deque[Any] = deque()
        self._more = threading.Condition()

    def put(self, message: Any) -> None:
        """Takes in a message, on any thread."""
        with self._more:
            if isinstance(message, Withdrawn):
                kept = (each for each in self._waiting if not _is(each, message.number))
                self._waiting = deque(kept)
                return
            self._waiting.append(message)
            self._more.notify()

    def next(self) -> Any:
        """The next message, when there is one."""
        with self._more:
            self._more.wait_for(lambda: self._waiting)
            return self._waiting.popleft()

    def outdates(self, question: Question) -> bool:
        """Whether the same looker wants something newer."""
        if not isinstance(question, Show):
            return False
        with self._more:
            waiting = [each.question for each in self._waiting if isinstance(each, Asking)]
        shows = (each for each in waiting if isinstance(each, Show))
        return any(each.looker == question.looker for each in shows)


def _is(message: Any, number: int) -> bool:
    """Whether a message is the question of that number."""
    return isinstance(message, Asking) and message.number == number


def main() -> NoReturn:
    """Does what it is asked for, until it is told None. It does not return."""
    inbox = Inbox()
    work_off(inbox.put, partial(_work, inbox))


def _work(inbox: Inbox, send: Send) -> None:
    bench = Bench(inbox.next())
    send(Here())
    while (asking := inbox.next()) is not None:
        send(_answered(bench, inbox, asking, send))


def _answered(
    bench: Bench, inbox: Inbox, asking: Asking, send: Send
) -> Answer | Refusal | Outdated:
    """What is said to a question."""

    def halfway(done: int, total: int) -> None:
        if inbox.outdates(asking.question):
            raise NewerWanted
        send(Halfway(asking.number, done, total))

    try:
        if inbox.outdates(asking.question):
            return Outdated(asking.number)
        return Answer(asking.number, bench.answer(asking.question, halfway))
    except NewerWanted:
        return Outdated(asking.number)
    except BurnishError as error:
        return Refusal(asking.number, error)
    except Exception as error:
        return Refusal(asking.number, unforeseen(error))


class Bench:
    """Where the work is done: the models that are open, and the pictures in hand."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._models: dict[str, Model] = {}
        self._hands: OrderedDict[str, InHand] = OrderedDict()
        self._views = Views()
        if terms.early:
            self._model(zoo.DEFAULT)

    def answer(self, question: Question, halfway: OnProgress) -> Any:
        """What a question asks for. Raises BurnishErrors, and what `halfway` raises."""
        if isinstance(question, Examine):
            return self._examined(question.source)
        if isinstance(question, Inspect):
            return self._inspected(question.source)
        if isinstance(question, Restore):
            return self._restored(question, halfway)
        if isinstance(question, Mark):
            return self._marked(question)
        return self._shown(question, halfway)

    def _model(self, name: str) -> Model:
        """The model of a name, open; a chain is made of models that are open already."""
        if AND in name:
            words = name.split(AND)
            return ModelChain(words, [self._model(word) for word in words])
        if name in self._models:
            return self._models[name]
        model = zoo.load(name)
        model.open(device=self._terms.device, threads=self._terms.threads)
        # Of what paints after somebody's paintings there is no end.
        if not named(name):
            self._models[name] = model
        return model

    def _hand(self, source: str) -> InHand:
        """The picture in a file, decoded once for all that is asked of it."""
        if source not in self._hands:
            picture = self._first(source)
            while len(self._hands) >= IN_HAND:
                self._hands.popitem(last=False)
            self._hands[source] = InHand(picture)
        self._hands.move_to_end(source)
        return self._hands[source]

    def _first(self, source: str) -> Picture:
        _, pictures = images.frames(source, max_megapixels=self._terms.max_megapixels)
        return next(pictures)

    def _examined(self, source: str) -> Mapping[str, Any]:
        """What the head of the file says, with the size of what is looked at."""
        if is_pdf(source):
            raise UnsupportedFormat(
                f"{source}: a PDF; the page shows pictures, and `burnish restore` takes the file"
            )
        header = images.header(source, max_megapixels=self._terms.max_megapixels)
        facts = images.facts(source)
        turned = facts["orientation"] >= 5
        size = (header.height, header.width) if turned else (header.width, header.height)
        return {**facts, "shown": size, "frames": header.frames}

    def _inspected(self, source: str) -> Mapping[str, Any]:
        """What `burnish info` says of the picture, as a record, with its words as "text"."""
        header = images.header(source, max_megapixels=self._terms.max_megapixels)
        hand = self._hand(source)
        choice = choose_for(hand.picture, hand.look)
        record, text = about(images.facts(source), header, hand.picture, hand.look, choice)
        return {**record, "text": text, "would": choice.words}

    def _shown(self, question: Show, halfway: OnProgress) -> Pane:
        hand = self._hand(question.source)
        height, width = images.looked_at(hand.picture)
        window = question.window
        inside = window.left + window.width <= width and window.top + window.height <= height
        if not inside or min(window.left, window.top, window.width - 1, window.height - 1) < 0:
            raise UsageError(
                f"{question.source}: {window.width}x{window.height} pixels from "
                f"{window.left},{window.top} are no part of a picture of {width}x{height}"
            )
        model = self._model(question.wish.model)
        self._check_size(question.source, height * width * model.contract.scale**2)
        made = self._views.marks if question.marks else self._views.pane
        return made(hand, question.wish, model, window, halfway)

    def _restored(self, question: Restore, halfway: OnProgress) -> JobReport:
        """The file restored, as `burnish restore` does it."""
        model = self._model(question.wish.model)
        asked = question.wish.asked(model)
        header = images.header(question.source, max_megapixels=self._terms.max_megapixels)
        job = Job(question.source, question.target, overwrite=True, size=question.wish.size)
        scale = model.contract.scale
        wanted = job.extent(header.height, header.width, header.exif, scale)
        made = header.height * header.width * scale**2
        self._check_size(question.source, max(made, math.prod(wanted)))
        if question.wish.strokes:
            file = Path(question.source).with_name("where.png")
            self._marked(Mark(question.source, str(file), question.wish))
            if isinstance(model, Masked):
                asked = replace(asked, mask=MapFile(file, 0.0, 1.0, file.name))
            else:
                strength = MapFile(file, 0.0, question.wish.strength, file.name)
                asked = replace(asked, strength=strength)
        job = replace(job, asked=asked, max_megapixels=self._terms.max_megapixels)
        return run_job(job, model, progress=halfway)

    def _check_size(self, source: str, pixels: int) -> None:
        """InputTooLarge where a result of so many pixels has more than are taken."""
        megapixels = pixels / 1e6
        most = self._terms.max_megapixels
        if most is not None and megapixels > most:
            raise InputTooLarge(
                f"{source}: would have {megapixels:,.0f} megapixels; the limit is {most:g}, which "
                "--max-megapixels of the server moves"
            )

    def _marked(self, question: Mark) -> None:
        """Writes where the model works, with what was painted: its mask, or how strongly."""
        wish = question.wish
        model = self._model(wish.model)
        asked = wish.asked(model)
        picture = self._hand(question.source).picture
        if isinstance(model, Masked):
            found, _ = model.mask(picture, asked, max_megapixels=self._terms.max_megapixels)
            where = painted(found >= MARKED, wish.strokes, picture).astype(np.float32)
        else:
            where = strengths(wish.strokes, picture)
        write_mask(Path(question.target), picture, where)
