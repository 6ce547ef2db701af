"""Finding GPUs without torch."""

import subprocess
import sys

import pytest

from rnnrbm_live.core.errors import DeviceError
from rnnrbm_live.model import devices


def test_it_imports_no_torch() -> None:
    code = "import sys, rnnrbm_live.model.devices as d; d.gpu_kind(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("found", "expected"), [(None, "cpu"), ("cuda", "cuda"), ("mps", "mps")])
def test_auto_is_the_gpu_if_there_is_one(monkeypatch: pytest.MonkeyPatch, found: str | None, expected: str) -> None:
    monkeypatch.setattr(devices, "gpu_kind", lambda: found)
    assert devices.resolve_device("auto") == expected
    assert devices.resolve_device("cpu") == "cpu"


@pytest.mark.parametrize(("choice", "found"), [("cuda", None), ("mps", None), ("mps", "cuda"), ("cuda", "mps")])
def test_a_missing_device_is_named(monkeypatch: pytest.MonkeyPatch, choice: str, found: str | None) -> None:
    monkeypatch.setattr(devices, "gpu_kind", lambda: found)
    with pytest.raises(DeviceError, match=f"{choice}.*--device auto"):
        devices.resolve_device(choice)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(DeviceError, match="'tpu' is not known"):
        devices.resolve_device("tpu")


class FakeDriver:
    """NVIDIA's driver library as far as it is asked."""

    def __init__(self, init_result: int, count: int) -> None:
        self._init_result, self._count = init_result, count

    def cuInit(self, _flags: int) -> int:
        return self._init_result

    def cuDeviceGetCount(self, pointer: object) -> int:
        pointer._obj.value = self._count  # type: ignore[attr-defined]  # ctypes.byref has no public type
        return 0


@pytest.mark.parametrize(("init_result", "count", "expected"), [(0, 1, "cuda"), (0, 0, None), (100, 1, None)])
def test_the_driver_is_asked(
    monkeypatch: pytest.MonkeyPatch, init_result: int, count: int, expected: str | None
) -> None:
    monkeypatch.setattr(devices.sys, "platform", "linux")
    monkeypatch.setattr(devices.ctypes, "CDLL", lambda _name: FakeDriver(init_result, count))
    assert devices.gpu_kind() == expected


def test_no_driver_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> None:
        raise OSError

    monkeypatch.setattr(devices.sys, "platform", "linux")
    monkeypatch.setattr(devices.ctypes, "CDLL", missing)
    assert devices.gpu_kind() is None


def test_apple_silicon_is_told_from_intel_macs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices.sys, "platform", "darwin")
    monkeypatch.setattr(devices.platform, "machine", lambda: "arm64")
    assert devices.gpu_kind() == "mps"
    monkeypatch.setattr(devices.platform, "machine", lambda: "x86_64")
    assert devices.gpu_kind() is None
