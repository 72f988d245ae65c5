"""Restorer -> one plain Python file that builds the network, for any program that has PyTorch.

The network is traced, and written as the row of operations that it is, on weights by their names.
"""

from __future__ import annotations

import operator
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind

from ... import __version__
from ...contract import Contract
from ...errors import ModelMismatch
from ...training.networks.export import dynamic_sizes, example
from ...training.networks.restorer import Restorer

#: functions of Python that stand in a trace: what they are written as
OPERATORS = {
    operator.mul: "{} * {}",
    operator.add: "{} + {}",
    operator.sub: "{} - {}",
    operator.floordiv: "{} // {}",
    operator.mod: "{} % {}",
    operator.truediv: "{} / {}",
    operator.neg: "-{}",
    operator.getitem: "{}[{}]",
}
#: operations that only check what is so
CHECKS = ("_assert", "sym_constrain", "_guards")

FILE = '''"""{title}

{about}

This file needs PyTorch and safetensors, and nothing else:

    network = load()
    restored = network(image{settings})

image: float32 [B, {channels}, H, W], RGB in 0..1, of any size. Returned is {result}, not clamped.
{dials}
Written by Burnish {version}, of the weights whose SHA-256 is
{digest}.
"""

from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file

aten = torch.ops.aten
#: the dials: the least, the most, and where each stands by itself
DIALS = {ranges}
#: the network wants heights and widths that are multiples of this
MULTIPLE = {multiple}
#: how many times larger the result is
SCALE = {scale}
#: whether the network gives what is to be added to the picture
RESIDUAL = {residual}
#: whether the level is one for each pixel
MAPS = {maps}


def load(file=Path(__file__).with_name("{weights}"), device="cpu"):
    """The network with its weights: a function of a picture and the settings of its dials."""
    weights = {{}}
    for name, weight in load_file(file).items():
        weight = weight.to(device)
        weights[name] = weight.float() if weight.is_floating_point() else weight
    return partial(restore, weights)


@torch.no_grad()
def restore(weights, image, **dials):
    """The picture [B, C, H, W] restored; its sides are mirrored to multiples, and cropped again."""
    height, width = image.shape[2:]
    rows = mirrored(height, image.device)
    columns = mirrored(width, image.device)
    seen = image[:, :, rows][:, :, :, columns]
    level = levels(dials, seen) if DIALS else None
    result = network(weights, seen, level)[:, :, : height * SCALE, : width * SCALE]
    if not RESIDUAL:
        return result
    return image.repeat_interleave(SCALE, 2).repeat_interleave(SCALE, 3) + result


def mirrored(size, device):
    """The numbers of the rows of a picture of that size, mirrored up to the next multiple."""
    places = torch.arange(-(-size // MULTIPLE) * MULTIPLE, device=device) % (2 * size)
    return torch.minimum(places, 2 * size - 1 - places)


def levels(dials, seen):
    """The settings as the network takes them."""
    for name in dials:
        if name not in DIALS:
            raise ValueError(f"there is no dial {{name}}; there are {{', '.join(DIALS)}}")
    told = [dials.get(name, standing) for name, (_, _, standing) in DIALS.items()]
    shape = (len(seen), -1, *seen.shape[2:]) if MAPS else ({batch}, -1, 1, 1)
    return seen.new_tensor(told).reshape(1, -1, 1, 1).expand(shape)


def network(w, image, level):
    """What the network itself gives. w: its weights, by their names."""
{body}
'''


class _Network(nn.Module):
    """What is traced: the network's own output."""

    def __init__(self, restorer: Restorer) -> None:
        super().__init__()
        self.net = restorer.net

    def forward(self, image: Tensor, level: Tensor | None = None) -> Tensor:
        return self.net(image) if level is None else self.net(image, level)


def plain_source(
    restorer: Restorer, weights: str, digest: str, title: str
) -> tuple[str, dict[str, Tensor]]:
    """A Python file that builds a network, and the tensors that it wants, by their names.

    weights: the name of their file, beside it. digest: the SHA-256 of where they come from. title:
    what the model is called. ModelMismatch where it cannot be written so.
    """
    contract = restorer.contract
    if contract.gives == "painting":
        raise ModelMismatch(
            f"{title}: a network that paints wants its colours evened before, which this file "
            "would not do; export it --as plain"
        )
    inputs = example(contract, 2, 4 * contract.multiple, 6 * contract.multiple)
    with torch.no_grad():
        program = torch.export.export(
            _Network(restorer).eval(), inputs, dynamic_shapes=dynamic_sizes(contract)
        )
    tensors, names = _tensors(program)
    body = textwrap.indent("\n".join(_lines(program, names)), "    ")
    return FILE.format(
        **_words(restorer, title), weights=weights, digest=digest, body=body
    ), tensors


def _words(restorer: Restorer, title: str) -> dict[str, Any]:
    """What the file says of a network."""
    contract = restorer.contract
    card = restorer.card
    about = f"Burnish model: {card.get('task', 'an image restoration network')}."
    licence = f"Licence: {card.get('licence', 'see where the weights come from')}."
    dials = "".join(
        f"{dial.name}: {dial.low:g} to {dial.high:g}, {dial.unit}; {dial.default:g} by itself.\n"
        for dial in contract.dials
    )
    return {
        "title": title,
        "version": __version__,
        "about": textwrap.fill(f"{about} {licence}".replace('"', "'"), 96),
        "settings": "".join(f", {dial.name}={dial.default:g}" for dial in contract.dials),
        "channels": contract.channels_in,
        "result": _result(contract),
        "dials": dials,
        "ranges": {dial.name: (dial.low, dial.high, dial.default) for dial in contract.dials},
        "multiple": contract.multiple,
        "scale": contract.scale,
        "residual": contract.residual,
        "maps": contract.level == "pixel",
        "batch": 1 if contract.level == "batch" else "len(seen)",
    }


def _result(contract: Contract) -> str:
    times = "" if contract.scale == 1 else f"{contract.scale} "
    return f"[B, {contract.channels_out}, {times}H, {times}W]"


def _tensors(program: ExportedProgram) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors that a trace reads, by their names, and its words for each of them."""
    tensors: dict[str, Tensor] = {}
    names: dict[str, str] = {}
    inputs = iter(("image", "level"))
    for spec in program.graph_signature.input_specs:
        if spec.kind is InputKind.USER_INPUT:
            names[spec.arg.name] = next(inputs)
            continue
        assert spec.target is not None
        name = spec.target.removeprefix("net.")
        held: Mapping[str, Any] = program.constants
        if spec.target in program.state_dict:
            held = program.state_dict
        tensors[name] = held[spec.target].detach().contiguous().clone()
        names[spec.arg.name] = f'w["{name}"]'
    return tensors, names


def _lines(program: ExportedProgram, names: dict[str, str]) -> Iterator[str]:
    """The operations of a trace, a line each. names: the words for what goes in."""
    for node in program.graph.nodes:
        if node.op == "output":
            yield f"return {_word(node.args[0][0], names)}"
        elif node.op == "call_function" and not _checks(node):
            names[node.name] = node.name
            yield f"{node.name} = {_call(node, names)}"
        elif node.op not in ("placeholder", "call_function", "call_module"):
            raise ModelMismatch(f"{node.name}: a network with {node.op} is not written as a file")


def _checks(node: torch.fx.Node) -> bool:
    """Whether a node only checks, or is read by such alone."""
    target = str(node.target)
    return any(word in target for word in CHECKS) or not _used(node)


def _used(node: torch.fx.Node) -> bool:
    return any(user.op == "output" or not _checks(user) for user in node.users)


def _call(node: torch.fx.Node, names: Mapping[str, str]) -> str:
    """An operation as it is written."""
    words = [_word(argument, names) for argument in node.args]
    if node.target in OPERATORS:
        return OPERATORS[node.target].format(*words)
    if not isinstance(node.target, torch._ops.OpOverload):
        raise ModelMismatch(f"{node.target}: no operation that is written as a file")
    words += [
        f"{name}={_word(argument, names)}"
        for name, argument in node.kwargs.items()
        if argument is not None
    ]
    # As in aten.conv2d.default.
    return f"{node.target}({', '.join(words)})"


def _word(value: Any, names: Mapping[str, str]) -> str:
    """An argument as it is written."""
    if isinstance(value, torch.fx.Node):
        return names[value.name]
    if isinstance(value, list | tuple):
        return f"[{', '.join(_word(each, names) for each in value)}]"
    if isinstance(value, torch.device):
        return "image.device"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    return repr(value)
