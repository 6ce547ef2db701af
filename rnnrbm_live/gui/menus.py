"""The menus: every job of the window with its shortcut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMainWindow, QMenu, QWidget

from rnnrbm_live.gui.theme import THEMES


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a menu.

    Attributes:
        title: what it is called.
        shortcuts: separated by spaces.
        act: what it does.
        where: the widget that must have the focus for its shortcuts to act; None for the whole window.
    """

    title: str
    shortcuts: str
    act: Callable[[], object]
    where: QWidget | None = None


class Menus:
    """Fills a window's menu bar."""

    def __init__(self, window: QMainWindow) -> None:
        """Begin with an empty bar."""
        self._window = window
        self._themes = QActionGroup(window)

    def add(self, title: str, groups: list[list[Entry]]) -> QMenu:
        """Add a menu of groups with lines between them."""
        bar = self._window.menuBar()
        assert bar is not None
        menu = bar.addMenu(title)
        assert menu is not None
        for index, group in enumerate(groups):
            if index:
                menu.addSeparator()
            for entry in group:
                self._action(menu, entry)
        return menu

    def add_themes(self, menu: QMenu, choose: Callable[[str], None]) -> None:
        """Add the choice of a theme to a menu."""
        themes = menu.addMenu("Theme")
        assert themes is not None
        for name in THEMES:
            action = self._action(themes, Entry(name.capitalize(), "", partial(choose, name)))
            action.setCheckable(True)
            action.setData(name)
            self._themes.addAction(action)

    def add_switch(self, menu: QMenu, title: str, choose: Callable[[bool], None], shortcut: str = "") -> QAction:
        """Add something to be switched on and off to a menu."""
        action = QAction(title, self._window)
        action.setShortcut(QKeySequence(shortcut))
        action.setCheckable(True)
        action.triggered.connect(choose)
        menu.addAction(action)
        return action

    def show_theme(self, name: str) -> None:
        """Tick the theme in use."""
        for action in self._themes.actions():
            action.setChecked(action.data() == name)

    def _action(self, menu: QMenu, entry: Entry) -> QAction:
        action = QAction(entry.title, self._window)
        action.setShortcuts([QKeySequence(keys) for keys in entry.shortcuts.split()])
        if entry.where is None:
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        else:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            entry.where.addAction(action)
        action.triggered.connect(lambda: entry.act())
        menu.addAction(action)
        return action
