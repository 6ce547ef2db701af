"""Errors a user can meet. Each message is one sentence that names the file, port or value and the way out.

Every class derives from `RNNRBMError` and from the standard type a caller would expect, so both
``except RNNRBMError`` (show it to the user) and ``except ValueError`` (library use) work.
"""


class RNNRBMError(Exception):
    """Base of every error this project raises on purpose."""


class SettingsError(RNNRBMError, ValueError):
    """A setting or argument outside its range."""


class PresetError(RNNRBMError, ValueError):
    """A preset that cannot be read or written."""


class MidiFileError(RNNRBMError, ValueError):
    """A MIDI file that cannot be read, or that holds nothing playable."""


class CorpusError(RNNRBMError, ValueError):
    """Training data that is missing, empty or does not fit the model."""


class CheckpointError(RNNRBMError, ValueError):
    """A model whose files are missing, damaged, or do not fit each other or this version."""


class JournalError(RNNRBMError, ValueError):
    """A saved session that cannot be read or written."""


class SoundFileError(RNNRBMError, OSError):
    """A sound file that cannot be written."""


class MidiPortError(RNNRBMError, OSError):
    """A MIDI port, or the whole MIDI system, that cannot be opened."""


class AudioError(RNNRBMError, OSError):
    """A sound device that cannot be opened."""


class DeviceError(RNNRBMError, RuntimeError):
    """A compute device (CUDA, MPS) that is not there or stopped answering."""


class PlayerError(RNNRBMError, RuntimeError):
    """The player process could not be started or does not answer."""
