# Parley. `make` alone says what there is; every target sets itself up on a fresh machine.

PYTHON ?= python3
# The loads of `make score`: whatever decides a requirement of the reference server; of others what is over in seconds.
LOAD ?= $(if $(TARGET)$(TARGET_FILE),smoke,full)
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help score attack test selftest lint docs bench mutation nightly lock clean

help:
	@echo 'make score     score a server and write a report; without TARGET the reference server, by all there is,'
	@echo '               which takes a quarter of an hour; LOAD=smoke leaves out the long loads and takes a minute'
	@echo '               TARGET=http://host:port  TARGET_FILE=target.toml  ARGS="--profile core --seed 7"'
	@echo '               (all options: make score ARGS=--help)'
	@echo 'make test      test Parley itself                      ARGS="-k budget -x"'
	@echo 'make selftest  does the suite find every deliberately wrong server and widget?   ARGS="--whole NAME"'
	@echo 'make lint      format, types, imports and the spec'
	@echo 'make docs      build the documentation into docs/_build/html; a warning is an error'
	@echo 'make bench     measure the suite, the reference server, the load generator and the reports'
	@echo 'make mutation  does a test notice every small edit of the code that judges?   ARGS=--survivors'
	@echo 'make attack    explore a server beyond the checks     TARGET=… TARGET_FILE=… ARGS="--for 5m"'
	@echo 'make nightly   CI, the long benchmarks, twenty seeds, a thousand rounds of races, every mutant on every check,'
	@echo '               make mutation, half an hour of attack and what attacks find, the objectives under load, three'
	@echo '               searches for the knee, a soak, and chat behind two NATs'
	@echo 'make lock      make requirements.lock again from pyproject.toml'
	@echo 'make clean     remove the virtual environment and all caches (runs/ stays)'

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh '$(PYTHON)' '$(VENV)'
	@touch $@

score: $(READY)
	@sh scripts/system-packages.sh browser turnserver esbuild
	@$(RUN) parley score --load '$(LOAD)' $(if $(TARGET),--target '$(TARGET)') $(if $(TARGET_FILE),--target-file '$(TARGET_FILE)') $(ARGS)

attack: $(READY)
	@$(RUN) parley attack $(if $(TARGET),--target '$(TARGET)') $(if $(TARGET_FILE),--target-file '$(TARGET_FILE)') $(ARGS)

selftest: $(READY)
	@sh scripts/system-packages.sh chromium turnserver esbuild
	@$(RUN) parley selftest $(ARGS)

test: $(READY)
	@sh scripts/system-packages.sh node npm browser chromium turnserver esbuild dockerd ip nft prometheus
	@$(RUN) pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(READY)
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@$(BIN)/lint-imports --no-logo
	@$(RUN) parley lint

docs: $(READY)
	@$(BIN)/sphinx-build --fail-on-warning --keep-going --nitpicky --quiet --jobs auto docs docs/_build/html
	@echo 'docs/_build/html/index.html'

bench: $(READY)
	@sh scripts/system-packages.sh node nginx wrk
	@failed=0; $(RUN) bench.heartbeat || failed=1; $(RUN) bench.load || failed=1; \
	  $(RUN) bench.suite $(ARGS) || failed=1; $(RUN) bench.reports || failed=1; exit $$failed

mutation: $(READY)
	@$(RUN) bench.judgement $(ARGS)

nightly: $(READY)
	@bash .ci/run
	@$(MAKE) --no-print-directory bench ARGS=--long
	@$(RUN) bench.seeds
	@$(RUN) bench.races
	@$(RUN) parley selftest --whole --all
	@$(RUN) bench.judgement
	@$(RUN) parley attack --for 30m
	@$(RUN) bench.fuzz
	@$(RUN) bench.attack
	@$(MAKE) --no-print-directory docs
	@$(RUN) parley load --profile steady
	@$(RUN) parley load --profile peers
	@$(RUN) bench.knee
	@$(RUN) bench.soak
	@sh scripts/system-packages.sh chromium turnserver ip nft
	@$(RUN) pytest e2e --network lab --nightly

lock: $(READY)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --group dev --output-file requirements.lock $(ARGS) pyproject.toml

clean:
	rm -rf $(VENV) docs/_build docs/requirements mutants build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
