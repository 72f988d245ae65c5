"""Experts for gate V1 of a model that ships: its network, trained further at one level of its dial
alone; what the dial loses against them is its dip.

python -m benchmarks.experts photo --levels 5,15,25,50,75 [--share 0.1] [--lr 2e-4] [--out
runs/experts]

Each goes on for a share of all the steps that the network has seen, as its last stage was trained,
from a third of that rate, or --lr, on down to 0. One that stopped goes on with the same command. It
prints what to give to `benchmarks.ship NAME --along`: `--expert 25=FILE`, so that the dip stands in
the card.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from burnish.inference.zoo import folder
from burnish.training.loop.train import train
from burnish.training.networks.restorer import Restorer
from burnish.training.parts.strict import plain
from burnish.training.recipe.file import change, from_record
from burnish.training.recipe.stages import count, stage_recipe

#: of the damage's level, about the true one: a recipe wants a range
WIDTH = 0.01


def recipe_of(
    model: Restorer, weights: Path, level: float, share: float, lr: float | None = None
) -> dict[str, Any]:
    """The recipe of an expert, from the model that the file holds.

    The network is the file's: blocks that learned nothing may have been left out of it. It goes on
    from there, so what that run began at need not be at hand.
    """
    run = model.card["training"]
    whole = from_record(run["recipe"] | {"start": str(weights)})
    record: dict[str, Any] = plain(stage_recipe(whole, count(whole) - 1))
    steps = round(share * (run["steps"] + sum(before["steps"] for before in run.get("before", []))))
    rate = lr or record["optimizer"]["args"]["lr"] / 3
    dial = model.contract.dials[0].name
    # Its dial's own damage alone, in every picture and told truly: the first of the recipe.
    record["degradations"] = record["degradations"][:1]
    record["degradations"][0] |= {"name": dial, "share": 1.0, "shares": {}}
    record["measured"] = []
    for place, value in {
        "arch": plain(model.spec),
        "degradations.0.train": [level - WIDTH, level + WIDTH],
        "schedule": {"steps": steps, "warmup": 20, "shape": "linear"},
        "optimizer.args.lr": rate,
        "validation.every": steps,
        "ema": 0.99,
    }.items():
        change(record, place, value)
    return record


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="the name of a model that ships")
    parser.add_argument("--levels", required=True, help="5,15,25")
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--lr", type=float)
    parser.add_argument("--out", type=Path, default=Path("runs/experts"))
    arguments = parser.parse_args()
    weights = folder() / f"{arguments.model}.safetensors"
    model = Restorer.load(weights)
    for level in map(float, arguments.levels.split(",")):
        found = train(
            from_record(recipe_of(model, weights, level, arguments.share, arguments.lr)),
            arguments.out / f"{arguments.model}_{level:g}",
        )
        print(f"--expert {level:g}={found}", flush=True)


if __name__ == "__main__":
    main()
