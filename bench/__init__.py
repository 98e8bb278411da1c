"""Measurements of the product against the least that Django needs for the same work: ratios, taken in one run."""
