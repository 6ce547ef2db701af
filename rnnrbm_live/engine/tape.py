"""Writing down what sounds: in memory, for all to read, and in the journal on disk."""

from __future__ import annotations

from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.engine.planner import Section


class Tape:
    """The records of one session, each taken down in its recording and in its journal.

    Attributes:
        recording: what they come to so far; safe to read from any thread.
    """

    def __init__(self, recording: Recording, journal: jot.Journal) -> None:
        """Go on from a recording that the journal already has, or from an empty one."""
        self.recording = recording
        self._journal = journal

    def write(self, record: jot.Record) -> None:
        """Take down a record."""
        self.recording.apply(record)
        self._journal.write(record)

    def begin(self, section: Section) -> None:
        """Take down that a section has begun, with all that is needed to play it again."""
        stepper = section.stepper
        self.write(
            jot.SectionBegun(
                section.first_step,
                model=stepper.name if stepper else None,
                fingerprint=stepper.fingerprint if stepper else "",
                seed=section.seed,
                take=section.take,
                heard=section.heard,
                heard_from=section.heard_from,
                semitones=section.semitones,
                phrase_end_step=section.phrase_end_step,
                fade_in=section.fade_in,
                label=section.label,
                resumes=section.resumes,
                road=section.road,
                position=0 if section.road is None else section.first_step - (section.shift or 0),
                remembers=section.remembers,
            )
        )

    def end_all(self, step: int) -> None:
        """End at a step whatever sounds: it was cut off in the middle."""
        self.write(jot.TimeStopped(step))
        for note in self.recording.playing():
            self.write(jot.KeyHeard(step, note.pitch, 0, note.source))

    def close(self) -> None:
        """Finish the journal; may be called twice."""
        self._journal.close()
