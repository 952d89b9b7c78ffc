# make demo: a class of thirty over the six assignments of the core course; a second one takes up the first one's folder, .demo.
# make demo-all: over all of them.  make test: everything that must hold.  Both create and reuse .venv.
# Debian's python3.11 first: it lives where every user can read it, which the unprivileged sandbox needs.
PYTHON ?= $(shell for p in /usr/bin/python3.11 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# a teacher's and a student's JupyterLab with everything between them, in ./classroom
.PHONY: classroom bench-watch
classroom: $(STAMP)
	$(BIN)/coursegrader classroom

# real JupyterLab, real hub, Debian's chromium: says by name what is missing (SAVE=--save-screenshots writes docs/images)
.PHONY: test-browser
test-browser: $(STAMP)
	$(BIN)/python -m tests.browser.prerequisites
	$(BIN)/python -m pytest tests/browser $(SAVE)

bench-watch: $(STAMP)
	$(BIN)/python benchmarks/watch.py

.PHONY: demo demo-all test lint types figures release lock clean attacks bench-throughput bank bench-checks mutants chaos bench-scale bench-fairness bench-queue bench-gradebook
.PHONY: fuzz nbgrader-tests bench-neighbours bench-harm

demo: $(STAMP)
	$(BIN)/coursegrader demo --keep .demo 01-compter-generer 02-contexte-plus-long 03-un-neurone 04-plongements 05-entrainer 06-plus-de-couches

demo-all: $(STAMP)
	$(BIN)/coursegrader demo --all --keep .demo-all

# a file of tests stays on one of two processes: its fixtures are made once
test: $(STAMP) lint types
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMP)
	$(BIN)/mypy

figures: $(STAMP)
	$(BIN)/coursegrader data figures

bank: $(STAMP)
	$(BIN)/python benchmarks/bank.py

# What the hidden checks of a right submission cost
bench-checks: $(STAMP)
	$(BIN)/python benchmarks/check_cost.py

# The GPT of 07 beside makemore's transformer: make bench-makemore MAKEMORE=../makemore (a clone of github.com/karpathy/makemore)
.PHONY: bench-makemore
bench-makemore: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/makemore.py $(if $(MAKEMORE),--makemore $(MAKEMORE))

# Small changes to the reference: which of them would no hidden check notice?
mutants: $(STAMP)
	$(BIN)/python benchmarks/mutants.py

attacks: $(STAMP)
	$(BIN)/python benchmarks/attacks.py

chaos: $(STAMP)
	$(BIN)/python benchmarks/chaos.py

bench-scale: $(STAMP)
	$(BIN)/python benchmarks/scale.py

bench-fairness: $(STAMP)
	$(BIN)/python benchmarks/fairness.py

bench-queue: $(STAMP)
	$(BIN)/python benchmarks/fairness_queue.py

bench-gradebook: $(STAMP)
	$(BIN)/python benchmarks/gradebook.py

# What hostile submissions do to honest ones beside them, and whether confinement harms right answers
bench-neighbours: $(STAMP)
	$(BIN)/python benchmarks/neighbours.py

bench-harm: $(STAMP)
	$(BIN)/python benchmarks/harm.py

fuzz: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/fuzz.py

# nbgrader's own, unmodified tests of autograde, with this engine behind them: 40 pass, 2 are skipped by themselves
nbgrader-tests: $(STAMP)
	PATH="$(abspath $(BIN)):$$PATH" JUPYTER_CONFIG_PATH=$(abspath benchmarks/nbgrader_injected) OMP_NUM_THREADS=1 \
		$(abspath $(BIN))/python -m pytest -q -p no:cacheprovider --rootdir=benchmarks/nbgrader_injected -c /dev/null \
		--pyargs nbgrader.tests.apps.test_nbgrader_autograde

# otter-grader lives in an environment of its own: it is only measured against
bench-throughput: $(STAMP) .venv-bench/.installed
	$(BIN)/python benchmarks/throughput.py --otter .venv-bench/bin/python

.PHONY: bench-sandbox
bench-sandbox: $(STAMP)
	$(BIN)/python benchmarks/sandbox.py

.venv-bench/.installed:
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check otter-grader==7.0.0 torch==2.13.0 numpy==2.4.6 ipykernel==7.4.0
	touch $@

release: $(STAMP)
	$(BIN)/coursegrader build

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 with venv is needed. On Debian 12: sudo apt-get install python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

lock: $(STAMP)
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu//' > requirements.lock

clean:
	rm -rf $(VENV) .venv-bench .build .mypy_cache .ruff_cache .pytest_cache
