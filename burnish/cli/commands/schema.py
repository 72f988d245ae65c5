"""`burnish schema`: the JSON schema of recipes."""

from __future__ import annotations

import json

from ..app import app
from ..opening import training_wing


@app.command(short_help="The JSON schema of recipes.")
def schema() -> None:
    """burnish schema > recipe.schema.json

    The JSON schema of recipes, for editors.
    """
    training_wing()
    from ...training.recipe.file import schema as recipe_schema

    print(json.dumps(recipe_schema(), indent=2))
