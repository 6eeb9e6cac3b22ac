"""A headless chat client on aiortc: speaks all of protocol section 5 through any target's signaling.

Knows nothing of the other folders of e2e. What it receives is hostile until it is found valid.
"""

from e2e.peer.chatter import Chatter, PeerError
from e2e.peer.peer import Peer

__all__ = ["Chatter", "Peer", "PeerError"]
