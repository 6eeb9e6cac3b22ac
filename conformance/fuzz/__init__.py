"""Fuzzing: generated requests (fuzz) and generated texts (texts), sent as people in rooms that are alive.

What is sent is a script of trials (trials.py), played in a scene (scene.py) and judged there: each answer by itself
(conformance/explore/oracle.py), and by what went before (ledger.py). Cases come from Schemathesis (cases.py) and
from grammars of our own (credentials.py, edges.py, sdp_grammar.py).
"""
