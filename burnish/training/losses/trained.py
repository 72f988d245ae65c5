"""What one of our own networks sees in a picture: its activations, as those of a public network.

A network that was trained to restore tells edges and textures from noise and blocks. Its file is
at hand, and so are the terms of what it was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from ...contract import level_array
from ...errors import UsageError
from ..networks.restorer import Restorer
from ..parts.features import SMALLEST, FeatureExtractor

#: what gives activations: picture [B, 1 or 3, H, W] in [0, 1] -> {layer: [B, C, h, w]}
Features = nn.Module


def features_of(
    network: str, wanted: Sequence[str], file: str | None, at: Mapping[str, float] | None = None
) -> Features:
    """What gives the activations of a public network, or of one of ours, by its .safetensors file.

    `file` and the names of layers are as in `FeatureExtractor`; `at` sets dials of one of ours.
    """
    if network.endswith(".safetensors"):
        return TrainedFeatures(Path(network), wanted, at or {})
    if at:
        raise ValueError(f"at: {network} has no dials to be set")
    return FeatureExtractor(network, wanted, file)


class TrainedFeatures(nn.Module):
    """The activations of some modules of one of our networks, frozen, taken by forward hooks.

    `wanted` are names of modules within it, such as base.body; `at` sets its dials, which stand at
    their defaults without it. Rows and columns beyond a multiple that the network wants are cut
    off. The module has no parameters and an empty state. ValueError for an unknown module.
    """

    def __init__(self, file: Path, wanted: Sequence[str], at: Mapping[str, float]) -> None:
        super().__init__()
        restorer = Restorer.load(file)
        contract = restorer.contract
        self.multiple = contract.multiple
        self.channels = contract.channels_in
        self.net = restorer.net
        known = {name for name, _ in self.net.named_modules() if name}
        for name in wanted:
            if name not in known:
                raise ValueError(f"layers: {file} has no module {name!r}; it has {sorted(known)}")
        self.wanted = tuple(wanted)
        level = level_array(contract.settings(at))
        self.level: Tensor | None
        self.register_buffer(
            "level", None if level is None else torch.from_numpy(level), persistent=False
        )
        _freeze(self.net)

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        height, width = (side // self.multiple * self.multiple for side in picture.shape[-2:])
        if picture.shape[1] not in (1, 3) or min(height, width) < SMALLEST:
            raise UsageError(
                f"a feature network wants pictures of 1 or 3 channels and {SMALLEST}x{SMALLEST} "
                f"and more, not of shape {list(picture.shape)} [B, C, H, W]"
            )
        seen = picture[..., :height, :width].expand(-1, self.channels, -1, -1)
        kept: dict[str, Tensor] = {}
        hooks = [
            self.net.get_submodule(name).register_forward_hook(partial(_keep, kept, name))
            for name in self.wanted
        ]
        try:
            self.net(seen) if self.level is None else self.net(seen, self.level)
        finally:
            for hook in hooks:
                hook.remove()
        return kept


def _keep(
    kept: dict[str, Tensor],
    name: str,
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    output: Tensor,
) -> None:
    kept[name] = output


def _freeze(net: nn.Module) -> None:
    """Makes buffers that no state_dict holds of all that the network has learned."""
    net.eval()
    for module in list(net.modules()):
        learned = dict(module.named_parameters(recurse=False))
        kept = {name: value.detach() for name, value in learned.items()}
        for name in learned:
            delattr(module, name)
        for name, value in {**kept, **dict(module.named_buffers(recurse=False))}.items():
            module.register_buffer(name, value, persistent=False)
