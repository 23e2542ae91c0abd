# Targets for people. Meson and scripts/ do the work; `make help` lists the targets.
PREFIX ?= /usr/local
DESTDIR ?=
SECONDS ?= 60
SEEDS ?= 10000
KEEP ?=
DRIVER ?=
PATHS ?=

.DEFAULT_GOAL := all
.PHONY: all deps demo check nightly fuzz bench install uninstall packages image release windows windows-installer format clean help

all: ## build the programs into build/release
	@scripts/deps --check build
	@scripts/build release

deps: ## install the packages for building and testing (as root)
	@scripts/deps build test bench
	@scripts/page-deps --test

demo: ## show a remote player joining a LAN, in network namespaces (as root; KEEP=1 leaves the hosts up)
	@scripts/deps build demo
	@scripts/build release
	@KEEP=$(KEEP) LP_BIN=build/release scripts/demo

check: ## run every test, with gcc, clang and sanitizers (as root); ends with "N passed, N failed"
	@[ -x /usr/bin/python3 ] || scripts/deps build test
	@scripts/check

nightly: ## run SEEDS (10000) parties with sanitizers and the grid of paths; try the packages (as root)
	@scripts/deps build test packages
	@scripts/build asan
	@SIM_SEEDS=$(SEEDS) build/asan/tests/sim/test_sim_impair
	@SIM_SEEDS=$(SEEDS) build/asan/tests/sim/test_sim_nats
	@scripts/build plain
	@bench/path-grid
	@scripts/windows-build
	@scripts/windows-installer
	@LP_NIGHTLY=1 LP_BIN=build/plain /usr/bin/python3 -m pytest -q tests/windows/test_installer.py
	@scripts/packages
	@scripts/check-packages
	@scripts/check-packages bookworm trixie
	@scripts/check-arm64

fuzz: ## run every fuzz target for SECONDS (60) each
	@scripts/deps build test
	@scripts/build fuzz
	@scripts/fuzz $(SECONDS)

bench: ## measure the tunnel beside kernel VXLAN and the bare wire (as root; PATHS=1: on slow, long and lossy paths)
	@scripts/deps build bench
	@scripts/build release
	@LP_BIN=build/release $(if $(PATHS),bench/paths,bench/run)

install: ## install programs, man pages and units below DESTDIR and PREFIX (/usr/local)
	@case "$(PREFIX)" in /*) ;; *) echo "make: PREFIX=$(PREFIX) is not an absolute path. Pass one that begins with /" >&2; exit 1 ;; esac
	@d="$(DESTDIR)$(PREFIX)"; while [ ! -e "$$d" ]; do d=$$(dirname "$$d"); done; [ -w "$$d" ] || \
		{ echo "make: $$d cannot be written to. Run 'sudo make install', or pass another PREFIX" >&2; exit 1; }
	@scripts/deps --check build
	@scripts/build release -Dprefix=$(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C build/release --no-rebuild --quiet --strip
	@echo "installed below $(DESTDIR)$(PREFIX)"

uninstall: ## remove what make install installed; state and configuration stay
	@cd "$(DESTDIR)$(PREFIX)" && for name in lanparty-relay lanparty-gateway lanparty-client; do \
		rm -f "bin/$$name" "share/man/man8/$$name.8" "lib/systemd/system/$$name.service" \
			"share/bash-completion/completions/$$name" "share/zsh/vendor-completions/_$$name" \
			"share/fish/vendor_completions.d/$$name.fish" "share/doc/$$name/examples/$${name#lanparty-}.conf" \
			"share/doc/$$name/examples/$$name.rules.yml" "share/doc/$$name/examples/$$name.dashboard.json" \
			share/lanparty/wireshark/lanparty.lua || \
			exit 1; done
	@echo "removed from $(DESTDIR)$(PREFIX)"

packages: ## build Debian packages for amd64 and arm64 into build/packages (as root)
	@scripts/deps packages
	@scripts/packages

image: ## build the container of the relay from its package (as root, after make packages)
	@scripts/image

release: ## build source, packages, SBOM and checksums of VERSION into build/releases, twice, to compare (as root)
	@scripts/deps packages
	@scripts/release --twice $(VERSION)

windows: ## build lanparty-client-win.exe, lanparty.exe and their libraries with mingw-w64
	@scripts/windows-build

windows-installer: ## build the installer of the Windows client (DRIVER=FILE bundles the TAP-Windows6 driver)
	@scripts/windows-installer $(DRIVER)

format: ## format all C sources
	@scripts/format

clean: ## remove everything that was built
	rm -rf build

help: ## show this list
	@sed -nE 's/^([a-z-]+): ## (.*)/  make \1\t\2/p' Makefile | expand -t 28
