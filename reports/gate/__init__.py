"""Whether a run may pass: held against what is known of its target, and against a level."""
