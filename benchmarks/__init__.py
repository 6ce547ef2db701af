"""Measurements, printed as tables; never asserted."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # as the program itself does
    os.environ.setdefault(_name, "1")
