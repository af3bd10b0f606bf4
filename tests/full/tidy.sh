#!/bin/sh
# clang-format and clang-tidy over every C file.
set -eu
cd "$(dirname "$0")/../.."
exec sh tools/tidy.sh all
