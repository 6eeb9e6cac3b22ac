"""The target's widget in a real browser: how it is started, found, driven and watched."""
