"""The training wing: recipes and pictures to weights, with PyTorch (`burnish[train]`)."""
