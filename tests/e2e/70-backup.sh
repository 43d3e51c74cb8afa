#!/bin/bash
# A node is backed up while it works, lost, and restored elsewhere: what has
# happened since comes back from its peers, nothing is handed on before it has,
# and what is too old or lacks its tombstones is refused.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

owner() {
    local org=$1
    shift
    "$net_bin/handoff" -C "$(net_dir "$org")" "$@"
}
alarm() {
    owner iom-at --json status |
        jq -e --arg w "$1" 'any(.alarms[]; .what | contains($w))' >/dev/null
}
prekeys() { (cd "$(net_dir iom-at)/prekeys" && ls); }

e2e_network iom-at iom-af
e2e_case iom-at
check "status says that there is no backup" alarm "no backup was ever made"

disk=$work/disk
mkdir "$disk"
owner iom-at backup "$disk/one" >"$work/stdout"
check "it says where, and what goes with it" \
    grep -q "$disk/one.tombstones" "$work/stdout"
exits 1 owner iom-at backup "$disk/one"
exits 66 owner iom-at backup "$work/nowhere/one"
exits 77 hf iom-at backup "$disk/other"
sleep 1
check "status knows it" test "$(owner iom-at --json status |
    jq -r '.ages.last_backup | length > 0')" = true
check "no snapshot is left" test ! -e "$(net_dir iom-at)/backup.tmp"
check "no name is in it" \
    test -z "$(grep -rlaE 'Wardakzai|metformin' "$disk" || true)"

# What the backup does not know: the case goes to Kabul.
e2e_transfer
before=$(prekeys)

# The machine burns. Another one, with the disk and the recovery key.
cp "$(net_dir iom-at)/recovery.key" "$work/recovery.key"
net_kill9 iom-at
mv "$(net_dir iom-at)" "$work/burnt"
new=$(net_dir iom-at 2>/dev/null || echo "$NET/nodes/iom-at")
head -c 20000 "$disk/one" >"$disk/cut"
cp "$disk/one.tombstones" "$disk/cut.tombstones"
exits 65 "$net_bin/handoff" -C "$new" restore "$disk/cut" \
    --recovery-key "$work/recovery.key"
exits 65 "$net_bin/handoff" -C "$new" restore "$disk/one" \
    --recovery-key "$work/burnt/keys/link.key"
check "nothing was left behind" test ! -e "$new" -a ! -e "$new.restoring"
printf 'five words of no meaning\n' >"$work/passphrase"
chmod 600 "$work/passphrase"
"$net_bin/handoff" -C "$new" restore "$disk/one" \
    --recovery-key "$work/recovery.key" \
    --passphrase-file "$work/passphrase" >/dev/null
check "the store key lies under the passphrase" \
    test -e "$new/keys/store.sealed" -a ! -e "$new/keys/store.key"

# Its peer is away: what it does not know, it must not act on.
net_stop iom-af
mkdir "$work/credentials"
cp "$work/passphrase" "$work/credentials/handoff-passphrase"
CREDENTIALS_DIRECTORY=$work/credentials net_start iom-at
net_ready iom-at
check "the mark is gone: the core knows" test ! -e "$new/restored"
check "it holds the case, as far as it knows" \
    is iom-at .custody.holder iom-at case show "$case_id"
exits 75 hf iom-at transfer offer "$case_id" --to iom-af
check "its prekeys are new" \
    test -z "$(comm -12 <(prekeys) <(printf '%s\n' "$before"))"
exits 75 "$net_bin/handoff" -C "$new" restore "$disk/one" \
    --recovery-key "$work/recovery.key"

net_start iom-af
soon "the transfer comes back, to the end" \
    is iom-at .state handed_over show "$transfer"
check "there is one holder" \
    is iom-at .custody.holder iom-af case show "$case_id"
exits 1 hf iom-at transfer offer "$case_id" --to iom-af
hf iom-at case new --file "$data/case-single-name.yaml" >/dev/null
check "work goes on" test "$(get iom-at '.items | length' case list)" = 2
