"""Burnish: image restoration with dials.

`model = burnish.load("photo")`, then `model(image, noise=25)` on numpy arrays; or
`burnish.restore("noisy.jpg", "clean.jpg")`. Importing it loads nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .contract import Contract, Dial
    from .errors import BurnishError
    from .inference.model import Model
    from .inference.restore import restore
    from .inference.zoo import load

__version__ = "0.1.0"

#: the public names, and where each stands
_PUBLIC = {
    "BurnishError": "burnish.errors",
    "Contract": "burnish.contract",
    "Dial": "burnish.contract",
    "Model": "burnish.inference.model",
    "load": "burnish.inference.zoo",
    "restore": "burnish.inference.restore",
}

__all__ = ["BurnishError", "Contract", "Dial", "Model", "__version__", "load", "restore"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'burnish' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
