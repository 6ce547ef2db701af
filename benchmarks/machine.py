"""What a measurement was made on, and how spread is printed."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def machine(device: str = "cpu") -> str:
    """Name the GPU, if the device is one, processor, cores, system and Python."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        name = names[0] if names else name
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    if device == "cuda":
        import torch

        name = f"{torch.cuda.get_device_name()}, {name}"
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}{load}"


def percentiles(milliseconds: Sequence[float]) -> str:
    """Write median, 99th and 99.9th percentile and maximum as cells of a table; dashes where nothing was measured."""
    if not milliseconds:
        return "- | - | - | -"
    values = np.percentile(milliseconds, [50, 99, 99.9, 100])
    return " | ".join(f"{value:.3f}" for value in values)
