"""The things that are due behind a step: a pure function of its number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Due:
    """The things that have to happen behind one step of a stage."""

    #: it is the stage's last one
    last: bool
    #: the processes of the run meet, if there are several
    sync: bool
    #: the averaged weights are measured
    validate: bool
    #: a checkpoint is written
    save: bool

    @classmethod
    def of(
        cls, step: int, steps: int, *, validate_every: int | None, save_every: int, stride: int = 1
    ) -> Due:
        """The things that are due behind `step`, counted from 1, of `steps`.

        `validate_every` and `save_every` are the steps between two of these; None is never. After
        `stride` steps the processes meet, which is where anything else can be due: what fell due
        since they last met is due then.
        """

        def passed(every: int) -> bool:
            return step // every > (step - stride) // every

        last = step == steps
        sync = last or step % stride == 0
        measures = validate_every is not None
        return cls(
            last=last,
            sync=sync,
            validate=measures and (last or (sync and passed(validate_every or 1))),
            save=last or (sync and passed(save_every)),
        )
