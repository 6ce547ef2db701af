.PHONY: run test bench soak assets pictures clean

run:  ## set up if need be, then open the window
	@scripts/setup.sh run
	@.venv/bin/python main.py

test:  ## set up if need be, then run every test
	@scripts/setup.sh test
	@.venv/bin/python -m pytest -n 2 --dist loadgroup

bench:  ## measure lateness, sampling and launch on this machine
	@scripts/setup.sh test
	@.venv/bin/python -m benchmarks

soak:  ## hours of music, and half an hour of mishaps in real time
	@scripts/setup.sh test
	@.venv/bin/python -m benchmarks.soak

assets:  ## render the built-in piano anew
	@.venv/bin/python assets/render_piano.py

pictures:  ## draw the pictures in README anew
	@scripts/setup.sh test
	@.venv/bin/python -m scripts.pictures

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
