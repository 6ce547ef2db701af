"""Which compute devices are there, found out without importing torch."""

from __future__ import annotations

import ctypes
import platform
import sys
from typing import Literal, cast

from rnnrbm_live.core.errors import DeviceError

Device = Literal["cpu", "cuda", "mps"]
DEVICE_CHOICES = ("auto", "cpu", "cuda", "mps")

_CUDA_LIBRARIES = {"win32": "nvcuda.dll"}
_CUDA_SUCCESS = 0


def gpu_kind() -> Literal["cuda", "mps"] | None:
    """Return what kind of GPU this machine has, if its driver answers: NVIDIA's or Apple's."""
    if sys.platform == "darwin":
        return "mps" if platform.machine() == "arm64" else None
    return "cuda" if _cuda_device_count() else None


def resolve_device(choice: str) -> Device:
    """Turn a user's choice into a device; ``auto`` is the GPU where there is one, else the CPU.

    Raises:
        DeviceError: for an unknown choice, or a device that is not there.
    """
    if choice not in DEVICE_CHOICES:
        raise DeviceError(f"device {choice!r} is not known: use one of {', '.join(DEVICE_CHOICES)}")
    found = gpu_kind()
    if choice == "auto":
        return found or "cpu"
    if choice in ("cuda", "mps") and choice != found:
        wanted = {"cuda": "an NVIDIA GPU with its driver", "mps": "an Apple silicon GPU"}[choice]
        raise DeviceError(f"device {choice!r} needs {wanted}, which this machine does not have: use --device auto")
    return cast(Device, choice)


def _cuda_device_count() -> int:
    """Ask NVIDIA's driver library; 0 if there is none."""
    try:
        driver = ctypes.CDLL(_CUDA_LIBRARIES.get(sys.platform, "libcuda.so.1"))
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != _CUDA_SUCCESS or driver.cuDeviceGetCount(ctypes.byref(count)) != _CUDA_SUCCESS:
        return 0
    return count.value
