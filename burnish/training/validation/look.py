"""What a run looks at now and then, and where that goes.

It looks at validation, sample pictures, gradients and weights of every layer.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ...pipeline import Bare
from ..data import floats
from ..networks.export import example
from ..networks.restorer import Restorer
from ..networks.torch_backend import runner
from ..step.setup import Setup
from .board import Board
from .collapse import idle
from .samples import Sample, complaints, losses_of, samples, show
from .validate import Figures, Held, validate


@dataclass(frozen=True)
class ValidationLook:
    """Looks at the averaged weights of a stage, on the pictures held out of it."""

    #: what the stage trains with
    setup: Setup
    #: where the figures and pictures go
    board: Board
    #: the pictures to look at
    held: Sequence[Held]

    def measure(self) -> Figures:
        """The figures at every level."""
        return validate(self._averaged(), self.setup.stage.validation, self.held)

    def _averaged(self) -> Bare:
        """The averaged network, as it restores."""
        ema = self.setup.ema
        return Bare(ema.contract, runner(ema, self.setup.machine.device))

    def report(self, step: int, figures: Figures, flow: Mapping[str, Tensor]) -> None:
        """Says the figures, and draws them, with sample pictures and the norms of the layers.

        `figures` are those that `measure` gave, `flow` the norm of every parameter's gradient.
        """
        found = samples(self._averaged(), self.setup.stage.validation, self.held)
        norms = {name: float(norm) for name, norm in flow.items()}
        self._say(step, figures, found, norms)
        self._draw(step, figures, found, norms)

    def _say(
        self, step: int, figures: Figures, found: Sequence[Sample], norms: Mapping[str, float]
    ) -> None:
        """Says the figures, and what is wrong with the network where something is."""
        say = self.setup.machine.say
        for table, row in figures.items():
            digits = 2 if "PSNR" in table else 4
            values = ", ".join(f"{setting}: {value:.{digits}f}" for setting, value in row.items())
            say(f"step {step}: {table}: {values}")
        for complaint in complaints(self.setup.ema, found):
            say(
                f"step {step}: the network has collapsed: {complaint}; a lower "
                "optimizer.args.lr, or another loss, may help"
            )

        # A layer is judged by its gradient against its weights; biases have no size to go by.
        matrices = {
            name: float(weight.detach().norm())
            for name, weight in self.setup.restorer.named_parameters()
            if name in norms and weight.ndim > 1
        }
        if resting := idle({name: norms[name] for name in matrices}, matrices):
            layers = ", ".join(name.removesuffix(".weight") for name in resting)
            say(
                f"step {step}: these layers hardly learn: {layers}; where that stays so, "
                "`reinit` them, or leave them out of the network"
            )

    def _draw(
        self, step: int, figures: Figures, found: Sequence[Sample], norms: Mapping[str, float]
    ) -> None:
        """Writes curves, sample pictures, and the norms and the weights of the layers."""
        measured = {
            f"{table}/{setting}": value
            for table, row in figures.items()
            for setting, value in row.items()
        }
        losses = losses_of(self.setup.loss, found, self.setup.machine.device)
        gradients = {f"gradient norm/{name}": norm for name, norm in norms.items()}
        self.board.scalars(step, {**measured, **losses, **gradients})
        show(self.board, step, found)
        if norms:
            draw_flow(self.board, step, norms)
        weights = (
            (name, weight.detach().float().cpu().numpy())
            for name, weight in self.setup.restorer.named_parameters()
        )
        self.board.histograms(step, weights)


def draw_flow(board: Board, step: int, norms: Mapping[str, float]) -> None:
    """The gradient-flow plot, where matplotlib is installed."""
    from ...errors import MissingExtra
    from ...report.plot import bars

    try:
        drawn = bars(norms, "norm of the gradient, layer by layer")
    except MissingExtra:
        return
    board.picture(step, "gradient flow", floats(drawn.transpose(2, 0, 1)))


def draw_network(board: Board, restorer: Restorer) -> None:
    """The network, on the smallest picture that it takes."""
    side = restorer.contract.multiple * 4
    net = copy.deepcopy(restorer).cpu().eval()
    image, *level = example(restorer.contract, 1, side, side)
    board.network(net, (image, *(given for given in level if given is not None)))
