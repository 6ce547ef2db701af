"""How colours look: contrast as WCAG 2.1 has it, and what eyes without red or green cones see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QColor

# Machado, Oliveira & Fernandes, "A physiologically-based model for simulation of color vision deficiency", IEEE
# Transactions on Visualization and Computer Graphics 15 (2009), table 1, severity 1.0; on linear RGB.
EYES = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
XYZ_OF_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ_OF_RGB @ np.ones(3)


def linear(colour: QColor) -> NDArray[np.float64]:
    """Return linear RGB, (3,) from 0 to 1."""
    parts = np.array([colour.redF(), colour.greenF(), colour.blueF()])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(colour: QColor) -> float:
    """Relative luminance as in WCAG 2.1."""
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio as in WCAG 2.1, from 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def distance(first: QColor, second: QColor, eyes: str) -> float:
    """Distance in CIE L*a*b* (1976) as some eyes see the colours; about 2.3 can just be told apart."""
    return float(np.linalg.norm(_lab(EYES[eyes] @ linear(first)) - _lab(EYES[eyes] @ linear(second))))


def _lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    ratios = XYZ_OF_RGB @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
