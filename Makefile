# Each target sets up what it needs and no more; done once, setting up costs a second.
PYTHON ?= python3
BIN := .venv/bin
SETUP := @PYTHON=$(PYTHON) scripts/setup
UNIT := tests/unit devnet/tests/unit
INTEGRATION := tests/integration devnet/tests/integration
TESTS ?= $(UNIT) $(INTEGRATION)
# what others build on: each line and each branch has its unit test, which make coverage insists on
COMPLETE := */ethlogs/proof/*,*/ethlogs/settings/*,*/ethlogs/ledger.py,*/ethlogs/event_log.py
# most of them wait for services, which a file, or a group of files, shares
AT_ONCE := -n 4 --dist loadscope --no-loadscope-reorder
.DEFAULT_GOAL := help
# where this is set, each of the hundreds of processes that tests start compiles all that it imports
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-demo setup-python setup-packages setup-services setup-yarn setup-livy demo demo-yarn demo-secure demo-notebook \
	test test-long lint format unit integration coverage faults chaos bench docs site release lock clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-14s%s\n", $$1, $$2}'

setup: ## everything that the other targets set up as they need it, Kerberos included
	$(SETUP) all

setup-demo setup-python setup-packages setup-services setup-yarn setup-livy:
	$(SETUP) $(@:setup-%=%)

demo: setup-demo ## the main job on this machine: a real geth, a real Kafka, 20 blocks
	@$(BIN)/ethlogs-devnet run -- $(BIN)/python -m scripts.demo

demo-yarn: setup-yarn ## the same on a real YARN and HDFS, from a packed environment, twice
	@$(BIN)/ethlogs-devnet run --yarn -- $(BIN)/python -m scripts.demo_yarn

demo-secure: setup ## the same on a cluster with Kerberos: KDC, HDFS, YARN, Kafka with TLS and ACLs
	@$(BIN)/ethlogs-devnet run --yarn --kerberos -- $(BIN)/python -m scripts.demo_secure

demo-notebook: setup-services ## the example notebook, executed with a real geth and Kafka, and its picture: in demo-notebook/
	@$(BIN)/ethlogs-devnet run -- $(BIN)/python -m scripts.demo_notebook

# lint and unit tests need no service, so these are fetched meanwhile
test: setup-packages ## lint, types, unit tests, and integration tests with the real services
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target lint unit setup-livy
	@$(MAKE) --no-print-directory integration

lint: setup-python ## linter, formatter and type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m scripts.cli_reference --check

format: setup-python ## format the source, and fix what the linter can fix
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

unit: setup-python ## tests without services
	$(BIN)/pytest $(UNIT) -q -n 3

integration: setup-livy ## tests with the real services, four files at a time
	$(BIN)/pytest $(INTEGRATION) -q $(AT_ONCE)

test-long: setup-livy ## the tests that take minutes each, and an older Spark
	$(BIN)/pytest $(INTEGRATION) -q -m long

coverage: $(if $(findstring integration,$(TESTS)),setup-livy,setup-python) ## which lines no test runs: TESTS=tests/unit for the quick part
	@rm -rf .coverage && mkdir .coverage
	-$(BIN)/coverage run -m pytest $(TESTS) -q $(AT_ONCE)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage report --show-missing --fail-under=100 --include='$(COMPLETE)'

faults: setup-services ## each fault on a running stream, nothing lost, nothing duplicated: makes docs/faults.md
	@$(BIN)/python -m tests.harness.faults.matrix

chaos: setup-services ## random faults on one stream, then the proof: MINUTES=10 SEED=7, ONE_DRIVER=1, HISTORY=1 EXECUTORS=4
	@$(BIN)/python -m tests.harness.faults.chaos --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED)) \
		$(if $(ONE_DRIVER),--one-driver) $(if $(HISTORY),--history --executors $(or $(EXECUTORS),4))

bench: setup-services ## throughput and latency, beside peers, in one run: ONLY=peers,latency OUTPUT=docs/performance.md
	@$(BIN)/python -m benchmarks.run $(if $(ONLY),--only $(ONLY)) $(if $(OUTPUT),--output $(OUTPUT))

docs: setup-python ## what is written from the code: commands, settings, the schema of records, a sample ethlogs.toml
	$(BIN)/python -m scripts.cli_reference

site: setup-python ## the documentation as a web site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "site/index.html is its first page"

release: setup-python ## the wheel and the source archive in dist/, after the wheel alone was tried
	$(BIN)/python -m scripts.release

lock: ## the lock files, from setup.cfg: UPGRADE=1 for newer versions
	@PYTHON=$(PYTHON) UPGRADE=$(UPGRADE) scripts/lock

clean: ## remove the virtual environment, the site, the release, and what demo-notebook leaves
	rm -rf .venv site dist demo-notebook
