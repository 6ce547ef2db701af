"""The window: PyQt6 and pyqtgraph over snapshots and commands of the engine."""
