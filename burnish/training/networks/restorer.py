"""Restorer: a network and its contract, one thing, kept as safetensors.

A weights file may name only networks that stand in the tables of contents; a class from elsewhere
is given again (`trusted=True`) when its file is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ...contract import Contract, Dial
from ...errors import (
    ModelCorrupt,
    ModelMismatch,
    ModelMissing,
    ModelNonFinite,
    RecipeError,
)
from ...ground.evened import evened
from ...ground.files import atomic_write
from ...metrics.evaluate import in_words
from ..parts.build import Spec, build
from .adapter import as_network
from .archs import NETWORKS
from .wrapper import Wrapper

FORMAT = 1


class Restorer(nn.Module):
    """A trained network with its dials: a picture [B, C, H, W] becomes the restored one.

    The level is [B, K, 1, 1], [B, K, H, W] or None; H and W are multiples of `contract.multiple`.
    """

    def __init__(self, spec: Spec, dials: tuple[Dial, ...] = (), *, trusted: bool = False) -> None:
        super().__init__()
        self.spec = spec
        self.net = as_network(build(spec, NETWORKS, trusted=trusted, place="arch"))
        self.contract = self.net.contract(dials)
        self.card: dict[str, Any] = {}

    def predict(self, image: Tensor, level: Tensor | None = None) -> Tensor:
        """The network's own output: the residual where `contract.residual`, else the picture."""
        return self.net(image, level) if self.contract.dials else self.net(image)

    def forward(self, image: Tensor, level: Tensor | None = None) -> Tensor:
        if self.contract.gives == "painting":
            image = torch.from_numpy(evened(image.float().cpu().numpy())).to(image)
        predicted = self.predict(image, level)
        if not self.contract.residual:
            return predicted
        return added(image, predicted.to(image.dtype), self.contract.scale)

    def fold(self, **settings: float) -> Restorer:
        """The plain network of one setting of the dials, such as `fold(noise=25)`.

        It has no dials, and the base's own operations and weights, plus biases it lacked. DialError
        where that is not exact, with the reason, and for a setting out of range.
        """
        level = torch.tensor(self.contract.settings(settings), dtype=torch.float32).view(
            1, -1, 1, 1
        )
        state = self.net.fold(level)
        assert isinstance(self.net, Wrapper)  # nothing else folds
        base = Spec.parse(self.spec.args["base"])
        base = Spec(base.use, {**base.args, **self.net.folded_args})
        plain = Restorer(base, trusted=True)
        lacked = [
            name.removesuffix(".bias") for name in state if name not in plain.net.state_dict()
        ]
        if lacked:
            plain = Restorer(Spec("Biased", {"base": base, "convolutions": lacked}), trusted=True)
            state = {f"base.{name}": weight for name, weight in state.items()}
        load_weights(plain.net, state, "the folded network")
        named = dict(
            zip((dial.name for dial in self.contract.dials), level.flatten().tolist(), strict=True)
        )
        plain.card = {**_at_setting(self.card, named), "folded": named}
        return plain.eval()

    def save(
        self, path: Path, card: Mapping[str, Any] | None = None, *, half: bool = False
    ) -> None:
        """Whole or not at all.

        `half` stores float16 (what the export reads is then what was rounded); ModelNonFinite where
        a weight is NaN or infinite.
        """
        state = self.net.state_dict()
        weights = {
            name: (w.half() if half and w.is_floating_point() else w).detach().cpu().contiguous()
            for name, w in state.items()
        }
        _check_finite(weights, str(path))
        header = {
            "format": FORMAT,
            "spec": _plain(self.spec),
            "contract": self.contract.to_dict(),
            "card": dict(card if card is not None else self.card),
        }
        atomic_write(path, save(weights, metadata={"burnish": json.dumps(header)}))

    @classmethod
    def load(cls, path: Path, *, trusted: bool = False) -> Restorer:
        """The restorer in a file, in eval mode, float32.

        Raises ModelMissing, ModelCorrupt, ModelMismatch (naming what does not fit) or
        ModelNonFinite.
        """
        weights, header = read_weights(path)
        if header is None:
            raise ModelMismatch(
                f"{path}: no Burnish header; weights of other projects are not read here"
            )
        if (
            not isinstance(header, dict)
            or header.get("format") != FORMAT
            or not {"contract", "spec", "card"} <= set(header)
        ):
            said = header.get("format") if isinstance(header, dict) else header
            raise ModelMismatch(f"{path}: format {said!r}, this version of Burnish reads {FORMAT}")
        if not isinstance(header["contract"], dict) or not isinstance(header["card"], dict):
            raise ModelMismatch(f"{path}: what stands in its header as contract or card is neither")
        contract = Contract.from_dict(header["contract"])
        try:
            restorer = cls(Spec.parse(header["spec"]), contract.dials, trusted=trusted)
        except RecipeError as error:
            raise ModelMismatch(f"{path}: {error}") from error
        load_weights(restorer.net, weights, str(path))
        if restorer.contract != contract:
            raise ModelMismatch(
                f"{path}: its contract is not that of its network; it was made by another "
                "version of Burnish"
            )
        restorer.card = header["card"]
        return restorer.eval()


def added(image: Tensor, residual: Tensor, scale: int) -> Tensor:
    """The image [B, C, H, W], each pixel `scale` times down and across, and the residual."""
    if scale > 1:
        image = nn.functional.interpolate(image, scale_factor=float(scale), mode="nearest")
    return image + residual


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any] | None]:
    """Tensors and Burnish's header (None in a file that is not ours) of a safetensors file."""
    if not path.is_file():
        raise ModelMissing(f"{path}: no such model file")
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get("burnish")
            names = file.keys()  # of no dict
            weights = {name: file.get_tensor(name) for name in names}
        header = json.loads(text) if text else None
    except (SafetensorError, ValueError, OSError, RecursionError) as error:
        raise ModelCorrupt(f"{path}: not a whole safetensors file ({error})") from error
    return weights, header


def load_weights(net: nn.Module, weights: Mapping[str, Tensor], source: str) -> None:
    """Puts the weights into the network, key for key, as float32.

    ModelMismatch names the first key that is missing, unknown or misshapen.
    """
    own = net.state_dict()
    for name in [*own, *weights]:
        if name not in weights or name not in own:
            raise ModelMismatch(
                f"{source}: {name} is "
                f"{'missing' if name not in weights else 'unknown to this network'}"
            )
        if own[name].shape != weights[name].shape:
            raise ModelMismatch(
                f"{source}: {name} is {list(weights[name].shape)}, the network wants "
                f"{list(own[name].shape)}"
            )
    _check_finite(weights, source)
    net.load_state_dict({name: w.to(own[name].dtype) for name, w in weights.items()})


def _at_setting(card: Mapping[str, Any], setting: Mapping[str, float]) -> dict[str, Any]:
    """The card's words that still hold when the dials stand fast.

    It says nothing of the dial, and of the figures those of that setting alone.
    """
    kept = {key: value for key, value in card.items() if key != "dial"}
    for key, name in (
        ("quality", " ".join(f"{dial}={value:g}" for dial, value in setting.items())),
        ("validation", in_words(setting)),
    ):
        if key in kept:
            kept[key] = {
                stamp: {name: figures[name]}
                for stamp, figures in kept[key].items()
                if name in figures
            }
    return kept


def _check_finite(weights: Mapping[str, Tensor], source: str) -> None:
    for name, weight in weights.items():
        if not bool(torch.isfinite(weight).all()):
            raise ModelNonFinite(f"{source}: {name} holds NaN or infinity")


def _plain(spec: Spec) -> dict[str, Any]:
    """The spec as JSON: nested specs as mappings."""
    args = {
        key: _plain(Spec.parse(value)) if isinstance(value, Spec) else value
        for key, value in spec.args.items()
    }
    return {"use": spec.use, "args": args}
