"""Benchmarks: each figure with a floor for comparison, measured in the same run."""
