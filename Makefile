# Each target works in a fresh clone: it makes .venv first, and installs again only when what is installed changed.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: demo test check bench screenshots recording clean

demo: $(INSTALLED)
	@if test -t 0 && test -t 1 && test -t 2; then \
		$(BIN)/perftui launch --demo; \
	else \
		echo "Not a terminal: the same profile runs without a screen, for 20 s."; \
		$(BIN)/perftui run light --demo --run-time 20s; \
	fi

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(INSTALLED)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

screenshots: $(INSTALLED)
	$(BIN)/python screenshots/make.py

recording: $(INSTALLED)
	$(BIN)/python screenshots/record.py

clean:
	rm -rf .venv dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "perftui needs Python 3.11 or newer as '$(PYTHON)'; name another: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (once, and when pyproject.toml or constraints.txt changes)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
