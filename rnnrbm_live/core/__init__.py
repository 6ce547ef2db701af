"""What every layer shares: music on a grid, settings, messages and errors. numpy and the standard library only."""
