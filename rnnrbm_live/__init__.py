"""RNN-RBM Live: a generative MIDI instrument, and the RNN-RBM (Boulanger-Lewandowski, Bengio & Vincent, 2012)."""

__version__ = "0.1.0"
