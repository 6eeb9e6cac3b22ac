"""Runs beside one another: what changed between two of one target, or implementations in a matrix. Never by
totals alone: every difference is named by its requirement.
"""
