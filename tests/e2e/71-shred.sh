#!/bin/bash
# A case is shredded: its keys are in no file of the node, not in its memory,
# and not in what comes out of a backup made before. Searched for, byte by
# byte; the same search finds them before.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tool=$root/tests/e2e/casekeys.py
keys() { python3 "$tool" list "$(net_dir "$1")" | sort; }
in_files() { python3 "$tool" find $gone -- "$@" | head -3; }
in_memory() { python3 "$tool" memory "$(net_pid "$1")" $gone =Wardakzai =metformin; }
nothing() { [ -z "$("$@")" ]; }
# Closing a connection is the server's own thread's work.
forgotten() { nothing in_memory iom-at; }

e2e_network iom-at iom-af clinic-kbl
e2e_case iom-at
e2e_transfer
hf iom-at case show "$case_id" >/dev/null
keys iom-at >"$work/before"
check "the keystore opens for who has all of the node" \
    test "$(wc -l <"$work/before")" -gt 10

bak=$work/disk
mkdir "$bak"
hf_owner() { "$net_bin/handoff" -C "$(net_dir iom-at)" "$@"; }
hf_owner backup "$bak/day1" >/dev/null
check "a backup and its journal are there" \
    test -s "$bak/day1" -a -s "$bak/day1.tombstones"

exits 77 "$net_bin/handoff" -C "$(net_dir iom-at)" --user nobody \
    case shred "$case_id" --yes
hf iom-at case shred "$case_id" --yes >/dev/null
exits 66 hf iom-at case show "$case_id"
keys iom-at >"$work/after"
gone=$(comm -23 "$work/before" "$work/after")
check "more than ten keys are gone" test "$(wc -w <<<"$gone")" -gt 10
check "the search finds a key where there is one" \
    test -n "$(python3 "$tool" memory "$(net_pid iom-at)" \
        "$(tail -c 32 "$(net_dir iom-at)/keys/store.key" | od -An -v -tx1 | tr -d " \n")")"
soon "neither a key nor a name is in the node's memory" forgotten
check "no key is in its files, nor in the backups" \
    nothing in_files "$(net_dir iom-at)" "$bak"
check "no text is in its files, nor in the backups" \
    nothing grep -rlaE 'Wardakzai|metformin' "$(net_dir iom-at)" "$bak"
check "the transfer is still on record" \
    is iom-at .state handed_over show "$transfer"
check "Kabul, which holds the case, still has it" \
    is iom-af .case "$case_id" case show "$case_id"

# The machine is lost; the backup from before the shred is restored.
cp "$(net_dir iom-at)/recovery.key" "$work/recovery.key"
net_kill9 iom-at
mv "$(net_dir iom-at)" "$work/lost"
exits 66 "$net_bin/handoff" -C "$work/other" restore "$bak/day1" \
    --recovery-key "$work/recovery.key" --tombstones "$bak/nothing"
"$net_bin/handoff" -C "$(net_dir iom-at)" restore "$bak/day1" \
    --recovery-key "$work/recovery.key"
net_start iom-at
net_ready iom-at
exits 66 hf iom-at case show "$case_id"
check "the restored node cannot open one of them" \
    nothing comm -12 <(keys iom-at) <(printf '%s\n' $gone)
soon "nor are they in its memory" forgotten
check "nor in its files" nothing in_files "$(net_dir iom-at)"
sleep 5
soon "its peers' copies have come, and brought nothing back" \
    is iom-at .state handed_over show "$transfer"
exits 66 hf iom-at case show "$case_id"
check "no text of the person is in its files" \
    nothing grep -rlaE 'Wardakzai|metformin' "$(net_dir iom-at)"
