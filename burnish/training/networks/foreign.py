"""Other people's weights: `.pth` files, read as tensors and nothing else."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from torch import Tensor

from ...errors import ModelCorrupt, ModelMissing, UnsafeModel
from .restorer import Restorer, load_weights


def read_pth(path: Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch weights file.

    UnsafeModel where it holds anything that would have to be executed to be read.
    """
    if not path.is_file():
        raise ModelMissing(f"{path}: no such file")
    try:
        record = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnsafeModel(
            f"{path}: holds more than tensors; such a file can run code when it is read, so it "
            "is not"
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError) as error:
        raise ModelCorrupt(
            f"{path}: not a whole weights file ({str(error).splitlines()[0]})"
        ) from error
    if not isinstance(record, dict):
        raise ModelCorrupt(f"{path}: holds no weights by name, but one {type(record).__name__}")
    for key in ("params_ema", "params", "state_dict"):
        record = record.get(key, record)
    return {name: value for name, value in record.items() if isinstance(value, Tensor)}


def load_pth(restorer: Restorer, path: Path) -> Restorer:
    """The restorer with the weights of a file whose keys are those of its own network.

    KAIR's DnCNN and FFDNet are such, layer for layer.
    """
    load_weights(restorer.net, read_pth(path), str(path))
    return restorer.eval()
