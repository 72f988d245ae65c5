"""What one of our own networks sees in a picture: its activations, as those of a public network.

A network that was trained to restore tells edges and textures from noise and blocks. Its file is
at hand, and so are the terms of what it was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from ...contract import level_array
from ..networks.restorer import Restorer
from ..parts.features import FeatureExtractor, activations, check_picture, freeze

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
        self.net.eval()
        freeze(self.net, {name: value.detach() for name, value in self.net.named_parameters()})
        for module in self.net.modules():
            for name, value in dict(module.named_buffers(recurse=False)).items():
                module.register_buffer(name, value, persistent=False)

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        height, width = (side // self.multiple * self.multiple for side in picture.shape[-2:])
        check_picture(picture, height, width)
        seen = picture[..., :height, :width].expand(-1, self.channels, -1, -1)
        modules = {name: self.net.get_submodule(name) for name in self.wanted}
        return activations(
            modules, self.net, *([seen] if self.level is None else [seen, self.level])
        )
