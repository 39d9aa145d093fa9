# What a user and a maintainer do with this project; `make help` lists it.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
# The same for every user: the standard library inside, so that the binary starts fast and needs no Swift to run.
RELEASE_FLAGS = -c release --static-swift-stdlib --disable-local-rpath --product assay

.PHONY: help demo test bench lint install clean build release fuzz soak docs swift packages

help:
	@echo 'make demo      install what is missing, build, and show the program at work'
	@echo 'make test      install what is missing, build, and run all tests'
	@echo 'make lint      format, layers, warnings as errors, scripts, manual'
	@echo 'make bench     speed, as ratios to what OpenSSL needs on this machine'
	@echo 'make fuzz      damaged inputs against the program (FUZZ_SECONDS=60), then its readers'
	@echo 'make soak      memory, results and crashes on long inputs (SOAK_ROWS=100000, SOAK_DEVICES=1000000)'
	@echo 'make docs      write the manual pages again from the command definitions'
	@echo 'make install   program, manual, completions (PREFIX=$(PREFIX), DESTDIR=$(DESTDIR))'
	@echo 'make build, make release, make clean'

swift:
	@scripts/require-swift $(SWIFT)

packages: swift
	@scripts/install-packages build >&2

demo: packages release
	@scripts/demo "$$($(SWIFT) build $(RELEASE_FLAGS) --show-bin-path)/assay"

test: swift
	@scripts/install-packages build test
	@scripts/install-incumbent
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

lint: swift
	@scripts/install-packages build lint
	@SWIFT=$(SWIFT) scripts/lint

build: swift
	$(SWIFT) build

# What the build says is no result: standard output is for that of the program.
release: swift
	@echo 'building for release; the first time takes minutes' >&2
	@$(SWIFT) build $(RELEASE_FLAGS) >&2
	@! grep -aq ASSAY_FAULT "$$($(SWIFT) build $(RELEASE_FLAGS) --show-bin-path)/assay" || \
		{ echo 'release: error: the steps at which a test lets the program die are in this build' >&2; exit 1; }

bench: packages
	@scripts/install-incumbent
	@SWIFT=$(SWIFT) scripts/bench.sh

fuzz: packages build
	@scripts/fuzz "$$($(SWIFT) build --show-bin-path)/assay"
	@SWIFT=$(SWIFT) scripts/fuzz.sh

soak: packages release
	@scripts/soak "$$($(SWIFT) build $(RELEASE_FLAGS) --show-bin-path)/assay"

docs: build
	scripts/generate-manual "$$($(SWIFT) build --show-bin-path)/assay" man

install: release
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' scripts/install-files \
		"$$($(SWIFT) build $(RELEASE_FLAGS) --show-bin-path)/assay"

clean:
	rm -rf .build .build-strict
