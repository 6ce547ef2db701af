"""Training for the window: a process of its own that reads and trains, and the model that waits to be kept."""
