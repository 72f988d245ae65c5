"""One process of several that train together on a cluster, which `cluster` begins and listens to.

`python -m burnish.training.loop.process` reads an `Order` as a line, trains, and prints what came
of it: {"weights": PATH}, or {"code", "message"} where the run cannot go on.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...errors import BurnishError
from ...ground.process import end_with_parent
from ..recipe.file import from_record
from .train import train

#: seconds to save in, where the cluster is gone; a process whose fellows are gone may wait for ever
PATIENCE = 60.0


@dataclass(frozen=True)
class Order:
    """What each of the processes is told."""

    #: the recipe, as plain values
    recipe: dict[str, Any]
    #: the run's folder
    out: str
    #: whether a run that is found there goes on
    resume: bool
    #: when it is to stop; None is at its end
    minutes: float | None

    @property
    def line(self) -> str:
        """The order as it is told."""
        return json.dumps(asdict(self))


def main() -> None:
    """Does what it is told, and says what came of it."""
    order = Order(**json.loads(sys.stdin.readline()))
    end_with_parent(PATIENCE)
    try:
        weights = train(
            from_record(order.recipe), Path(order.out), resume=order.resume, minutes=order.minutes
        )
    except BurnishError as error:
        print(json.dumps({"code": error.code, "message": str(error)}))
        sys.exit(error.exit_status)
    print(json.dumps({"weights": str(weights)}))


if __name__ == "__main__":
    main()
