"""The outside world, one library a file: MIDI files and ports, sound, pictures, data sets, settings."""
