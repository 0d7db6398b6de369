# Each target sets up what it needs; done once, setting up costs a second.
PYTHON ?= python3
BIN := .venv/bin
# most of them wait for services, which a file shares
AT_ONCE := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo demo-yarn demo-secure test test-long lint unit integration faults chaos bench docs clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-14s%s\n", $$1, $$2}'

setup: ## .venv with ethlogs and what its tests need, and the devnet's geth and Kafka
	@PYTHON=$(PYTHON) scripts/setup

demo: setup ## the main job on this machine: a real geth, a real Kafka, 20 blocks
	@$(BIN)/ethlogs-devnet run -- $(BIN)/python scripts/demo.py

demo-yarn: setup ## the same on a real YARN and HDFS, from a packed environment, twice
	@$(BIN)/ethlogs-devnet run --yarn -- $(BIN)/python scripts/demo_yarn.py

demo-secure: setup ## the same on a cluster with Kerberos: KDC, HDFS, YARN, Kafka with TLS and ACLs
	@$(BIN)/ethlogs-devnet run --yarn --kerberos -- $(BIN)/python scripts/demo_secure.py

test: lint unit integration ## lint, types, unit tests, and integration tests with the real services

lint: setup ## linter, formatter and type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/cli_reference.py --check

unit: setup ## tests without services
	$(BIN)/pytest tests/unit devnet/tests/unit -q -n 2

integration: setup ## tests with the real services, three files at a time
	$(BIN)/pytest tests/integration devnet/tests/integration -q $(AT_ONCE)

test-long: setup ## the tests that take minutes each, and an older Spark
	$(BIN)/pytest tests/integration devnet/tests/integration -q -m long

faults: setup ## each fault on a running stream, nothing lost, nothing doubled: makes docs/faults.md
	@$(BIN)/python -m tests.harness.faults.matrix

chaos: setup ## random faults on one stream, then the proof: MINUTES=10 SEED=7
	@$(BIN)/python -m tests.harness.faults.chaos --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

bench: setup ## throughput and latency, beside peers, in one run on this machine
	$(BIN)/python benchmarks/run.py

docs: setup ## docs/cli.md, from the commands' own help
	$(BIN)/python scripts/cli_reference.py

clean: ## remove the virtual environment
	rm -rf .venv
