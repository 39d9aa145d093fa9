#!/bin/bash
# Speed and memory of the release build, as ratios to what OpenSSL can do on this machine, and beside other tools.
# usage: bench.sh [FOLDER]    FOLDER keeps the inputs and result.json; default: .build/bench
#   BENCH_COUNT=20000         devices
#   BENCH_SEED=1              any text
#   BENCH_ROUNDS=5            timed runs of each command
#   BENCH_CLAIM_ROWS=1000000  rows of the claim file
#   BENCH_BATCHES=100000      devices of the manifest for commands compose
#   BENCH_PEERS=1             0 leaves the other tools out
#   BENCH_SERVICE=1           0 leaves the service out, which takes ten minutes to build the first time
#   BENCH_DEVICES=1000        devices that it provisions
#   BENCH_SUBMIT_ROWS=50000   rows that claim submit and the incumbent send to it
#   BENCH_SUBMIT_MANY=1000000 rows at which the memory of claim submit is read; 0 leaves it out
#   BENCH_LEDGER_ROWS=1000000 certificates in the large ledger; 0 leaves it out
set -eu
cd "$(dirname "$0")/.."
count=${BENCH_COUNT:-20000}
seed=${BENCH_SEED:-1}
folder=${1:-.build/bench}
swift=${SWIFT:-swift}
# As `make release` builds, without the service.
flags=(--scratch-path .build-release -c release --static-swift-stdlib --disable-local-rpath)
export ASSAY_WITHOUT_SERVICE=1

"$swift" build "${flags[@]}" --product assay-benchmark-data >&2
"$swift" build "${flags[@]}" --product assay-benchmark-issue >&2
"$swift" build "${flags[@]}" --product assay >&2
binaries=$("$swift" build "${flags[@]}" --show-bin-path)

# Inputs are made again when count, seed or generator differ from what the stamp says.
generator="$binaries/assay-benchmark-data"
make_inputs() {
    local kind=$1 number=$2 out=$3 stamp
    shift 3
    stamp="$number $seed $* $(cksum <"$generator")"
    [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ] && return
    mkdir -p "$out"
    "$generator" "$kind" --count "$number" --out "$out" --seed "$seed" "$@"
    printf '%s\n' "$stamp" >"$out/stamp"
}
make_inputs tokens "$count" "$folder/tokens"
make_inputs tokens "$((count * 10))" "$folder/tokens10"
make_inputs csrs "$count" "$folder/csrs"
make_inputs jwts "$count" "$folder/jwts"
make_inputs claims "$count" "$folder/claims"
make_inputs claims "${BENCH_CLAIM_ROWS:-1000000}" "$folder/claims-many" --unsigned
ledger=${BENCH_LEDGER_ROWS:-1000000}
if [ "$ledger" -gt 0 ]; then
    make_inputs csrs "$ledger" "$folder/csrs-many"
    for ((round = 0; round < ${BENCH_ROUNDS:-5}; round++)); do
        make_inputs csrs "$count" "$folder/csrs-more/$round" --seed "$seed more $round"
    done
fi

status=0
scripts/bench-measure "$binaries/assay" "$folder" "$count" || status=$?
scripts/bench-ledger "$binaries/assay" "$folder" "$count" || status=$?
scripts/bench-claims "$binaries/assay" "$folder" "$count" || status=$?
if [ "${BENCH_SERVICE:-1}" != 0 ]; then
    # As `make service` and `make submit` build them.
    unset ASSAY_WITHOUT_SERVICE
    service=(-c release --static-swift-stdlib --disable-local-rpath)
    "$swift" build "${service[@]}" --product assayd >&2
    "$swift" build "${service[@]}" --product assay-submit >&2
    built=$("$swift" build "${service[@]}" --show-bin-path)
    scripts/bench-service "$binaries/assay" "$built/assayd" "$folder" || status=$?
    scripts/bench-submit "$binaries/assay" "$built/assayd" "$built/assay-submit" "$folder" || status=$?
fi
exit "$status"
