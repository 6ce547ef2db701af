"""Layouts that break into rows where there is little width, and panels that are as tall as those rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PyQt6.QtCore import QPoint, QRect, QSize, Qt
from PyQt6.QtWidgets import QLayout, QLayoutItem, QWidget


class _Rows(QLayout):
    """What the two layouts share: items, and a height that depends on the width.

    Attributes:
        across: pixels between neighbours in a row.
    """

    def __init__(self, *, across: int, down: int) -> None:
        """Leave so many pixels between neighbours in a row, and between rows."""
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.across, self._down = across, down

    def addItem(self, item: QLayoutItem | None) -> None:
        """Append; QLayout calls this."""
        assert item is not None
        self._items.append(item)

    def insert(self, index: int, widget: QWidget) -> None:
        """Put a widget before the item at `index`."""
        self.addWidget(widget)
        self._items.insert(index, self._items.pop())
        self.invalidate()

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item; None beyond the last."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove an item and return it."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Grow sideways."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Say that it has."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the rows at a width."""
        return self._place(QRect(0, 0, width, 0), moving=False)

    def setGeometry(self, rect: QRect) -> None:
        """Put every item in its place."""
        super().setGeometry(rect)
        self._place(rect, moving=True)

    def sizeHint(self) -> QSize:
        """The least that is needed: a panel asks `heightForWidth`."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Room for the largest item."""
        size = QSize()
        for item in self._shown():
            size = size.expandedTo(item.minimumSize())
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _place(self, rect: QRect, *, moving: bool) -> int:
        """Return the height that the rows take in a rectangle; put the items there if `moving`."""
        raise NotImplementedError  # not an abstract class: those and Qt's have different metaclasses


class Flow(_Rows):
    """Items as wide as they wish, from left to right; the last one stands at the right."""

    def _place(self, rect: QRect, *, moving: bool) -> int:
        margins = self.contentsMargins()
        inside = rect.marginsRemoved(margins)
        items = self._shown()
        broken = self._broken([item.sizeHint().width() for item in items], inside.width())
        rows = [[items[index] for index in indices] for indices in broken]
        y, last = inside.top(), rows[-1][-1:]
        for row in rows:
            height = max((item.sizeHint().height() for item in row), default=0)
            x = inside.left()
            for item in row:
                size = item.sizeHint()
                if item in last:
                    x = max(x, inside.right() + 1 - size.width())
                if moving:
                    item.setGeometry(QRect(QPoint(x, y + (height - size.height()) // 2), size))
                x += size.width() + self.across
            y += height + self._down
        return y - self._down - rect.top() + margins.bottom()

    def rows(self, widths: Sequence[int], width: int) -> int:
        """Return how many rows items of these widths would take at a width of the whole."""
        margins = self.contentsMargins()
        return len(self._broken(widths, width - margins.left() - margins.right()))

    def _broken(self, widths: Sequence[int], room: int) -> list[range]:
        """Return which items stand in each row."""
        ends, taken = [0], 0
        for index, width in enumerate(widths):
            if index > ends[-1] and taken + self.across + width > room:
                ends.append(index)
                taken = 0
            taken += width + (self.across if index > ends[-1] else 0)
        return [range(first, end) for first, end in pairwise([*ends, len(widths)])]


class Cells(_Rows):
    """Items in as few rows as fit, about equally full; those of a row share its width, equally if all have room so."""

    def _place(self, rect: QRect, *, moving: bool) -> int:
        margins = self.contentsMargins()
        inside = rect.marginsRemoved(margins)
        y = inside.top()
        for row in self._rows(inside.width()):
            height = max((item.sizeHint().height() for item in row), default=0)
            left = inside.left()
            for item, width in zip(row, self._widths(row, inside.width()), strict=True):
                if moving:
                    item.setGeometry(QRect(left, y, width, height))
                left += width + self.across
            y += height + self._down
        return y - self._down - rect.top() + margins.bottom()

    def whole_rows(self, width: int, height: int) -> int:
        """Return the height of those first rows at a width that a height has room for; of the first in any case."""
        margins = self.contentsMargins()
        rows = self._rows(width - margins.left() - margins.right())
        end = margins.top()
        for index, row in enumerate(rows):
            last = index == len(rows) - 1
            below = end + max(item.sizeHint().height() for item in row) + (margins.bottom() if last else self._down)
            if index and below > height:
                break
            end = below
        return end

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        """Return the items of each row; where not even single ones fit, each has its own."""
        items = self._shown()
        for n_rows in range(1, len(items) + 1):
            ends = [-(-len(items) * index // n_rows) for index in range(n_rows + 1)]
            rows = [items[first:end] for first, end in pairwise(ends)]
            if all(sum(self._least(row)) + self.across * (len(row) - 1) <= width for row in rows):
                return rows
        return [[item] for item in items]

    def _widths(self, row: Sequence[QLayoutItem], width: int) -> list[int]:
        """Return a width for each item of a row."""
        room, least = width - self.across * (len(row) - 1), self._least(row)
        if max(least) * len(row) <= room:
            least = [0] * len(row)
        spare = max(0, room - sum(least))
        edges = [spare * index // len(row) for index in range(len(row) + 1)]
        return [needed + end - first for needed, (first, end) in zip(least, pairwise(edges), strict=True)]

    @staticmethod
    def _least(row: Sequence[QLayoutItem]) -> list[int]:
        return [item.minimumSize().width() for item in row]
