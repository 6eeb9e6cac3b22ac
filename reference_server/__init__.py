"""A minimal, correct signaling server, driven by the spec: what the suite is measured against."""
