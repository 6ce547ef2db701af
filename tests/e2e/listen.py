"""An independent listener: a process of its own that writes down every MIDI message it receives on JACK.

``python listen.py PORT`` listens to a port of another program; ``python listen.py --as NAME`` is a device of that name,
whose port ``NAME:in`` others play on. It prints "ready", then one line per message: seconds and the bytes in hex. It
leaves JACK in good order when its standard input is closed: a client that just dies can hold the server up.
"""

from __future__ import annotations

import sys
import threading
import time

import rtmidi


def main(wanted: str, *, as_device: bool) -> None:
    name = wanted if as_device else "listener"
    port = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name=name, queue_size_limit=16_384)
    port.ignore_types(timing=False)
    if as_device:
        port.open_virtual_port("in")
    else:
        _connect(port, wanted)
    print("ready", flush=True)
    told_to_end = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), told_to_end.set()), daemon=True).start()
    while not told_to_end.is_set():
        event = port.get_message()
        if event is None:
            time.sleep(0.001)
        else:
            print(f"{time.perf_counter():.6f}", bytes(event[0]).hex(), flush=True)
    port.close_port()
    port.delete()


def _connect(port: rtmidi.MidiIn, wanted: str) -> None:
    while not any(wanted in name for name in port.get_ports()):
        time.sleep(0.01)
    port.open_port(next(index for index, name in enumerate(port.get_ports()) if wanted in name))


if __name__ == "__main__":
    main(sys.argv[-1], as_device=sys.argv[1] == "--as")
