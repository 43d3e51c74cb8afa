# lib.sh - what the end-to-end tests share. Source it first.
# shellcheck shell=bash
#
#   work                     this test's own folder, gone at the end
#   e2e_network ORG...       brokers eu and af and a registry of six members;
#                            the named ones are up, with a user and SOP packs
#   check TEXT COMMAND...    must be true now
#   soon TEXT COMMAND...     must become true
#   is ORG FILTER VALUE ...  the answer of `handoff ... --json` has this value
#   exits STATUS COMMAND...  ends so, with one line on stderr
#   fail TEXT
#
# e2e_end, if a test defines it, is run at its end, however it ends. Everything
# of ops/lib/network.sh is there, too.
set -eu -o pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/ops/lib/network.sh"
data=$root/tests/data
work=$(mktemp -d "${TMPDIR:-/tmp}/handoff-e2e-XXXXXX")
e2e_patience=${E2E_PATIENCE:-60} # seconds; a sanitized build is slow

finish() {
    local status=$?
    trap - EXIT
    if declare -F e2e_end >/dev/null; then e2e_end || true; fi
    [ -z "${NET-}" ] || net_stop || status=1
    if [ $status -ne 0 ]; then
        echo "-- last words of the daemons" >&2
        tail -n 5 "$work"/*/*/*/log/*.log >&2 2>/dev/null || true
    fi
    e2e_sanitizers || status=1
    if [ "${E2E_KEEP-}" = yes ]; then
        echo "kept: $work" >&2
    else
        rm -rf "$work"
    fi
    exit $status
}
trap finish EXIT

# A detached daemon has no terminal: what a sanitizer says goes to a file.
export ASAN_OPTIONS=log_path=$work/sanitizer:${ASAN_OPTIONS-}
export UBSAN_OPTIONS=print_stacktrace=1:log_path=$work/sanitizer
UBSAN_OPTIONS=$UBSAN_OPTIONS:${UBSAN_OPTIONS_MORE-}
export TSAN_OPTIONS=log_path=$work/sanitizer:${TSAN_OPTIONS-}

e2e_sanitizers() {
    local file found=0
    for file in "$work"/sanitizer.*; do
        [ -e "$file" ] || continue
        head -40 "$file" >&2
        found=1
    done
    return $found
}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

check() {
    local text=$1
    shift
    "$@" >/dev/null || fail "$text"
    echo "ok: $text"
}

soon() {
    local text=$1
    shift
    wait_for "$e2e_patience" "$text" "$@" >/dev/null || fail "$text"
    echo "ok: $text"
}

is() {
    local org=$1 filter=$2 value=$3
    shift 3
    [ "$(get "$org" "$filter" "$@" 2>/dev/null)" = "$value" ]
}

exits() {
    local want=$1 got=0 lines
    shift
    "$@" >"$work/stdout" 2>"$work/stderr" || got=$?
    lines=$(wc -l <"$work/stderr")
    [ "$got" = "$want" ] ||
        fail "$* ended with $got, not $want: $(cat "$work/stderr")"
    [ "$lines" = 1 ] ||
        fail "$* said $lines lines: $(cat "$work/stderr")"
    echo "ok: $want, $(cat "$work/stderr")"
}

# e2e_before_registry, if a test defines it, may change what the brokers say
# of themselves, and set e2e_registry: more options of `registry new`.
e2e_network() {
    local org
    net_init "$work/net"
    net_broker eu
    net_broker af
    if declare -F e2e_before_registry >/dev/null; then
        e2e_before_registry
    fi
    net_node iom-at "Office in Vienna" iom_office AT eu
    net_node iom-af "Office in Kabul" iom_office AF af
    net_node clinic-kbl "Clinic" clinic AF af
    net_node tvet-hrt "Training centre" training_centre AF af
    net_node mowa-af "Ministry" ministry AF af
    net_node committee "Committee" committee AF af --committee
    # shellcheck disable=SC2086  # words are meant
    net_registry --figures-period 2s --figures-threshold 1 ${e2e_registry-}
    net_install_registry
    net_start eu af "$@"
    net_users
    net_packs "$root"/policy/sop/*.yaml
    net_ready
    for org in $(net_running); do
        [ ! -f "$data/services-$org.yaml" ] ||
            hf "$org" services set --file "$data/services-$org.yaml" \
                >/dev/null
    done
}

# A case with consent at ORG: sets case_id. Other files may be given.
e2e_case() {
    local org=$1
    case_id=$(get "$org" .case case new \
        --file "${2:-$data/case-ordinary.yaml}")
    hf "$org" consent give "$case_id" \
        --file "${3:-$data/consent-ordinary.yaml}" >/dev/null
}

# The case goes from iom-at to iom-af, to the end: sets transfer.
e2e_transfer() {
    transfer=$(get iom-at .transfer transfer offer "$case_id" --to iom-af)
    soon "offered" is iom-af .state offered show "$transfer"
    hf iom-af transfer accept "$transfer" >/dev/null
    soon "accepted" is iom-at .state accepted show "$transfer"
    hf iom-at transfer release "$transfer" >/dev/null
    soon "released" is iom-af .state released show "$transfer"
    hf iom-at transfer depart "$transfer" --date "$(date -u +%F)" >/dev/null
    soon "departed" is iom-af .state departed show "$transfer"
    hf iom-af transfer arrive "$transfer" >/dev/null
    soon "arrived" is iom-at .state arrived show "$transfer"
    hf iom-at transfer hand-over "$transfer" >/dev/null
    soon "handed over, Kabul's view" is iom-af .state handed_over \
        show "$transfer"
    soon "handed over, Vienna's view" is iom-at .state handed_over \
        show "$transfer"
}
