"""Measures: quality, speed and comparisons; never imported by the other rooms."""
