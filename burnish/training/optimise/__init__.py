"""The movement of weights: optimizers, the learning rate over a run, the average of the weights."""
