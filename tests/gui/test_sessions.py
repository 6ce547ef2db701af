"""The window of saved sessions, and the offer to go on with one that was cut off."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.errors import JournalError
from rnnrbm_live.core.messages import Notice
from rnnrbm_live.engine.snapshot import Transport
from rnnrbm_live.gui.export_dialog import EXPORT_FILTERS, follow_kind, with_suffix
from rnnrbm_live.gui.services import SessionEntry
from rnnrbm_live.gui.sessions import SessionsWindow
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine, FakeFiles, FakeShelf, MemoryStore, services
from tests.gui.test_look import SIZES, clipped

ENTRIES = [
    SessionEntry(
        Path("now.session"),
        "Wed 25 Nov 2026, 17:40",
        "0:12",
        "bach-chorales",
        60,
        state="playing now",
        usable=False,
        deletable=False,
    ),
    SessionEntry(
        Path("cut.session"), "Tue 24 Nov 2026, 21:05", "12:40", "folk-tunes", 4210, state="cut off", cut_off=True
    ),
    SessionEntry(Path("old.session"), "Mon 23 Nov 2026, 09:30", "1:02", "piano", 318),
    SessionEntry(Path("bad.session"), "bad", state="bad.session is damaged: choose another session", usable=False),
]


@pytest.fixture
def shelf() -> FakeShelf:
    shelf = FakeShelf()
    shelf.shown = list(ENTRIES)
    return shelf


@pytest.fixture
def sessions(qapp: QApplication, qtbot: QtBot, window: MainWindow, shelf: FakeShelf) -> SessionsWindow:
    dialog = SessionsWindow(window, shelf, lambda: ".")  # its parent takes it down
    dialog.show()
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 4)
    return dialog


def test_it_lists_what_was_played_and_offers_what_can_be_done(sessions: SessionsWindow) -> None:
    def offered(row: int) -> tuple[bool, bool, bool, bool]:
        sessions.table.selectRow(row)
        buttons = (sessions.go_on, sessions.listen, sessions.export, sessions.delete)
        return tuple(button.isEnabled() for button in buttons)  # type: ignore[return-value]

    cells = [[sessions.table.item(row, column).text() for column in range(5)] for row in range(4)]  # type: ignore[union-attr]
    assert cells[1] == ["Tue 24 Nov 2026, 21:05", "12:40", "folk-tunes", "4\N{NARROW NO-BREAK SPACE}210", "cut off"]
    assert cells[3][4].startswith("bad.session is damaged")
    assert [offered(row) for row in range(4)] == [
        (False, False, False, False),
        (True, True, True, True),
        (True, True, True, True),
        (False, False, False, True),
    ]


@pytest.mark.parametrize("percent", [80, 100, 200])
def test_it_fits_a_small_window(window: MainWindow, shelf: FakeShelf, qtbot: QtBot, percent: int) -> None:
    window.look.set_text(percent)
    window.trouble.hide()
    window.resize(*SIZES[0])
    QApplication.processEvents()
    dialog = SessionsWindow(window, shelf, lambda: ".")
    dialog.show()
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 4)
    assert dialog.width() <= SIZES[0][0]
    assert dialog.height() <= SIZES[0][1]
    assert list(clipped(dialog)) == []
    for button in (dialog.go_on, dialog.listen, dialog.export, dialog.delete):
        assert dialog.rect().contains(button.geometry())


def test_going_on_with_a_session_asks_the_engine_and_closes(
    sessions: SessionsWindow, qtbot: QtBot, window: MainWindow
) -> None:
    sessions.table.selectRow(2)
    with qtbot.waitSignal(sessions.asked) as asked:
        sessions.go_on.click()
    command = asked.args[0]
    assert isinstance(command, ask.TakeUpSession)
    assert command.model == "old"
    qtbot.waitUntil(lambda: not window.findChildren(SessionsWindow))


def test_listening_silences_the_engine_and_ends_with_the_window(
    sessions: SessionsWindow, qtbot: QtBot, shelf: FakeShelf
) -> None:
    sessions.table.selectRow(1)
    with qtbot.waitSignal(sessions.listening):
        sessions.listen.click()
    qtbot.waitUntil(lambda: sessions.listen.text() == "Stop")
    assert not sessions.go_on.isEnabled()
    sessions.listen.click()
    assert not shelf.heard[0].playing
    assert sessions.listen.text() == "Listen"
    sessions.listen.click()
    qtbot.waitUntil(lambda: len(shelf.heard) == 2 and sessions.listen.text() == "Stop")
    shelf.heard[1].playing = False  # it has come to its end
    qtbot.waitUntil(lambda: sessions.listen.text() == "Listen")
    sessions.listen.click()
    qtbot.waitUntil(lambda: len(shelf.heard) == 3 and sessions.listen.text() == "Stop")
    sessions.close()
    assert not shelf.heard[2].playing


def test_deleting_takes_it_off_the_list_and_says_why_not(
    sessions: SessionsWindow, qtbot: QtBot, shelf: FakeShelf
) -> None:
    sessions.delete_now(ENTRIES[2])
    qtbot.waitUntil(lambda: sessions.table.rowCount() == 3)
    shelf.trouble = JournalError("cut.session cannot be deleted: delete it by hand")
    with qtbot.waitSignal(sessions.said) as said:
        sessions.delete_now(ENTRIES[1])
    assert said.args == [Notice("cut.session cannot be deleted: delete it by hand")]


def test_exporting_tells_where(sessions: SessionsWindow, qtbot: QtBot, shelf: FakeShelf) -> None:
    with qtbot.waitSignal(sessions.said) as said:
        sessions.export_to(Path("music/a.wav"), ENTRIES[1])
    assert said.args[0].text == "Saved a.wav in music"
    assert shelf.exported == [(Path("cut.session"), Path("music/a.wav"))]


def test_an_empty_shelf_explains_itself(qapp: QApplication, qtbot: QtBot, window: MainWindow) -> None:
    dialog = SessionsWindow(window, FakeShelf(), lambda: ".")
    dialog.show()
    qtbot.waitUntil(lambda: "all that you play is saved" in dialog.empty.text())
    assert dialog.empty.isVisible()
    assert not any(button.isEnabled() for button in (dialog.go_on, dialog.listen, dialog.export, dialog.delete))


@pytest.mark.parametrize(
    ("name", "chosen", "written"),
    [
        ("a.mid", "Picture (*.png)", "a.mid"),
        ("a", "Sound (*.wav)", "a.wav"),
        ("a 17.40", "MIDI file (*.mid)", "a 17.40.mid"),
        ("a.WAV", "MIDI file (*.mid)", "a.WAV"),
    ],
)
def test_the_name_decides_what_is_written_or_else_the_kind_chosen(name: str, chosen: str, written: str) -> None:
    assert with_suffix(Path(name), chosen) == Path(written)


def test_a_session_that_was_cut_off_is_offered_at_launch(
    qapp: QApplication, qtbot: QtBot, engine: FakeEngine, store: MemoryStore, files: FakeFiles, tmp_path: Path
) -> None:
    window = MainWindow(engine, services(engine, store, files, tmp_path, FakeShelf(), ENTRIES[1]))
    window.bridge.stop()
    qtbot.addWidget(window)
    window.show()
    assert window.trouble.isVisible()
    assert "Tue 24 Nov 2026, 21:05" in window.trouble.text
    window.trouble.act.click()
    qtbot.waitUntil(lambda: any(isinstance(sent, ask.TakeUpSession) for sent in engine.sent))
    assert not window.trouble.isVisible()
    window.close()


def test_an_offer_comes_back_after_a_notice_and_goes_when_dismissed(window: MainWindow) -> None:
    trouble = window.trouble
    trouble.offer("It was cut off", "Go on", "Take it up", lambda: None)
    assert trouble.act.isVisible()
    trouble.show_notice(Notice("The disk is full"))
    assert not trouble.act.isVisible()
    assert trouble.text == "The disk is full"
    trouble.dismiss.click()
    assert trouble.text == "It was cut off"
    assert trouble.act.isVisible()
    trouble.dismiss.click()
    assert not trouble.isVisible()
    trouble.show_notice(Notice("The disk is full"))
    trouble.dismiss.click()
    assert not trouble.isVisible()


def test_listening_from_the_main_window_pauses_only_what_plays(window: MainWindow, engine: FakeEngine) -> None:
    window.show_sessions()
    (dialog,) = window.findChildren(SessionsWindow)
    dialog.listening.emit()
    assert ask.Pause() not in engine.sent
    engine.change(transport=Transport.PLAYING)
    dialog.listening.emit()
    assert ask.Pause() in engine.sent
    dialog.close()


def test_a_dialog_asks_before_it_overwrites_what_it_will_write(qapp: QApplication) -> None:
    """Qt asks about the name with the default suffix, which follows the kind that is chosen."""
    dialog = QFileDialog()
    dialog.setNameFilter(EXPORT_FILTERS)
    follow_kind(dialog)
    assert dialog.defaultSuffix() == "mid"
    for chosen, suffix in zip(dialog.nameFilters(), ("mid", "wav", "png"), strict=True):
        dialog.filterSelected.emit(chosen)
        assert dialog.defaultSuffix() == suffix
