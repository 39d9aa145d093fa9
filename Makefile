# What a user and a maintainer do with this project; `make help` lists it.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
# Who answers for a package: 'Name <address>'.
MAINTAINER ?= The Assay authors
# The same for every user: the standard library inside, so that the binary starts fast and needs no Swift to run.
RELEASE_FLAGS = -c release --static-swift-stdlib --disable-local-rpath --product assay
# assay alone is built in a folder of its own: what the service needs of others is neither fetched nor built.
BUILD_ASSAY = ASSAY_WITHOUT_SERVICE=1 $(SWIFT) build --scratch-path .build-release $(RELEASE_FLAGS)
SERVICE_FLAGS = -c release --static-swift-stdlib --disable-local-rpath --product assayd
SUBMIT_FLAGS = -c release --static-swift-stdlib --disable-local-rpath --product assay-submit
# Where `make release` and `make service` leave the programs for those who may know nothing of Swift: install, deb, tarball.
PROGRAM = .build/package/assay
SERVICE = .build/package/assayd
SUBMIT = .build/package/assay-submit

.PHONY: help demo demo-service test bench lint install uninstall deb tarball clean build release service submit fuzz soak docs \
	swift packages

help:
	@echo 'make demo      install what is missing, build, and show the program at work'
	@echo 'make demo-service  the same with the service, assayd: a device claimed, certified and provisioned'
	@echo 'make test      install what is missing, build, and run all tests'
	@echo 'make lint      format, layers, warnings as errors, scripts, manual'
	@echo 'make release   the program, optimised; make demo does it too'
	@echo 'make service   the service, assayd; the first time takes minutes more'
	@echo 'make submit    assay-submit, by which assay talks to services; the first time takes minutes more'
	@echo 'make install   program, manual, completions, schemas (PREFIX=$(PREFIX), DESTDIR=$(DESTDIR)); after'
	@echo '               make release, needs no Swift'
	@echo 'make uninstall removes what make install put there'
	@echo 'make deb       a Debian package of the same in dist/ (MAINTAINER="Name <address>")'
	@echo 'make tarball   the same as an archive in dist/'
	@echo 'make bench     speed, as ratios to what OpenSSL needs on this machine'
	@echo 'make fuzz      damaged inputs against the program (FUZZ_SECONDS=60), then its readers'
	@echo 'make soak      memory, results and crashes on long inputs (SOAK_ROWS=100000, SOAK_DEVICES=1000000)'
	@echo 'make docs      write the manual pages again from the command definitions'
	@echo 'make build, make clean'

swift:
	@scripts/require-swift $(SWIFT)

packages: swift
	@scripts/install-packages build >&2

demo: packages release
	@scripts/demo $(CURDIR)/$(PROGRAM)

demo-service: packages release service submit
	@scripts/install-packages demo >&2
	@scripts/demo-service $(CURDIR)/$(PROGRAM) $(CURDIR)/$(SERVICE)

test: swift
	@scripts/install-packages build test
	@scripts/install-peers
	$(SWIFT) build --build-tests
	@SWIFT=$(SWIFT) scripts/run-tests

lint: swift
	@scripts/install-packages build lint
	@SWIFT=$(SWIFT) scripts/lint

build: swift
	$(SWIFT) build

# What the build says is no result: standard output is for that of the program.
release: swift
	@echo 'building for release; the first time takes minutes' >&2
	@scripts/write-commit .build-release/commit.h
	@$(BUILD_ASSAY) >&2
	@mkdir -p $(dir $(PROGRAM)) && install "$$($(BUILD_ASSAY) --show-bin-path)/assay" $(PROGRAM)
	@$(call refuse_faults,$(PROGRAM))

service: swift
	@echo 'building the service for release; the first time takes about ten minutes on two cores' >&2
	@scripts/write-commit .build-release/commit.h
	@$(SWIFT) build $(SERVICE_FLAGS) >&2
	@mkdir -p $(dir $(SERVICE)) && install "$$($(SWIFT) build $(SERVICE_FLAGS) --show-bin-path)/assayd" $(SERVICE)
	@$(call refuse_faults,$(SERVICE))

submit: swift
	@echo 'building assay-submit for release; the first time takes about ten minutes on two cores' >&2
	@scripts/write-commit .build-release/commit.h
	@$(SWIFT) build $(SUBMIT_FLAGS) >&2
	@mkdir -p $(dir $(SUBMIT)) && install "$$($(SWIFT) build $(SUBMIT_FLAGS) --show-bin-path)/assay-submit" $(SUBMIT)
	@$(call refuse_faults,$(SUBMIT))

refuse_faults = ! grep -aq ASSAY_FAULT $(1) || \
	{ rm -f $(1); echo 'release: error: the steps at which a test lets the program die are in this build' >&2; exit 1; }

bench: packages
	@scripts/install-peers
	@SWIFT=$(SWIFT) scripts/bench.sh

fuzz: packages build
	@scripts/fuzz "$$($(SWIFT) build --show-bin-path)/assay"
	@SWIFT=$(SWIFT) scripts/fuzz.sh

soak: packages release service
	@scripts/soak $(CURDIR)/$(PROGRAM)

docs: build
	scripts/generate-manual "$$($(SWIFT) build --show-bin-path)/assay" man
	scripts/generate-manual "$$($(SWIFT) build --show-bin-path)/assayd" man

# These two build nothing: under sudo there is often no Swift, and what root builds the user cannot build again.
install:
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' scripts/install-files $(PROGRAM)

uninstall:
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' scripts/install-files --remove

deb: packages release
	@scripts/install-packages package >&2
	@MAINTAINER='$(MAINTAINER)' scripts/package deb $(PROGRAM)

tarball: packages release
	@scripts/package tarball $(PROGRAM)

clean:
	rm -rf .build .build-release .build-strict dist demo demo-service
