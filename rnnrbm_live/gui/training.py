"""Training, from the window's side: what is being read or learnt, and what the user wants. It outlives its window."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from rnnrbm_live.core import learning as msg
from rnnrbm_live.core.errors import RNNRBMError
from rnnrbm_live.gui.services import Learner, ModelChoice, Workshop
from rnnrbm_live.gui.work import Tasks

LOOK_MS = 100


class Phase(Enum):
    """Where a training stands."""

    EMPTY = auto()
    """No music is chosen."""
    READING = auto()
    FOUND = auto()
    """The music is read and can be learnt."""
    LEARNING = auto()
    STOPPING = auto()
    """It saves, and will be a draft."""
    DRAFT = auto()
    """A model waits to be kept or discarded."""


class Training(QObject):
    """One training at a time, from the folder of music to the model that is kept.

    Signals:
        changed: look at the attributes again.
        ended: the training has ended, finished or stopped.
        heard: folder of a copy of the model as it is now, which should play.
        unheard: what played before should play again.
        kept: the `ModelChoice` that the draft has become; `hearing` still says whether it was heard.

    Attributes:
        phase: decides which of the others mean something.
        folder: of the music.
        reading: how far that is; None at the beginning.
        music: what was found.
        estimate: how long it would take, once that is known.
        learnt: where the training stands; None at the beginning.
        draft: what waits to be kept or discarded.
        hearing: whether what is learnt plays.
        hearable: whether there is something to hear.
        trouble: one sentence on what went wrong last, or nothing.
    """

    changed = pyqtSignal()
    ended = pyqtSignal()
    heard = pyqtSignal(str)
    unheard = pyqtSignal()
    kept = pyqtSignal(object)

    def __init__(self, workshop: Workshop, parent: QObject) -> None:
        """Begin with the draft that an earlier run has left, if there is one."""
        super().__init__(parent)
        self._workshop = workshop
        self._learner: Learner | None = None
        self._going_on = False
        self._written = 0  # passes after which the model was written last
        self._copied = -1  # passes of the copy that was heard last
        self._work = Tasks(self._fail).run
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self.phase = Phase.EMPTY
        self.folder = Path()
        self.reading: msg.Reading | None = None
        self.music: msg.MusicRead | None = None
        self.estimate: msg.Estimated | None = None
        self.learnt: msg.Learnt | None = None
        self.draft: msg.Draft | None = None
        self.hearing = False
        self.hearable = False
        self.trouble = ""
        self._rest()

    @property
    def name(self) -> str:
        """What is learnt, in a word: its folder's name."""
        return self.draft.name if self.draft is not None else self.folder.name

    @property
    def busy(self) -> bool:
        """Whether other music cannot be chosen now."""
        return self.phase in (Phase.LEARNING, Phase.STOPPING, Phase.DRAFT) or self._going_on

    def trouble_with(self, name: str) -> str:
        """Return why the draft cannot be kept under a name, in a few words, or nothing."""
        return self._workshop.drafts.trouble_with(name)

    # --- what the user does ------------------------------------------------------------------------------

    def choose(self, folder: Path) -> None:
        """Read a folder of music, unless something else is still to be kept or discarded."""
        if not self.busy:
            self._let_go()
            self.folder = folder
            self._start(lambda: self._workshop.read(folder))

    def refuse(self, sentence: str) -> None:
        """Say why something is not done."""
        self.trouble = sentence
        self.changed.emit()

    def give_up(self) -> None:
        """Forget the music that is being read, or was found."""
        if self.phase in (Phase.READING, Phase.FOUND):
            self._let_go()
            self._rest()
            self.changed.emit()

    def learn(self) -> None:
        """Train on what was found."""
        if self.phase is Phase.FOUND and self._learner is not None:
            self._learner.learn()
            self.phase, self.learnt, self.hearable, self.trouble = Phase.LEARNING, None, False, ""
            self.changed.emit()

    def stop(self) -> None:
        """Stop learning; what was reached becomes a draft."""
        if self.phase is Phase.LEARNING and self._learner is not None:
            self._learner.stop()
            self.phase = Phase.STOPPING
            self.changed.emit()

    def go_on(self) -> None:
        """Go on with the draft's training."""
        draft = self.draft
        if self.phase is Phase.DRAFT and draft is not None and not draft.finished:
            self.folder = draft.music
            self._start(lambda: self._workshop.go_on(draft), going_on=True)

    def set_hearing(self, on: bool) -> None:
        """Let the live music go on with what is learnt, now and whenever there is more; or with what played before."""
        if on != self.hearing:
            self.hearing = on
            self._copied = -1
            if on:
                self._copy()
            else:
                self.unheard.emit()
            self.changed.emit()

    def hear_no_more(self) -> None:
        """Take note that the user has chosen what else plays."""
        self.hearing = False
        self.changed.emit()

    def keep(self, name: str) -> None:
        """Put the draft among the user's models."""
        if self.phase is Phase.DRAFT:
            self._work(lambda: self._workshop.drafts.keep(name), self._kept)

    def discard(self) -> None:
        """Delete the draft."""
        if self.phase is Phase.DRAFT:
            self.set_hearing(False)
            self._work(self._workshop.drafts.discard, self._emptied)

    def let_go(self) -> None:
        """Let what is being learnt save itself; the window closes."""
        self._timer.stop()
        self._let_go()

    # --- what the process tells --------------------------------------------------------------------------

    def look(self) -> None:
        """Take note of what the process has told since."""
        told = self._learner.poll() if self._learner is not None else []
        for news in told:
            self._take(news)
        if told:
            self.changed.emit()

    def _take(self, news: msg.Told) -> None:
        match news:
            case msg.Reading():
                self.reading = news
            case msg.MusicRead():
                self.music = news
                self.phase = Phase.LEARNING if self._going_on else Phase.FOUND
                self._going_on = False
            case msg.Estimated():
                self.estimate = news
            case msg.Learnt():
                self.learnt = news
            case msg.Written():
                self.hearable, self._written = True, news.passes_done
                if self.hearing:
                    self._copy()
            case msg.Ended():
                self._over("")
            case msg.Failed():
                self._over(news.reason)

    def _over(self, trouble: str) -> None:
        was_learning = self.phase in (Phase.LEARNING, Phase.STOPPING)
        self._let_go()
        self._rest()
        self.trouble = trouble
        if was_learning:
            self.ended.emit()

    def _rest(self) -> None:
        """Show the draft, or nothing."""
        self.draft = self._workshop.drafts.draft()
        self.phase = Phase.DRAFT if self.draft is not None else Phase.EMPTY
        self.hearable = self.draft is not None
        self._written = self.draft.passes_done if self.draft is not None else 0
        self.trouble = ""

    # --- help --------------------------------------------------------------------------------------------

    def _start(self, begin: Callable[[], Learner], *, going_on: bool = False) -> None:
        self.reading = self.music = self.estimate = None
        self.trouble = ""
        try:
            self._learner = begin()
        except RNNRBMError as err:
            self._fail(str(err))
            return
        self.phase, self._going_on = Phase.READING, going_on
        self._timer.start(LOOK_MS)
        self.changed.emit()

    def _let_go(self) -> None:
        if self._learner is not None:
            self._learner.let_go()
            self._learner = None
        self._timer.stop()
        self._going_on = False

    def _copy(self) -> None:
        if self.hearable and self._written != self._copied:
            self._copied = self._written
            self._work(self._workshop.drafts.copy_to_hear, self._hear)

    def _hear(self, folder: Path) -> None:
        if self.hearing:
            self.heard.emit(str(folder))

    def _kept(self, model: ModelChoice) -> None:
        self.kept.emit(model)
        self.hearing = False
        self._emptied(None)

    def _emptied(self, _nothing: object) -> None:
        self._rest()
        self.learnt = None
        self.changed.emit()

    def _fail(self, sentence: str) -> None:
        self.trouble = sentence
        self.changed.emit()
