"""The network lab: two NATs and a public side in network namespaces, with links that can be made bad."""

from e2e.lab.lab import PUBLIC_IP, RELAY_IP, SIDES, Conditions, Lab, Link, Side
from e2e.lab.namespaces import LabError, LabUnavailable, why_not

__all__ = [
    "PUBLIC_IP",
    "RELAY_IP",
    "SIDES",
    "Conditions",
    "Lab",
    "LabError",
    "LabUnavailable",
    "Link",
    "Side",
    "why_not",
]
