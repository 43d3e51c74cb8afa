#!/usr/bin/env bash
# tests/bench/node.sh BUILD DATA [--cases N] [--referrals N] [--asks N]: a real
# node with its brokers' registry, filled, then asked. Called by `run`.
set -eu -o pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$1 data=$2
shift 2
cases=100000 referrals=400000 asks=500
while [ $# -gt 1 ]; do
    case $1 in
    --cases) cases=$2 ;;
    --referrals) referrals=$2 ;;
    --asks) asks=$2 ;;
    *) break ;;
    esac
    shift 2
done
[ $# -eq 0 ] || { echo "node.sh: $1?" >&2; exit 64; }
export HANDOFF_BUILD=$build
. "$root/ops/lib/network.sh"
mkdir -p "$data"
work=$(mktemp -d "$data/node-XXXXXX")
trap 'net_stop; [ -n "${BENCH_KEEP-}" ] || rm -rf "$work"' EXIT
echo "machine: $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo |
    head -n 1), load $(cut -d' ' -f1 /proc/loadavg)"
net_init "$work"
net_broker af
net_node iom-af "Office in Kabul" iom_office AF af
net_node clinic-kbl "Clinic" clinic AF af
net_node tvet-hrt "Training centre" training_centre AF af
net_registry
net_install_registry
net_start iom-af
net_users iom-af
net_packs "$root"/policy/sop/*.yaml
net_stop iom-af
dir=$work/nodes/iom-af
"$build/bin/bench_fill" "$dir" iom-af "$cases" "$referrals" demo
sync
echo "store: $(du -m "$dir/store/data.mdb" | cut -f1) MiB, keystore:" \
    "$(du -m "$dir/keystore" | cut -f1) MiB"
"$build/bin/bench_node" "$build/bin/handoff-node" "$dir" --asks "$asks"
