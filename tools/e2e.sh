#!/bin/sh
# Installs the outside programs of tests/e2e into build/e2e. Playwright needs node 20; where the
# machine's own is older (Debian 12 has 18), a newer one comes along as a package.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/e2e
cp tests/e2e/package.json tests/e2e/package-lock.json tests/e2e/.npmrc build/e2e/
omit=
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] && omit=--omit=optional
# shellcheck disable=SC2086
(cd build/e2e && npm ci --no-fund --no-audit --loglevel=error $omit)
ln -sfn ../../build/e2e/node_modules tests/e2e/node_modules
touch build/e2e/stamp
