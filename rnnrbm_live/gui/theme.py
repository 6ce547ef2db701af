"""Colours, fonts and the style sheet, dark and light. One dataclass; nothing else names a colour."""

from __future__ import annotations

from dataclasses import dataclass, fields
from string import Template

from PyQt6.QtGui import QColor, QFont, QPalette, qGray

WORDS = "Inter"
FIGURES = "JetBrains Mono"
BASE_PIXELS = 13
TEXT_PERCENTS = (80, 90, 100, 110, 125, 150, 175, 200)
SHEET_PIXELS = {"small": 12, "base": BASE_PIXELS, "large": 15, "huge": 17}


@dataclass(frozen=True, slots=True)
class Theme:
    """Every colour of the window.

    Attributes:
        name: ``dark`` or ``light``.
        ground: behind the roll.
        black_row: rows of black keys.
        bar: panels.
        panel: raised parts of panels.
        field: where something is typed or chosen.
        line: edges that recede.
        edge: edges that show.
        text: words and figures.
        muted: words that explain.
        model: what the model plays.
        player: what the player plays.
        primer: what the model listens to.
        alarm: trouble, panic, recording.
        on_model: words on the model's colour.
        on_player: words on the player's colour.
        on_primer: words on the primer's colour.
        white_key: of the drawn keyboard.
        black_key: of the drawn keyboard.
        beat_line: beats in the roll.
        bar_line: bars in the roll.
        key_edge: between the drawn keyboard's white keys.
        key_name: letters on its white keys.
        likely: on the drawn keyboard, how likely a key is next.
        scale: of all text; 1 is `BASE_PIXELS`.
    """

    name: str
    ground: str
    black_row: str
    bar: str
    panel: str
    field: str
    line: str
    edge: str
    text: str
    muted: str
    model: str
    player: str
    primer: str
    alarm: str
    on_model: str
    on_player: str
    on_primer: str
    white_key: str
    black_key: str
    beat_line: str
    bar_line: str
    key_edge: str
    key_name: str
    likely: str
    scale: float = 1.0

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """Return a colour by name with an opacity from 0 to 1."""
        colour = QColor(getattr(self, name))
        colour.setAlphaF(alpha)
        return colour

    def on_ground(self, name: str, strength: float) -> QColor:
        """Return a colour mixed into the ground: 1 is the colour itself, 0 the ground. Opaque paints fastest."""
        colour, ground = QColor(getattr(self, name)), QColor(self.ground)
        parts = ((ground.redF(), colour.redF()), (ground.greenF(), colour.greenF()), (ground.blueF(), colour.blueF()))
        return QColor.fromRgbF(*(below + (above - below) * strength for below, above in parts))

    def on(self, colour: QColor) -> QColor:
        """Return the colour of words on a colour: the ground's or the text's, whichever stands out more."""
        choices = (QColor(self.ground), QColor(self.text))
        return max(choices, key=lambda choice: abs(qGray(choice.rgb()) - qGray(colour.rgb())))


DARK = Theme(
    name="dark",
    ground="#0d1015",
    black_row="#10141a",
    bar="#141920",
    panel="#1a2029",
    field="#0f1319",
    line="#232b36",
    edge="#2e3846",
    text="#e8ecf2",
    muted="#93a0b2",
    model="#f0b03f",
    player="#56b4e9",
    primer="#4cc9a0",
    alarm="#ee7169",
    on_model="#16110a",
    on_player="#06121a",
    on_primer="#06140f",
    white_key="#dfe3ea",
    black_key="#171c24",
    beat_line="#171c24",
    bar_line="#2a323e",
    key_edge="#a9b1bd",
    key_name="#525d6d",
    likely="#b06c00",
)

LIGHT = Theme(
    name="light",
    ground="#fbfcfd",
    black_row="#f2f4f7",
    bar="#eceff3",
    panel="#f7f8fa",
    field="#ffffff",
    line="#dde2e9",
    edge="#c3cad5",
    text="#161b22",
    muted="#56606e",
    model="#b87300",
    player="#0f6fae",
    primer="#08704f",
    alarm="#bf342c",
    on_model="#16110a",
    on_player="#ffffff",
    on_primer="#ffffff",
    white_key="#ffffff",
    black_key="#2a313c",
    beat_line="#eceff3",
    bar_line="#ced5de",
    key_edge="#c3cad5",
    key_name="#525d6d",
    likely="#b87300",
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT)}
COLOURS = tuple(field.name for field in fields(Theme) if field.name not in ("name", "scale"))


def words(pixels: float = BASE_PIXELS) -> QFont:
    """Return the font for words; the system's own where Inter is missing."""
    font = QFont(WORDS)
    font.setStyleHint(QFont.StyleHint.SansSerif)
    font.setPixelSize(round(pixels))
    return font


def figures(pixels: float = BASE_PIXELS) -> QFont:
    """Return the font for numbers: all digits equally wide, so that nothing jiggles."""
    font = QFont(FIGURES)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(round(pixels))
    return font


def palette(theme: Theme) -> QPalette:
    """Return Qt's palette for a theme: what the style sheet does not reach, such as file dialogs and own painting.

    `BrightText` is the colour of what works, `Mid` that of what is off, `Dark` that of muted words.
    """
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.panel,
        roles.WindowText: theme.text,
        roles.Base: theme.field,
        roles.AlternateBase: theme.panel,
        roles.Text: theme.text,
        roles.Button: theme.panel,
        roles.ButtonText: theme.text,
        roles.ToolTipBase: theme.panel,
        roles.ToolTipText: theme.text,
        roles.PlaceholderText: theme.muted,
        roles.Highlight: theme.model,
        roles.HighlightedText: theme.on_model,
        roles.Link: theme.player,
        roles.BrightText: theme.primer,
        roles.Mid: theme.edge,
        roles.Dark: theme.muted,
    }
    made = QPalette()
    for role, colour in colours.items():
        made.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return made


def style_sheet(theme: Theme) -> str:
    """Return the whole application's style sheet."""
    colours = {name: getattr(theme, name) for name in COLOURS}
    sizes = {name: round(pixels * theme.scale) for name, pixels in SHEET_PIXELS.items()}
    return _SHEET.substitute(colours, **sizes, words=WORDS, figures=FIGURES)


_SHEET = Template(
    """
* { font-family: "$words"; font-size: ${base}px; color: $text; }
QMainWindow, QDialog, QMessageBox { background: $panel; }
QWidget#toolbar { background: $bar; border-bottom: 1px solid $line; }
QScrollArea#controls { background: $panel; border: 0; }
QWidget#cells { background: $panel; border-top: 1px solid $line; }
QScrollArea#plain { background: transparent; border: 0; }
QWidget#inside { background: $panel; }
QWidget#status { background: $bar; border-top: 1px solid $line; }
QWidget#status QLabel { font-family: "$figures"; font-size: ${small}px; color: $muted; }
QWidget#status QLabel[kind="value"] { color: $text; }
QWidget#status QWidget[kind="alarm"] QLabel { color: $alarm; }
QWidget#primer { background: $panel; border-bottom: 1px solid $line; }
QWidget#thinking { background: $bar; border-top: 1px solid $line; }
QWidget#thinking QLabel { font-size: ${small}px; }
QWidget#trouble { background: $panel; border-top: 1px solid $line; }
QWidget#trouble[level="warning"] { border-left: 3px solid $alarm; }
QWidget#trouble[level="info"] { border-left: 3px solid $player; }
QLabel[kind="muted"] { color: $muted; font-size: ${small}px; }
QLabel[kind="figure"], QLabel[kind="time"] { font-family: "$figures"; }
QLabel[kind="player"] { font-family: "$figures"; color: $player; }
QLabel[kind="time"] { font-size: ${large}px; }
QLabel[kind="mark"] {
    font-family: "$figures"; font-size: ${small}px; color: $player; background: $field; border-radius: 4px;
    padding: 0 4px;
}
QLabel[kind="dot"] { color: $edge; }
QLabel[kind="dot"][lit="true"] { color: $alarm; }
QPushButton, QToolButton {
    background: $field; border: 1px solid $edge; border-radius: 7px; padding: 6px 14px; min-height: 20px;
}
QToolButton { padding: 4px; }
QPushButton:hover, QToolButton:hover { border-color: $muted; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QDoubleSpinBox:focus,
QSpinBox:focus {
    border: 1px solid $player;
}
QPushButton:disabled, QToolButton:disabled { color: $muted; border-color: $line; }
QPushButton#play { background: $model; color: $on_model; border-color: $model; font-weight: 600; }
QPushButton#play:hover { border-color: $text; }
QPushButton#panic { color: $alarm; }
QPushButton#stop, QPushButton#tap, QPushButton#small { padding: 6px 9px; }
QPushButton#export, QPushButton#default { background: $text; color: $panel; border-color: $text; font-weight: 600; }
QPushButton#export:hover, QPushButton#default:hover { background: $muted; }
QPushButton#continue { background: $primer; color: $on_primer; border-color: $primer; font-weight: 600; }
QPushButton#continue:hover { border-color: $text; }
QPushButton#continue:disabled { background: $field; color: $muted; border-color: $line; }
QPushButton#export:disabled, QPushButton#default:disabled { background: $line; color: $muted; border-color: $line; }
QPushButton:checkable:checked, QPushButton[segment="true"]:checked { background: $line; border-color: $player; }
QFrame#segments { background: $field; border: 1px solid $edge; border-radius: 8px; }
QFrame#segments QPushButton {
    border: 1px solid transparent; background: transparent; color: $muted; padding: 6px 8px;
}
QFrame#segments QPushButton:checked { background: $line; color: $text; border-color: $edge; }
QFrame#segments QPushButton:focus { border-color: $player; }
QComboBox { background: $field; border: 1px solid $edge; border-radius: 7px; padding: 5px 10px; min-height: 20px; }
QComboBox[lamp="true"] { padding-left: 26px; }
QComboBox:hover { border-color: $muted; }
QComboBox:disabled { color: $muted; border-color: $line; }
QComboBox::drop-down { border: 0; width: 22px; }
QComboBox::down-arrow { image: none; width: 0; height: 0; }
QComboBox QAbstractItemView {
    background: $field; border: 1px solid $edge; selection-background-color: $line; selection-color: $text;
    padding: 4px; outline: 0;
}
QLineEdit, QDoubleSpinBox, QSpinBox {
    background: $field; border: 1px solid $edge; border-radius: 7px; padding: 5px 8px; min-height: 20px;
    font-family: "$figures"; selection-background-color: $player; selection-color: $ground;
}
QAbstractSpinBox QLineEdit { background: transparent; border: 0; padding: 0; min-height: 0; }
QDoubleSpinBox#tempo, QDoubleSpinBox#tempo QLineEdit { font-size: ${huge}px; }
QDoubleSpinBox#tempo { padding: 3px 8px; }
QSlider { min-height: 22px; }
QSlider::groove:horizontal { height: 4px; background: $edge; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $model; border-radius: 2px; }
QSlider::handle:horizontal {
    background: $text; border: 2px solid $panel; width: 14px; height: 14px; margin: -7px 0; border-radius: 9px;
}
QSlider::sub-page:horizontal:disabled { background: $edge; }
QSlider::handle:horizontal:disabled { background: $muted; }
QSlider::handle:horizontal:hover { background: $model; }
QSlider:focus { background: transparent; }
QSlider::handle:horizontal:focus { border-color: $player; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $edge; border-radius: 4px; margin: 2px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QTableWidget { background: $field; border: 1px solid $line; border-radius: 7px; outline: 0; }
QTableWidget::item { padding: 0 10px; border: 0; }
QTableWidget::item:selected { background: $line; color: $text; }
QTableWidget:focus { border-color: $player; }
QHeaderView { background: $field; }
QHeaderView::section {
    background: $field; color: $muted; border: 0; border-bottom: 1px solid $line; padding: 6px 13px;
    font-size: ${small}px;
}
QLabel[kind="title"] { font-size: ${huge}px; font-weight: 600; }
QLabel[kind="alarm"] { color: $alarm; }
QFrame#drop { background: $field; border: 1px dashed $edge; border-radius: 10px; }
QFrame#drop[over="true"] { border: 1px solid $primer; }
QProgressBar { background: $field; border: 0; border-radius: 3px; min-height: 6px; max-height: 6px; }
QProgressBar::chunk { background: $model; border-radius: 3px; }
QFrame#floating { background: $panel; border: 1px solid $edge; border-radius: 8px; }
QMenuBar { background: $bar; padding: 2px 6px; }
QMenuBar::item { padding: 4px 10px; border-radius: 5px; background: transparent; }
QMenuBar::item:selected { background: $line; }
QMenu { background: $panel; border: 1px solid $edge; padding: 5px; }
QMenu::item { padding: 6px 26px; border-radius: 5px; }
QMenu::item:selected { background: $line; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QToolTip { background: $panel; color: $text; border: 1px solid $edge; padding: 6px; }
"""
)
