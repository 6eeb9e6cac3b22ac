"""The network lab: two NATs and a public side in network namespaces, with links that can be made bad."""

from e2e.lab.lab import PUBLIC_IP, RELAY_IP, Conditions, Lab, Link
from e2e.lab.namespaces import LabError, LabUnavailable, why_not

__all__ = ["PUBLIC_IP", "RELAY_IP", "Conditions", "Lab", "LabError", "LabUnavailable", "Link", "why_not"]
