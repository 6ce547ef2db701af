"""From model and settings to frames: the session, its thread, and the offline runner."""
