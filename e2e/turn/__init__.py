"""TURN: one interface over a container, a process of our own, or a server that the user gives.

`choose` picks one; it is a context manager and leaves nothing behind, however the harness ends.
"""

from e2e.turn.choose import choose
from e2e.turn.coturn import Network
from e2e.turn.server import (
    IceServers,
    Session,
    Sockets,
    Transport,
    TurnCannot,
    TurnError,
    TurnServer,
    TurnUnavailable,
)

__all__ = [
    "IceServers",
    "Network",
    "Session",
    "Sockets",
    "Transport",
    "TurnCannot",
    "TurnError",
    "TurnServer",
    "TurnUnavailable",
    "choose",
]
