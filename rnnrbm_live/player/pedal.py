"""The sustain pedals of the player's keyboards: which keys they hold after fingers have let go."""

from __future__ import annotations


class Pedals:
    """One pedal for each input, by its name; a pedal holds the keys of its own keyboard."""

    def __init__(self) -> None:
        """All are up."""
        self._down: set[str] = set()
        self._holds: dict[int, str] = {}  # pitch -> input whose pedal holds it

    def catch(self, source: str, pitch: int) -> bool:
        """Return whether a key that fingers let go is held on by the pedal."""
        if source in self._down:
            self._holds[pitch] = source
        return source in self._down

    def give_up(self, pitch: int) -> bool:
        """Hold a key no more, because it ends or is struck anew; return whether it was held."""
        return self._holds.pop(pitch, None) is not None

    def move(self, source: str, *, down: bool) -> list[int]:
        """Press a pedal or lift it; return the pitches that end with that, ascending."""
        if down:
            self._down.add(source)
            return []
        self._down.discard(source)
        ending = sorted(pitch for pitch, holder in self._holds.items() if holder == source)
        for pitch in ending:
            del self._holds[pitch]
        return ending

    def lift_all(self) -> None:
        """Hold nothing, until a pedal is pressed again."""
        self._down.clear()
        self._holds.clear()
