#!/bin/sh
# Installs the outside programs of tests/e2e into build/e2e.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/e2e
cp tests/e2e/package.json tests/e2e/package-lock.json tests/e2e/.npmrc build/e2e/
(cd build/e2e && npm ci --no-fund --no-audit --loglevel=error)
ln -sfn ../../build/e2e/node_modules tests/e2e/node_modules
touch build/e2e/stamp
