"""What looks at both wings: model files held against training, evaluations, comparisons."""
