#!/bin/sh
# All tests under AddressSanitizer: wrong memory use in the C wrappers ends the run.
# usage: sanitize.sh [FILTER...]    FILTER: names of tests, as swift test --filter takes them
set -eu
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
count=$#
while [ "$count" -gt 0 ]; do
    set -- "$@" --filter "$1"
    shift
    count=$((count - 1))
done
# OpenSSL and the Swift runtime keep what they made once until the end, which is no leak.
ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS SWIFT_BACKTRACE
export ASSAY_WITHOUT_SERVICE=1
exec "$swift" test --sanitize=address --scratch-path .build-asan "$@"
