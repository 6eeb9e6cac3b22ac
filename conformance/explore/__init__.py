"""Exploring: what people did not think of. A model of the protocol, schedules, faults on the way.

All of it sends through a Stage (stage.py), where each answer is judged (oracle.py), and reports Findings.
"""
