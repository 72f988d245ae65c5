"""Batch normalisation of a trained network, drawn into the convolutions before it.

With fixed statistics it is a factor and a shift for each channel. Runtimes draw it in by
themselves, but of weights that were rounded to half precision before they make numbers which half
precision does not hold, and the file is twice as large.
"""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ....errors import ModelMismatch
from ...parts.build import Spec
from ..export import example
from ..restorer import Restorer

#: how far a picture in [0, 1] may move: float32 gives a network of many layers about 1e-6
SAME = 1e-4


def without_batch_norms(restorer: Restorer) -> Restorer:
    """The network with `norm: none` that does what this one does when it runs.

    A norm belongs to the convolution that its module names right before it. A network that has no
    batch norm comes back as it is. Raises ModelMismatch where the picture would change, as where a
    network runs its norms elsewhere.
    """
    if not any(isinstance(layer, nn.BatchNorm2d) for layer in restorer.modules()):
        return restorer
    spec = Spec(restorer.spec.use, {**restorer.spec.args, "norm": "none"})
    plain = Restorer(spec, restorer.contract.dials)
    weights = restorer.eval().state_dict()
    for place, parent in restorer.named_modules():
        for (name, layer), (norm_name, norm) in itertools.pairwise(parent.named_children()):
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                for key, value in fuse_conv_bn_eval(layer, norm).state_dict().items():
                    weights[f"{place}.{name}.{key}"] = value
                for key in norm.state_dict():
                    del weights[f"{place}.{norm_name}.{key}"]
    plain.load_state_dict(weights)
    plain.eval().card = restorer.card
    contract = plain.contract
    inputs = example(contract, 1, 8 * contract.multiple, 6 * contract.multiple)
    with torch.no_grad():
        moved = float((plain.predict(*inputs) - restorer.predict(*inputs)).abs().max())
    if not moved <= SAME:
        raise ModelMismatch(
            f"{spec.use}: without its batch norms it differs by {moved:.1e}; leave them in"
        )
    return plain
