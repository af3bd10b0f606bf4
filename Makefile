# A short front for Meson; ./run and ./test are what people call.
.PHONY: all release asan test check bench fuzz format clean

all: release

build/deps/stamp: web/package.json web/package-lock.json tools/deps.sh
	sh tools/deps.sh

build/release/build.ninja: | build/deps/stamp
	meson setup build/release --buildtype=release -Db_lto=true -Dtests=false >/dev/null
build/asan/build.ninja: | build/deps/stamp
	meson setup build/asan --buildtype=debugoptimized -Doptimization=1 \
	    -Db_sanitize=address,undefined -Db_lundef=false -Darena_malloc=true >/dev/null
build/fuzz/build.ninja: | build/deps/stamp
	CC=clang meson setup build/fuzz --buildtype=debugoptimized -Dfuzz=true -Dtests=true \
	    -Db_sanitize=address,undefined -Db_lundef=false -Darena_malloc=true >/dev/null

release: build/release/build.ninja build/deps/stamp
	ninja -C build/release src/homeward
	cp -f build/release/src/homeward build/release/homeward
asan: build/asan/build.ninja build/deps/stamp
	ninja -C build/asan
	cp -f build/asan/src/homeward build/asan/homeward

test:
	./test

# Format, clang-tidy on what changed, house rules, and the suite.
check:
	sh tools/tidy.sh changed
	python3 tools/check.py
	./test

bench: release
	python3 bench/run.py

fuzz: build/fuzz/build.ninja
	ninja -C build/fuzz
	sh tools/fuzz.sh 60

format:
	git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'tools/*.[ch]' | xargs clang-format -i

clean:
	rm -rf build/release build/asan build/fuzz
