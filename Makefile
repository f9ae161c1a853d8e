# What a contributor types. `make` alone lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help

GO           ?= go
LINT_VERSION ?= v2.15.0
TOOLS        ?= $(shell $(GO) env GOPATH)/bin/provisor-tools
GOLANGCI     ?= $(TOOLS)/golangci-lint
FUZZTIME     ?= 30s
BENCHCOUNT   ?= 3
PACKAGES     ?= ./...

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build ./provisor
	$(GO) build -trimpath -o provisor ./cmd/provisor

.PHONY: quickstart
quickstart: ## provision a demonstration application, with progress and proof
	$(GO) run ./cmd/provisor quickstart

# lint and race, which check runs, vet the same code and run every round. What a
# debugger reads is not linked, and tests that wait for time to pass wait together.
.PHONY: test
test: ## the inner loop: every test that needs Go alone, some with fewer rounds than in check
	$(GO) test -short -vet=off -ldflags=-w -parallel 4 $(PACKAGES)

.PHONY: race
race: ## the same tests under the race detector
	$(GO) test -race -timeout 20m $(PACKAGES)

.PHONY: lint
lint: $(GOLANGCI) ## formatting, vet and the lint set of .golangci.yml
	$(GOLANGCI) run $(PACKAGES)

$(GOLANGCI):
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

.PHONY: e2e
e2e: ## the program as processes: kill -9 in the middle, several on one PostgreSQL, search for secrets
	interop/postgres/install
	PROVISOR_TEST_POSTGRES=required $(GO) test -tags e2e -count 1 -timeout 15m ./e2e

# Everything that needs more than Go (Node, PostgreSQL, …) lives in a folder of its
# own below interop, with a script `run` that installs or starts what it needs.
.PHONY: interop
interop: build ## tests against real third-party programs
	@export PROVISOR_PROGRAM=$(CURDIR)/provisor; for run in $(wildcard interop/*/run); do echo "== $$run"; "$$run" || exit 1; done

.PHONY: check
check: lint race fuzz-short e2e interop ## everything; slow

# The sizes of the table take half an hour; PROVISOR_BENCH_DIVIDE=100 is a quick look.
.PHONY: bench
bench: ## measure the program as a process, and write the table of docs/performance.md
	set -o pipefail; $(GO) test -run '^$$' -bench . -benchtime 1x -count $(BENCHCOUNT) -timeout 4h ./bench | tee bench/last.txt
	$(GO) run ./bench/table < bench/last.txt

.PHONY: bench-packages
bench-packages: ## the benchmarks beside the code, each once
	$(GO) test -run '^$$' -bench . -benchmem -count 1 ./internal/...

.PHONY: fuzz-short
fuzz-short: ## every fuzz target for some thousand inputs
	@$(MAKE) --no-print-directory fuzz FUZZTIME=2000x

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME each
	@set -e; \
	$(GO) list $(PACKAGES) | while read -r package; do \
		for target in $$($(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do \
			echo "== $$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$package"; \
		done; \
	done

.PHONY: clean
clean: ## remove what was built
	rm -rf provisor dist
