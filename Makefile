# Greenroom. `make run` and `make test` are all a newcomer needs; both install what is missing.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
GOFLAGS += -buildvcs=false
export GOFLAGS
TEMPL := $(shell find web/templates -name '*.templ' 2>/dev/null)
GOSRC := $(shell find cmd internal web migrations courses -name '*.go' -o -name '*.sql' -o -name '*.md' -path 'courses/*' -o -name '*.yaml' 2>/dev/null)

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.PHONY: run
run: build ## Build everything and start it with demo people on an SQLite file; prints the address
	GREENROOM_DEMO=$${GREENROOM_DEMO:-true} bin/greenroom serve

.PHONY: build
build: bin/greenroom ## Build assets, templates and the one binary, bin/greenroom

node_modules/.stamp: package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm was not found: install Node.js 20 or newer with npm"; exit 1; }
	npm ci --ignore-scripts --no-audit --no-fund
	touch $@

web/dist/manifest.json: node_modules/.stamp $(shell find web/src cmd/webbuild web/icons.go -type f 2>/dev/null)
	go run ./cmd/webbuild

bin/greenroom: web/dist/manifest.json $(TEMPL) $(GOSRC) go.mod go.sum
	go tool templ generate -log-level error
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $@ ./cmd/greenroom

.PHONY: dev
dev: build ## Build without minifying, start with debug logs
	go run ./cmd/webbuild --dev
	GREENROOM_DEMO=true GREENROOM_LOG_LEVEL=debug go run ./cmd/greenroom serve

.PHONY: tools
tools:
	@scripts/tools.sh

.PHONY: test
test: tools build ## Run every test: on SQLite, on a PostgreSQL of its own, and in a real browser
	go run ./cmd/testpg -- go test -json ./... | go run ./cmd/testsum
	go run ./cmd/testpg -- scripts/race.sh
	go run ./cmd/testpg -- node web/test/run.mjs

.PHONY: check
check: node_modules/.stamp web/dist/manifest.json ## Everything that needs no database or browser: format, vet, types, templates, schema
	@out=$$(gofmt -l $$(git ls-files '*.go' | grep -v '_templ\.go$$')); [ -z "$$out" ] || { echo "not gofmt-ed:"; echo "$$out"; exit 1; }
	go vet ./...
	@scripts/fresh.sh
	npx --no-install tsc -p .
	go test ./internal/archtest ./internal/locale ./internal/config ./web/...
	go test ./internal/db -run TestSchema
	go run ./cmd/greenroom course lint --quiet

.PHONY: lint
lint: ## Static analysis beyond go vet
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

.PHONY: race
race: ## Run what many goroutines share under the race detector
	go run ./cmd/testpg -- scripts/race.sh

.PHONY: bench
bench: build ## Measure, as ratios to a baseline run at the same time; also written to bench/latest.json
	go run ./cmd/bench

.PHONY: schema
schema: ## Write migrations/schema.txt anew from a migrated database
	go run ./cmd/testpg -- go test ./internal/db -run TestSchema -update

.PHONY: clean
clean: ## Remove what was built (data/ is kept)
	rm -rf bin node_modules bench/latest.json
	find web/dist -mindepth 1 ! -name .keep -delete
