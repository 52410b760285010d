# ExpertMesh: a Mixture-of-Experts language model whose experts live in processes of their own.
#
#   make demo     see it work: build, start a mesh, ask questions about docs/, stop
#   make test     everything that continuous integration runs
#
# Both install what is missing first (compose/install.sh, apt-get and one Python venv).

# One flavour of build for everything, so that nothing is compiled twice: optimised, because a
# language model in a debug build is a hundred times slower, and testable. Another set of flags in
# the same folder would rebuild the world; so would colours, which the compiler is told to use only
# where the output is a terminal.
SWIFT_FLAGS := -c release -Xswiftc -enable-testing --no-color-diagnostics
BIN         := .build/release

.DEFAULT_GOAL := help
.PHONY: help install install-tests models build demo test unit acceptance containers soak bench proto proto-check format tidy clean

help: ## this text
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## system libraries and the Python venv of demo and acceptance tests, where missing
	@compose/install.sh

install-tests: ## what the tests start besides: a PostgreSQL server
	@compose/install.sh tests

models: install ## the demo's base model and the sentence encoder, into the cache
	-@"$${EXPERTMESH_CACHE:-$$HOME/.cache/expertmesh}/venv/bin/python" Shared/DemoModel/fetch.py

build: install ## every service and tool, into .build/release
	swift build $(SWIFT_FLAGS)

demo: install ## a mesh of four processes answers questions about docs/, and stops
	@SWIFT_FLAGS='$(SWIFT_FLAGS)' BIN='$(BIN)' compose/demo.sh

test: install-tests models ## unit tests, generated code compared, real processes under the OpenAI client
	@SWIFT_FLAGS='$(SWIFT_FLAGS)' BIN='$(BIN)' Tests/run proto unit acceptance containers

unit: install-tests ## unit tests only; FILTER=RouterTests narrows them
	@SWIFT_FLAGS='$(SWIFT_FLAGS)' BIN='$(BIN)' Tests/run unit

acceptance: install-tests ## only the tests that start real processes
	@SWIFT_FLAGS='$(SWIFT_FLAGS)' BIN='$(BIN)' Tests/run acceptance

containers: models ## the mesh in containers; what is missing of an engine comes from Debian first
	@EXPERTMESH_CONTAINERS=install SWIFT_FLAGS='$(SWIFT_FLAGS)' BIN='$(BIN)' Tests/run containers

soak: models build ## mixed load under random faults for MINUTES=30, drawn from SEED=…
	"$${EXPERTMESH_CACHE:-$$HOME/.cache/expertmesh}/venv/bin/python" Tests/Acceptance/soak.py \
	    --minutes $(or $(MINUTES),30) $(if $(SEED),--seed $(SEED))

bench: build ## measure every figure (or FIGURES=…) and write the table of docs/BENCHMARKS.md
	$(BIN)/benchmarks run $(FIGURES) --json | python3 Tests/figures.py

proto: install ## generate Shared/CProtobuf from Proto/ after a change there
	@Proto/generate.sh

proto-check: install ## fail when Shared/CProtobuf is not what Proto/ generates
	@Tests/run proto

format: ## rewrite every Swift file in the house style
	swift format --in-place --parallel --recursive Package.swift Services Shared Tests

tidy: ## the house rules as tests: layers, lengths, names, links
	@FILTER=TidyTests $(MAKE) --no-print-directory unit

clean: ## forget the build; the cache of fetched models stays
	rm -rf .build
