"""Start RNN-RBM Live: the window, or one of the jobs of `rnnrbm-live --help`."""

if __name__ == "__main__":  # the player process imports this file again
    from rnnrbm_live.__main__ import main

    raise SystemExit(main())
