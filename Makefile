# The front door for people and for CI. Every target is safe to repeat, and asks no questions.
SHELL := bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# step "what" command…: announces, runs with the build tools on PATH, and times.
STEP := setup/step
# What runs on the host. `hydrate` is the browser's, and is built for wasm32 only.
HOST := -p protocol -p client -p app -p store -p chat -p server -p testbed -p load -p simulation

.PHONY: help run dev build setup test test-faults abuse test-abuse fmt format docs lint test-rust prove prove-random prove-faults test-browser test-browsers bench load compare deny clean

help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: build ## Build and start Jackdaw at http://127.0.0.1:3000; nothing else is needed.
	@exec target/release/jackdaw

dev: ## Start it with debug checks; rebuild and reload the browser on every change.
	@setup/tools
	@$(STEP) "watching" cargo leptos watch --split

build: ## Build the server (target/release/jackdaw) and the page (target/site).
	@setup/tools
	@$(STEP) "building the page and the server (the first time takes minutes)" cargo leptos build --release --split
	@$(STEP) "compressing the page" setup/site-size

setup: ## Install what building and testing need and this machine lacks.
	@setup/tools checks
	@setup/services

test: setup fmt lint test-rust test-browser test-faults test-abuse ## Everything that CI checks, in its order.
	@echo "→ all checks passed"

fmt: ## Check the formatting.
	@$(STEP) "checking the formatting" cargo fmt --all --check

format: ## Format the code.
	@$(STEP) "formatting" cargo fmt --all

docs: ## Write docs/limits.md from the table of bounds.
	@$(STEP) "writing docs/limits.md" bash -c 'cargo run --quiet -p server -- limits >target/limits.md && mv target/limits.md docs/limits.md'

lint: ## Check with clippy, for the host and for the browser, build the documentation, check the dependencies; warnings are errors.
	@setup/tools checks
	@$(STEP) "looking for unused dependencies" cargo machete
	@$(STEP) "checking licences and sources of the dependencies" cargo deny --log-level error check bans licenses sources
	@$(STEP) "checking with clippy, host" cargo clippy --quiet $(HOST) --features app/ssr --all-targets -- -D warnings
	@$(STEP) "checking with clippy, browser" cargo clippy --quiet -p hydrate --target wasm32-unknown-unknown -- -D warnings
	@$(STEP) "building the documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps $(HOST) --features app/ssr

test-rust: ## Run the Rust tests beside a private PostgreSQL and Redis.
	@setup/services
	@$(STEP) "running the Rust tests" end2end/services cargo test --workspace --exclude hydrate

# One seed is replayed to be looked at: real processes would only be in the way.
prove: prove-random $(if $(SEED),,prove-faults) ## Prove delivery: random histories in virtual time, then faults of real processes.

prove-random: ## Run the simulator on 2,000 seeds (SEEDS=n for another count, SEED=n to replay one).
	@SEEDS="$${SEEDS:-2000}" $(STEP) "proving delivery" cargo test --release --package simulation -- --nocapture

test-browser: build ## Run the browser tests against the release build.
	@setup/services
	@JACKDAW_BIN="$(CURDIR)/target/release/jackdaw" $(STEP) "running the browser tests" end2end/browser/run

test-browsers: build ## Run the core stories in Firefox and WebKit through WebDriver; not part of make test. BROWSERS=firefox chooses.
	@setup/browsers $(BROWSERS)
	@JACKDAW_BIN="$(CURDIR)/target/release/jackdaw" $(STEP) "running the core stories in Firefox and WebKit" end2end/browser/run-webdriver

bench: ## Measure the store: messages a second and bytes a message, on PostgreSQL and on SQLite.
	@setup/services
	@$(STEP) "measuring the store" end2end/services cargo bench --quiet -p store --bench store

load: build ## Measure nodes under many connections. LOAD="steady tenk" chooses; end2end/load/run --help says what there is.
	@setup/services
	@$(STEP) "measuring nodes under load" end2end/load/run $(LOAD)

compare: build ## Measure Jackdaw and a Socket.IO server in turn. LOAD="steady knee" chooses.
	@setup/services
	@$(STEP) "measuring beside a peer" end2end/load/run --compare $(LOAD)

prove-faults: build ## Kill nodes, Redis, PostgreSQL and the bus under real devices; nothing may get lost. FAULTS=short is shorter.
	@setup/services
	@$(STEP) "running devices while servers fail" end2end/faults

test-faults: build
	@setup/services
	@FAULTS=short $(STEP) "running devices while servers fail, the short form" end2end/faults

abuse: build ## Attack real nodes with one ordinary account; prints which bound each attack met and what others noticed.
	@setup/services
	@$(STEP) "attacking" end2end/abuse

test-abuse: build
	@setup/services
	@ABUSE=short $(STEP) "attacking, the short form" end2end/abuse

deny: ## Check licences, sources and known vulnerabilities of the dependencies; needs the network.
	@setup/tools checks
	@$(STEP) "checking the dependencies" cargo deny check

clean: ## Remove everything that was built or installed here. Keeps ./data and the shared tools.
	@rm -rf target style/node_modules end2end/browser/{node_modules,test-results,playwright-report,webdriver/test-results} end2end/load/peers/socketio/node_modules
