"""What a run looks at now and then: figures, samples, curves, signs of a collapse."""
