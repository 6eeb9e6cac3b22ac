"""Many pairs of peers at once: real data channels through a target's signaling and a TURN server.

It is a run of its own, without pytest: `run` does it and gives the record, `python -m e2e.crowd` shows it,
and `parley score` makes it one of its suites.
The pairs live in worker processes, since one core opens only so many. What the generator could not do is said
and not held against the target.
"""

from e2e.crowd.order import CrowdError, Order
from e2e.crowd.run import Crowd, Progress, interruptible, run

__all__ = ["Crowd", "CrowdError", "Order", "Progress", "interruptible", "run"]
