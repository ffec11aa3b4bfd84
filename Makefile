# A thin front for Meson and the scripts in tools/. Everything is built into build/.
#     make demo [AUTOS_CSV=path]     a used-cars CSV becomes a .hyper file
#     make test                      all tests
PREFIX ?= /usr/local

.PHONY: all demo test fmt lint bench fuzz install clean

all:
	@tools/bootstrap.sh
	@tools/build.sh build

demo:
	@AUTOS_CSV='$(AUTOS_CSV)' tools/demo.sh

test:
	@tools/bootstrap.sh
	@tools/test.sh

fmt:
	@tools/bootstrap.sh dev
	@tools/format.sh

lint:
	@tools/bootstrap.sh dev
	@tools/lint.sh

bench: all
	@tools/venv.sh tools/requirements-test.txt
	@OURS_PYTHONPATH=$$(echo $$PWD/.venv/lib/python3*/site-packages) \
		.venv/bin/python ../shared/bench/bench.py run autos --engines embedded

fuzz:
	@tools/bootstrap.sh dev
	@tools/fuzz.sh

install: all
	meson install -C build --no-rebuild $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

clean:
	rm -rf build build-* .venv
