"""A fault told and played again: as a conversation, as curl lines, as a pytest file that needs only httpx."""
