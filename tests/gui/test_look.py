"""What can be measured of good looks: contrast, nothing clipped, numbers that stay where they are."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QSlider, QWidget

from rnnrbm_live.core.messages import Level
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.snapshot import PrimerState, Timing, Transport
from rnnrbm_live.gui.help import about_window, keys_window
from rnnrbm_live.gui.roll import PLAN_STRENGTH
from rnnrbm_live.gui.roll_painting import TAG_STRENGTH
from rnnrbm_live.gui.sliders import Cell
from rnnrbm_live.gui.strips import Figure
from rnnrbm_live.gui.theme import COLOURS, THEMES, Theme, style_sheet
from rnnrbm_live.gui.window import MainWindow
from tests.gui.colour import EYES, contrast, distance
from tests.gui.fakes import FakeEngine

SIZES = [(900, 600), (1400, 860), (2560, 1440), (3840, 2160)]
TEXT, SHAPES = 4.5, 3.0  # least contrast, WCAG 2.1 AA
FAR, NEAR = 40.0, 10.0  # least distance of colours in L*a*b*


def ratio(theme: Theme, first: str | QColor, second: str | QColor) -> float:
    colours = [c if isinstance(c, QColor) else QColor(getattr(theme, c)) for c in (first, second)]
    return contrast(*colours)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast(QColor("#ffffff"), QColor("#000000")) == pytest.approx(21.0)
    assert contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.48, abs=0.01)


PAIRS = [
    *((words, behind) for words in ("text", "muted") for behind in ("ground", "black_row", "bar", "panel", "field")),
    *((words, "line") for words in ("text", "muted")),
    *(("alarm", behind) for behind in ("field", "bar", "panel")),
    ("on_model", "model"),
    ("on_player", "player"),
    ("on_primer", "primer"),
    ("key_name", "white_key"),
    ("panel", "text"),
    ("ground", "player"),  # selected text
]


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize(("words", "behind"), PAIRS)
def test_words_can_be_read(theme: Theme, words: str, behind: str) -> None:
    assert ratio(theme, words, behind) >= TEXT


def rules(sheet: str) -> dict[str, dict[str, str]]:
    """Return the declarations of a style sheet by selector; a state has those of its widget too."""
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        declared = dict(re.findall(r"([\w-]+): ([^;]+);", body))
        for selector in (part.strip() for part in selectors.split(",")):
            base = re.sub(r"(?<!:):\w[\w-]*", "", selector)
            found[selector] = {**found.get(base, {}), **found.get(selector, {}), **declared}
    return found


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_every_rule_of_the_style_sheet_can_be_read(theme: Theme) -> None:
    """Words on the ground that the rule itself names, else on every ground that they may stand on."""
    checked = 0
    for selector, declared in rules(style_sheet(theme)).items():
        if "dot" in selector or selector.startswith(("QSlider", "QScrollBar", "QProgressBar::chunk")):
            continue  # no words: a lamp with its meaning beside it, grooves and handles
        words, behind = declared.get("color"), declared.get("background")
        grounds = [behind] if behind and behind.startswith("#") else [theme.bar, theme.panel, theme.field]
        for ground in grounds:
            assert contrast(QColor(words or theme.text), QColor(ground)) >= TEXT, (selector, words, ground)
            checked += 1
    assert checked > 60


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("eyes", list(EYES))
@pytest.mark.parametrize("pair", list(itertools.combinations(("model", "player", "primer"), 2)), ids="-".join)
def test_who_plays_is_told_apart_by_all_eyes(theme: Theme, eyes: str, pair: tuple[str, str]) -> None:
    assert distance(theme.colour(pair[0]), theme.colour(pair[1]), eyes) >= FAR
    softest = [theme.on_ground(source, 0.6 * PLAN_STRENGTH) for source in pair]  # of what is coming
    assert distance(*softest, eyes) >= NEAR


def test_eyes_that_confuse_colours_are_simulated() -> None:
    """Pairs that are known to be confused come close; greys stay what they are."""
    red, green = QColor("#c05030"), QColor("#7a7a2c")
    assert distance(red, green, "all cones") > 45
    for eyes in ("protanopia", "deuteranopia"):
        assert distance(red, green, eyes) < 0.5 * distance(red, green, "all cones")
        assert distance(QColor("#808080"), QColor("#909090"), eyes) == pytest.approx(
            distance(QColor("#808080"), QColor("#909090"), "all cones"), abs=0.1
        )


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("source", ["model", "player", "primer"])
def test_notes_can_be_told_from_the_ground(theme: Theme, source: str) -> None:
    assert ratio(theme, theme.on_ground(source, 0.9), "ground") >= SHAPES
    assert ratio(theme, theme.on_ground(source, 0.9), "black_row") >= SHAPES


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_marker_tags_can_be_read(theme: Theme) -> None:
    assert ratio(theme, "primer", theme.on_ground("primer", TAG_STRENGTH)) >= TEXT


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_style_sheet_is_filled_in(theme: Theme) -> None:
    assert "$" not in style_sheet(theme)
    assert set(re.findall(r"#[0-9a-f]{6}\b", style_sheet(theme))) <= {getattr(theme, n) for n in COLOURS}


def clipped(window: QWidget) -> Iterator[str]:
    """Yield the texts that do not fit, or that lie outside their parent."""
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.parentWidget() is None:
            continue
        parent = widget.parentWidget()
        assert parent is not None
        if isinstance(widget, QLabel | QPushButton | QCheckBox | QComboBox | QLineEdit | QSlider | Figure):
            if not parent.rect().contains(widget.geometry()):
                yield f"{type(widget).__name__} {widget.objectName()} outside its parent"
            needed = widget.sizeHint().height()
            if isinstance(widget, QLabel) and widget.wordWrap():
                needed = widget.heightForWidth(widget.width())
            if widget.height() < needed:
                yield f"{type(widget).__name__} {widget.objectName()} is {widget.height()} tall and needs {needed}"
        if isinstance(widget, QLabel) and not widget.wordWrap() and widget.text():
            if widget.fontMetrics().horizontalAdvance(widget.text()) > widget.width():
                yield widget.text()
        elif isinstance(widget, QPushButton | QCheckBox):
            if widget.sizeHint().width() > widget.width() + 8:
                yield widget.text()
        elif isinstance(widget, QComboBox):
            room = widget.width() - (26 if widget.property("lamp") else 10) - 32
            if widget.fontMetrics().horizontalAdvance(widget.currentText()) > room:
                yield widget.currentText()
        elif (
            isinstance(widget, QLineEdit) and widget.fontMetrics().horizontalAdvance(widget.text()) > widget.width() - 8
        ):
            yield widget.text()


def overlapping(parent: QWidget) -> Iterator[tuple[str, str]]:
    """Yield neighbours that lie on one another."""
    children = [
        child
        for child in parent.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if child.isVisible()
    ]
    for index, first in enumerate(children):
        for second in children[index + 1 :]:
            if first.geometry().intersects(second.geometry()):
                yield repr(first), repr(second)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("percent", [80, 100, 200])
@pytest.mark.parametrize("primer", list(PrimerState), ids=lambda state: state.value)
def test_nothing_is_clipped(
    window: MainWindow, engine: FakeEngine, size: tuple[int, int], percent: int, primer: PrimerState
) -> None:
    window.look.set_text(percent)
    engine.play(60)
    engine.change(
        mode=Mode.PRIMER,
        primer=primer,
        settings=Settings(tempo_bpm=299.9, density=-2.95, seed=2**32 - 1, piano_gain_db=-39.5),
        tempo_bpm=299.9,
        timing=Timing(12.34, 45.67, steps_dry=3),
    )
    engine.notice("The MIDI output went away: choose another one; the built-in piano plays on", Level.WARNING)
    window.resize(*size)
    for _ in range(13):  # figures come with every twelfth look
        window.bridge.look()
    for _ in range(3):  # rows that break ask their layouts again
        QApplication.processEvents()
    assert (window.width(), window.height()) == size
    assert list(clipped(window)) == []
    for part in (window.toolbar, window.controls, window.primer, window.trouble, window.status):
        assert list(overlapping(part)) == []


def looked_at(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    for _ in range(13):
        window.bridge.look()
    for _ in range(3):
        QApplication.processEvents()
    assert (window.width(), window.height()) == size


@pytest.mark.parametrize("mode", list(Mode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("percent", [80, 100, 200])
@pytest.mark.parametrize("timing", [Timing(), Timing(keys_answered=12345, keys_missed=0)], ids=["quiet", "played"])
def test_no_strip_is_clipped(window: MainWindow, engine: FakeEngine, mode: Mode, percent: int, timing: Timing) -> None:
    """Each strip at its fullest, in a window as small as it gets."""
    window.look.set_text(percent)
    window.trouble.hide()
    engine.play(60)
    bounds = {} if mode is Mode.TURNS else {"muted": (60, 61), "forced": (48,), "scale": "harmonic minor"}
    engine.change(mode=mode, timing=timing, settings=Settings(duet_place="below", room=12, **bounds))
    window.folding.set_open(True)
    looked_at(window, SIZES[0])
    assert_shared(window)
    strips = [strip for strip in (window.duet, window.turns, window.bounds) if strip.isVisible()]
    for part in (window.toolbar, *strips):
        assert part.height() >= part.heightForWidth(part.width()), "it scrolls, and is not squeezed"
        assert list(clipped(part)) == []
        assert list(overlapping(part)) == []


def assert_shared(window: MainWindow) -> None:
    """Check that no part of the window's middle covers another one, has less than it needs, or hangs out of it."""
    middle = window.centralWidget()
    assert middle is not None
    assert list(overlapping(middle)) == []
    for part in (window.toolbar, window.roll, window.thinking, window.trouble, window.controls, window.status):
        if part.isVisible() and part.height():
            assert middle.rect().contains(part.geometry()), part
            assert part.height() >= min(part.minimumSizeHint().height(), part.maximumHeight()), part


@pytest.mark.parametrize("percent", [80, 100, 200])
@pytest.mark.parametrize("bounds", [False, True])
@pytest.mark.parametrize("notice", ["", "The MIDI output went away: choose another one; the built-in piano plays on"])
def test_a_small_window_has_room_for_thinking_in_a_duet(
    window: MainWindow, engine: FakeEngine, percent: int, bounds: bool, notice: str
) -> None:
    window.look.set_text(percent)
    window.trouble.hide()
    engine.play(60)
    engine.change(mode=Mode.DUET, settings=Settings(scale="major") if bounds else Settings())
    if notice:
        engine.notice(notice, Level.WARNING)
    looked_at(window, SIZES[0])
    window.folding.set_open(True)
    looked_at(window, SIZES[0])
    assert window.thinking.isVisible() or notice, "it gives way to trouble alone"
    assert_shared(window)
    window.folding.set_open(False)
    window.trouble.hide()
    looked_at(window, SIZES[0])
    assert_shared(window)
    assert window.controls.height() > 0
    assert window.status.isVisible()


def test_controls_come_back_when_a_key_goes_to_one(window: MainWindow, engine: FakeEngine) -> None:
    window.look.set_text(200)
    engine.play(60)
    engine.change(mode=Mode.DUET, settings=Settings(scale="major"))
    window.folding.set_open(True)
    looked_at(window, SIZES[0])
    assert window.controls.height() == 0
    QTest.keyClick(window.roll, Qt.Key.Key_T, Qt.KeyboardModifier.AltModifier)
    looked_at(window, SIZES[0])
    assert window.controls.sliders["temperature"].slider.hasFocus()
    assert window.controls.height() > 0
    assert not window.thinking.is_open


@pytest.mark.parametrize("percent", [80, 100, 200])
def test_controls_that_scroll_begin_with_whole_rows(window: MainWindow, engine: FakeEngine, percent: int) -> None:
    window.look.set_text(percent)
    for mode in (Mode.FREE, Mode.TURNS):
        engine.change(mode=mode)
        looked_at(window, SIZES[0])
        edge = window.controls.height()
        for cell in window.controls.findChildren(Cell):
            assert cell.y() >= edge - 1 or cell.geometry().bottom() < edge, "no row is cut in two"


@pytest.mark.parametrize(
    ("width", "percent", "in_one_row", "all_shown"),
    [
        (900, 100, True, False),
        (1100, 100, True, True),
        (1280, 100, True, True),
        (1920, 200, True, True),
        (1400, 200, False, True),
    ],
)
def test_the_toolbar_shows_what_has_room(
    window: MainWindow, width: int, percent: int, in_one_row: bool, all_shown: bool
) -> None:
    window.look.set_text(percent)
    window.trouble.hide()
    looked_at(window, (width, 800))
    bar = window.toolbar
    beside = bar.play.mapTo(bar, bar.play.rect().center()).y() - bar.export.mapTo(bar, bar.export.rect().center()).y()
    assert (abs(beside) < 5) is in_one_row
    assert bar.train.isVisible() is bar.open.isVisible() is all_shown
    assert list(clipped(bar)) == []
    assert list(overlapping(bar)) == []


def test_strips_and_controls_take_few_rows_in_a_small_window(window: MainWindow, engine: FakeEngine) -> None:
    """A row for the duet, one for the bounds, two for all controls: the rest is the music's."""
    engine.play(60)
    engine.change(mode=Mode.DUET, settings=Settings(muted=(60, 61), forced=(48,)), timing=Timing(keys_answered=9))
    looked_at(window, (900, 600))
    row = window.duet.choices["room"].height()
    assert window.duet.height() < 2 * row
    assert window.bounds.height() < 2 * row
    assert len({cell.y() for cell in window.controls.findChildren(Cell)}) == 2
    assert window.roll.height() >= 0.33 * window.height()


def test_transport_signs_are_as_large_as_the_words(window: MainWindow, engine: FakeEngine) -> None:
    for percent in (200, 80, 100):
        window.look.set_text(percent)
        for button in (window.toolbar.play, window.toolbar.stop):
            assert button.iconSize().width() == round(18 * percent / 100)


def test_nothing_is_clipped_without_midi_and_sound(window: MainWindow, engine: FakeEngine) -> None:
    engine.change(ports=type(engine.snapshot.ports)())
    window.resize(900, 600)
    window.bridge.look()
    QApplication.processEvents()
    assert list(clipped(window)) == []
    assert not window.controls.output.isEnabled()
    assert not window.controls.piano.isEnabled()
    assert "No sound device" in window.controls.piano.toolTip()


def test_figures_stay_where_they_are(window: MainWindow, engine: FakeEngine) -> None:
    def places() -> list[int]:
        for _ in range(13):
            window.bridge.look()
        QApplication.processEvents()
        return [figure.x() for figure in window.status.figures.values() if figure.isVisible()]

    engine.play(1)
    engine.change(timing=Timing())
    before = places()
    engine.play(9_999)
    engine.change(timing=Timing(9.99, 10.0))
    assert places() == before


def test_seed_and_counts_make_room_for_lateness(window: MainWindow, engine: FakeEngine) -> None:
    engine.play(4)
    window.resize(900, 600)
    for _ in range(13):
        window.bridge.look()
    QApplication.processEvents()
    shown = [name for name, figure in window.status.figures.items() if figure.isVisible()]
    assert shown[:3] == ["bar", "late", "sampling"]
    assert "seed" not in shown


def test_every_control_explains_itself(window: MainWindow) -> None:
    for widget in window.findChildren(QWidget):
        if isinstance(widget, QPushButton | QCheckBox | QComboBox | QSlider):
            name = widget.accessibleName() or (widget.text() if isinstance(widget, QPushButton | QCheckBox) else "")
            assert name, widget
            assert widget.toolTip() or widget is window.controls.piano, name


def test_every_control_is_reached_by_tab(window: MainWindow, engine: FakeEngine) -> None:
    engine.play(2)
    window.bridge.look()
    reached: list[QWidget] = []
    widget: QWidget | None = window.toolbar.play
    while widget is not None and widget not in reached:
        reached.append(widget)
        widget = widget.nextInFocusChain()
    controls = [window.toolbar.play, window.toolbar.panic, window.toolbar.tempo, window.toolbar.model]
    controls += [window.toolbar.export, window.controls.sliders["temperature"].slider, window.controls.seed]
    controls += [window.controls.input, window.controls.output, window.controls.piano]
    order = [reached.index(control) for control in controls]
    assert order == sorted(order)


@pytest.mark.parametrize("make", [keys_window, about_window])
def test_help_stops_nothing(window: MainWindow, make: object) -> None:
    assert callable(make)
    dialog = make(window)
    dialog.show()
    assert not dialog.isModal()
    assert list(clipped(dialog)) == []
    dialog.close()


def test_information_goes_and_trouble_stays(window: MainWindow, engine: FakeEngine) -> None:
    engine.notice("the port went away", Level.WARNING)
    window.bridge.look()
    assert window.trouble.isVisible()
    assert window.trouble.text == "The port went away"
    assert not window.trouble.waiting_to_go
    engine.notice("Saved", Level.INFO)
    window.bridge.look()
    assert window.trouble.waiting_to_go


def test_same_notice_twice_is_seen_twice(window: MainWindow, engine: FakeEngine) -> None:
    for _ in range(2):
        engine.notice("the port went away")
        window.bridge.look()
        assert window.trouble.isVisible()
        window.trouble.dismiss.click()
        window.bridge.look()
        assert not window.trouble.isVisible()


def test_stopped_paused_and_playing_look_different(window: MainWindow, engine: FakeEngine) -> None:
    looks = {}
    for transport in Transport:
        engine.change(transport=transport)
        window.bridge.look()
        looks[transport] = (window.toolbar.play.text(), window.toolbar.stop.isEnabled())
    assert looks == {
        Transport.STOPPED: ("Play", False),
        Transport.PLAYING: ("Pause", True),
        Transport.PAUSED: ("Play", True),
    }
