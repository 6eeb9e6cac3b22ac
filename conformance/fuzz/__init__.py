"""Fuzzing: generated requests (fuzz) and generated texts (texts), sent as people in rooms that are alive.

What is sent is a script of trials (trials.py), played in a scene (scene.py). Each answer is judged by itself
(conformance/explore/oracle.py), by what it should be (expecting.py), and by what went before (ledger.py,
aftermath.py). Cases come from Schemathesis (cases.py) and from grammars of our own (credentials.py, edges.py,
sdp_grammar.py).
"""
