"""Finds: documents in, passages out; knows no question and no widget."""
