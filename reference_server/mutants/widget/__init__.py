"""Deliberately wrong widgets: each serves one module of the reference widget with an edit in it."""
