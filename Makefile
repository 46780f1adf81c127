# The front desk: what is behind each word is one line.  Works as root or with sudo.
BUILD ?= build
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

all: $(BUILD)/build.ninja ## build the daemon and the CLI
	ninja -C $(BUILD)

demo: deps all ## two data centres, one subnet: build the lab and tell its story
	$(SUDO) env VSUBNET_BUILD=$(abspath $(BUILD)) lab/demo

test: deps ## everything: unit, vectors, simulation, fuzz, BPF, labs with real peers
	$(SUDO) /usr/bin/python3 tools/run-tests.py

check: deps all ## the quick part of the tests: no labs, no fuzzing
	$(SUDO) /usr/bin/python3 tools/run-tests.py unit

fuzz: deps ## each fuzz target for SECONDS (60)
	/usr/bin/python3 tools/run-tests.py fuzz --seconds $(or $(SECONDS),60)

coverage: deps ## what the tests cover of the codecs: lines and branches, 95 % at least
	tools/coverage.py --min 95 $(ARGS)

format: ## put the sources into the house style
	tools/check-format.sh --fix

bench: deps all ## speed and memory beside other BGP speakers and the kernel
	$(SUDO) bench/bench.py --build $(BUILD) $(if $(QUICK),--quick) $(if $(WRITE),--write) $(ARGS)

install: all ## install into PREFIX (meson's default: /usr/local)
	$(SUDO) meson install -C $(BUILD)

deps: ## install the Debian packages that are missing
	@tools/install-deps.sh

$(BUILD)/build.ninja:
	tools/install-deps.sh
	meson setup $(BUILD)

clean:
	rm -rf build build-asan build-fuzz build-cov

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: all demo test check bench fuzz coverage format install deps clean help
