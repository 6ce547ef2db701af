"""What must be on time: ports, sound, clock and the plan of coming frames. No torch, no Qt."""
