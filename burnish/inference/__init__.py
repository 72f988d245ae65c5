"""The restoring wing: model files to pictures, without PyTorch."""
