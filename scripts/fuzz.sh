#!/bin/bash
# libFuzzer with AddressSanitizer on every reader of foreign input, for a bounded time.
# usage: fuzz.sh [SECONDS [TARGET...]]    SECONDS per target, default 30; TARGET default: all
#   FUZZ_JOBS=1          targets that run at the same time
#   ASSAY_VECTORS=DIR    more inputs to start from
# An input that breaks a rule, traps, hangs or eats memory is left in fixtures/fuzz/TARGET, where the tests replay it.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-30}
[ $# -eq 0 ] || shift
swift=${SWIFT:-swift}
case "$seconds" in '' | *[!0-9]*)
    echo "fuzz.sh: expected seconds, found \"$seconds\"" >&2
    exit 64
    ;;
esac
targets=("$@")
[ $# -gt 0 ] || targets=(token cbor-strict cbor-general csr certificate crl pem json csv name device-message
    service-request service-answer modem-command listing serial-line datagram)

# lld, because gold fails on the fuzzer's sections.
ASSAY_FUZZ=1 ASSAY_WITHOUT_SERVICE=1 "$swift" build -c release --scratch-path .build-fuzz --product assay-fuzz \
    --sanitize=address -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld >&2
binary=.build-fuzz/release/assay-fuzz
corpus=.build-fuzz/corpus
scripts/fuzz-corpus "$corpus" fixtures ${ASSAY_VECTORS:+"$ASSAY_VECTORS"}

fuzz_one() {
    local target=$1 log=.build-fuzz/$1.log status=0 new
    mkdir -p "$corpus/$target" "fixtures/fuzz/$target"
    new=$(mktemp -d .build-fuzz/findings.XXXXXX)
    # OpenSSL and the Swift runtime keep what they made once until the end, which is no leak.
    ASSAY_FUZZ_TARGET=$target ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no \
        "$binary" "$corpus/$target" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=512 -timeout=5 \
        -artifact_prefix="$new/" -print_final_stats=1 >"$log" 2>&1 || status=$?
    printf '%-15s %9s executions, %5s inputs in the corpus' "$target" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$(find "$corpus/$target" -type f | wc -l)"
    if [ "$status" -eq 0 ]; then
        printf ', nothing found\n'
    else
        printf ', status %d: ' "$status"
        grep -m 1 -E '^assay-fuzz: |SUMMARY: |Fatal error' "$log" || tail -n 1 "$log"
        for input in "$new"/*; do
            [ -e "$input" ] || continue
            mv "$input" "fixtures/fuzz/$target/"
            printf '%-15s left fixtures/fuzz/%s/%s\n' '' "$target" "${input##*/}"
        done
    fi
    rm -rf "$new"
    rmdir "fixtures/fuzz/$target" 2>/dev/null || true
    return "$status"
}

failed=0
running=0
for target in "${targets[@]}"; do
    fuzz_one "$target" &
    running=$((running + 1))
    if [ "$running" -ge "${FUZZ_JOBS:-1}" ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
done
while [ "$running" -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
exit "$failed"
