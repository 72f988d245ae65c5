"""Frozen networks whose activations say what a picture shows.

They are VGG-16 and VGG-19 (Simonyan and Zisserman, ICLR 2015) and SqueezeNet 1.1 (Iandola et al.
2016). Their layers stand here as plain modules with torchvision's key names, so that its public
weight files fit. Files are read as plain tensors, never as code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import ModelCorrupt, ModelMismatch, ModelMissing, UsageError
from ...ground.files import cache_folder

#: below this side the deepest layers have nothing left to look at
SMALLEST = 32
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SPREAD = (0.229, 0.224, 0.225)
CAFFE_MEAN = (103.939, 116.779, 123.68)
WHERE = "https://download.pytorch.org/models/"

#: (name of a layer, the layer), in order; a layer's index is its key in a weights file
Layers = list[tuple[str, nn.Module]]


class Fire(nn.Module):
    """SqueezeNet's block: few channels, and from them as many by 1x1 as by 3x3.

    A picture's features [B, C, H, W] become [B, 2 wide, H, W].
    """

    def __init__(self, channels: int, narrow: int, wide: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, narrow, 1)
        self.expand1x1 = nn.Conv2d(narrow, wide, 1)
        self.expand3x3 = nn.Conv2d(narrow, wide, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.squeeze(x))
        return torch.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], 1))


def vgg(depths: Sequence[int]) -> Layers:
    """Five blocks of so many 3x3 convolutions: conv1_1, relu1_1, ..., pool5."""
    layers: Layers = []
    channels = 3
    for block, (depth, width) in enumerate(zip(depths, (64, 128, 256, 512, 512), strict=True), 1):
        for i in range(1, depth + 1):
            layers += [
                (f"conv{block}_{i}", nn.Conv2d(channels, width, 3, padding=1)),
                (f"relu{block}_{i}", nn.ReLU()),
            ]
            channels = width
        layers.append((f"pool{block}", nn.MaxPool2d(2)))
    return layers


def squeezenet() -> Layers:
    """The layers of SqueezeNet 1.1, by name.

    They are conv1 (without padding), relu1, pool1, fire2, fire3, pool3, fire4, fire5, pool5, fire6
    .. fire9.
    """

    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    layers: Layers = [("conv1", nn.Conv2d(3, 64, 3, 2)), ("relu1", nn.ReLU()), ("pool1", pool())]
    layers += [("fire2", Fire(64, 16, 64)), ("fire3", Fire(128, 16, 64)), ("pool3", pool())]
    layers += [("fire4", Fire(128, 32, 128)), ("fire5", Fire(256, 32, 128)), ("pool5", pool())]
    layers += [
        ("fire6", Fire(256, 48, 192)),
        ("fire7", Fire(384, 48, 192)),
        ("fire8", Fire(384, 64, 256)),
        ("fire9", Fire(512, 64, 256)),
    ]
    return layers


def imagenet(picture: Tensor) -> Tensor:
    """The picture as torchvision's weights want it.

    That is RGB in [0, 1] less ImageNet's mean, over its spread.
    """
    return (picture - _plane(IMAGENET_MEAN, picture)) / _plane(IMAGENET_SPREAD, picture)


def caffe(picture: Tensor) -> Tensor:
    """The picture as Caffe's weights want it: BGR in 0..255 less the mean."""
    return 255 * picture.flip(1) - _plane(CAFFE_MEAN, picture)


def _plane(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, 3, 1, 1)


@dataclass(frozen=True)
class Backbone:
    """A published network whose features are looked at."""

    #: makes its layers
    layers: Callable[[], Layers]
    #: brings a picture, RGB in [0, 1], to what its weights want
    prepare: Callable[[Tensor], Tensor]
    #: the name of the file of its public weights, which ends in the first digits of their SHA-256;
    #: None where there is none
    public: str | None


#: name -> the network, as recipes name it
BACKBONES = {
    "VGG16": Backbone(lambda: vgg((2, 2, 3, 3, 3)), imagenet, "vgg16-397923af.pth"),
    "VGG19": Backbone(lambda: vgg((2, 2, 4, 4, 4)), imagenet, "vgg19-dcbb9e9d.pth"),
    "SqueezeNet": Backbone(squeezenet, caffe, None),
}


def layers_to(network: str, wanted: Sequence[str]) -> Layers:
    """The layers of a network, to the last of those wanted.

    ValueError for an unknown network or layer.
    """
    if network not in BACKBONES:
        raise ValueError(f"network: there is no {network!r}; the choices: {', '.join(BACKBONES)}")
    layers = BACKBONES[network].layers()
    names = [name for name, _ in layers]
    for name in wanted:
        if name not in names:
            raise ValueError(f"layers: {network} has no {name!r}; the choices: {', '.join(names)}")
    return layers[: 1 + max(names.index(name) for name in wanted)]


class FeatureExtractor(nn.Module):
    """The activations of some layers of a frozen network, taken by forward hooks.

    A picture [B, 1 or 3, H, W], RGB in [0, 1], becomes {layer: [B, C, h, w]}; a grey one is
    repeated to three channels. The module has no parameters and an empty state: neither optimizers
    nor checkpoints see its weights. `file` is a .pth with torchvision's keys; without it, the
    public weights are fetched once. ValueError for an unknown network or layer, before anything is
    read.
    """

    def __init__(self, network: str, wanted: Sequence[str], file: str | None = None) -> None:
        super().__init__()
        with torch.device("meta"):  # no memory, and nothing drawn, for weights that a file replaces
            layers = layers_to(network, wanted)
        chosen = BACKBONES[network]
        names = [name for name, _ in layers]
        self.prepare = chosen.prepare
        self.places = {name: names.index(name) for name in wanted}
        self.net = nn.Sequential(*(layer for _, layer in layers)).eval()
        path = Path(file) if file else public_file(network, chosen.public)
        freeze(self.net, fitting(self.net, read(path), path))

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        check_picture(picture, picture.shape[-2], picture.shape[-1])
        modules = {name: self.net[place] for name, place in self.places.items()}
        return activations(modules, self.net, self.prepare(picture.expand(-1, 3, -1, -1)))


def check_picture(picture: Tensor, height: int, width: int) -> None:
    """UsageError for what is no picture [B, 1 or 3, H, W], or of too few rows or columns seen."""
    if picture.shape[1] not in (1, 3) or min(height, width) < SMALLEST:
        raise UsageError(
            f"a feature network wants pictures of 1 or 3 channels and {SMALLEST}x{SMALLEST} "
            f"and more, not of shape {list(picture.shape)} [B, C, H, W]"
        )


def activations(
    modules: Mapping[str, nn.Module], net: nn.Module, *inputs: Tensor
) -> dict[str, Tensor]:
    """What some modules of a network give while it sees its inputs, by the names given here."""
    kept: dict[str, Tensor] = {}
    hooks = [
        module.register_forward_hook(partial(_keep, kept, name)) for name, module in modules.items()
    ]
    try:
        net(*inputs)
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


def freeze(net: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Puts weights in place of the parameters of these names, as buffers that no state_dict holds.

    They move with the module and never change.
    """
    for name, weight in weights.items():
        place, _, last = name.rpartition(".")
        module = net.get_submodule(place)
        delattr(module, last)
        module.register_buffer(last, weight, persistent=False)


def fitting(net: nn.Module, weights: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """Returns a float32 copy of the file's weight for each parameter, by the parameter's name.

    What a file holds beyond (deeper layers, a classifier) is left. ModelMismatch names the first
    weight that does not fit.
    """
    found = {}
    for name, parameter in net.named_parameters():
        key = f"features.{name}"
        if key not in weights or weights[key].shape != parameter.shape:
            there = f"is {list(weights[key].shape)}" if key in weights else "is missing"
            raise ModelMismatch(
                f"{path}: {key} {there}, but this network wants {list(parameter.shape)}; give "
                "the file of the network that the recipe names"
            )
        found[name] = weights[key].detach().to(torch.float32, copy=True)
    return found


def read(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a .pth file, by name. ModelMissing, ModelCorrupt."""
    if not path.is_file():
        raise ModelMissing(
            f"{path}: no such file; it is to hold the weights of a feature network, with "
            "torchvision's key names"
        )
    try:
        record = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make the reader stumble in a dozen ways
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ModelCorrupt(
            f"{path}: not a file of plain tensors ({reason}); fetch it again"
        ) from error
    if not isinstance(record, Mapping) or not all(
        isinstance(value, Tensor) for value in record.values()
    ):
        raise ModelCorrupt(
            f"{path}: not a mapping of names to tensors, so no feature network can be read from it"
        )
    return record


def public_file(network: str, name: str | None) -> Path:
    """The file of the network's public weights in the cache, fetched where it is not there yet.

    It is held against the checksum in its name. ModelMissing offline.
    """
    if name is None:
        raise ModelMissing(
            f"{network} has no public file that this program knows; name one that you have as "
            "`file`"
        )
    path = cache_folder() / "features" / name
    digits = name.removesuffix(".pth").rpartition("-")[2]
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(
                WHERE + name, str(path), hash_prefix=digits, progress=False
            )
        except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: another checksum
            raise ModelMissing(
                f"{network}: its weights {WHERE}{name} cannot be fetched ({error}); put the "
                f"file at {path}, or name one that you have as `file`"
            ) from error
    with path.open("rb") as stream:
        if not hashlib.file_digest(stream, "sha256").hexdigest().startswith(digits):
            raise ModelCorrupt(
                f"{path}: not the file that its name says, by its checksum; remove it, and it "
                "is fetched again"
            )
    return path
