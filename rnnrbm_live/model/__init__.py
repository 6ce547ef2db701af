"""The RNN-RBM: its mathematics and training in torch, its live step in numpy. No MIDI, threads or Qt."""
