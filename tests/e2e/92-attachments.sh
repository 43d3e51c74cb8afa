#!/bin/bash
# 21 MiB over a link that is slow, late, and breaks every fifteen seconds, with
# SIGKILL of sender, broker and receiver under way: the file arrives as it was;
# an urgent referral overtakes it; nobody else has a word of it; it goes with
# consent. And what is refused.
. "$(dirname "$0")/lib.sh"
here=$root/tests/e2e
slow=()
slow_broker() {
    local dir=$NET/brokers/$1 port
    port=$(sed -n 's/^listen:.*:\([0-9]*\)"*$/\1/p' "$dir/broker.yaml")
    python3 "$here/tcp_slow.py" "$port" "${E2E_RATE:-1000000}" 100 15 \
        >"$work/port-$1" &
    slow+=($!)
    wait_for 20 "the slow link of $1" test -s "$work/port-$1"
    echo "endpoint: \"127.0.0.1:$(cat "$work/port-$1")\"" >>"$dir/broker.yaml"
    net_do "$net_bin/handoff-broker" -C "$dir" init --name "$1"
}
e2e_before_registry() {
    slow_broker af
}
e2e_end() {
    local pid
    for pid in "${slow[@]}"; do kill "$pid" 2>/dev/null || true; done
}

e2e_network iom-at iom-af clinic-kbl
e2e_case iom-at
e2e_transfer
referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "the clinic has it" is clinic-kbl .state received show "$referral"

# ---- what is refused
word=Zqattachment$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
head -c 1000 /dev/zero >"$work/small"
exits 1 hf iom-af attach "$referral" --file "$work/small"
exits 66 hf iom-af attach "$referral" --file "$work/nothing"
: >"$work/empty"
exits 65 hf iom-af attach "$referral" --file "$work/empty"
truncate -s 101M "$work/huge"
exits 65 hf iom-af attach "$referral" --file "$work/huge"
hf clinic-kbl accept "$referral" >/dev/null
soon "accepted" is iom-af .state accepted show "$referral"
soon "with its sections" is clinic-kbl '.sections | has("health")' true \
    show "$referral"
exits 1 hf iom-af attach "$referral" --file "$work/small" --category mhpss
exits 64 hf iom-af attach "$referral" --file "$work/small" --category xray
exits 66 hf clinic-kbl fetch "$referral" --to "$work/none"

# ---- the file
{
    head -c 22000000 /dev/urandom
    for _ in $(seq 2000); do echo "$word"; done
} >"$work/xray.dcm"
started=$(date +%s)
file=$(get iom-af .attachment attach "$referral" --file "$work/xray.dcm")
echo "ok: attached in $(($(date +%s) - started)) s"
again=$(get iom-af .attachment attach "$referral" --file "$work/xray.dcm")
[ "$again" = "$file" ] || fail "the same file again is another attachment"
held() {
    get clinic-kbl '.attachments[0].held // 0' show "$referral" 2>/dev/null
}
has() {
    [ "$(held)" -ge "$1" ] 2>/dev/null
}
e2e_patience=300
soon "the first MiB" has 1000000
check "it is shown how far it has come" \
    is clinic-kbl '.attachments[0].state' receiving show "$referral"
exits 75 hf clinic-kbl fetch "$file" --to "$work/early"
net_kill9 clinic-kbl
net_start clinic-kbl
soon "3 MiB, though the receiver was killed" has 3000000
net_kill9 af
net_start af
soon "5 MiB, though the broker was killed" has 5000000
net_kill9 iom-af
net_start iom-af
soon "7 MiB, though the sender was killed" has 7000000

# ---- what is urgent overtakes it
started=$(date +%s)
urgent=$(get iom-af .referral refer "$case_id" --need health.general \
    --urgency urgent)
soon "an urgent referral arrives meanwhile" \
    is clinic-kbl .state received show "$urgent"
took=$(($(date +%s) - started))
! has 22000000 || fail "the file was there first"
echo "ok: it took $took s; of the file $(held) bytes are there"
[ "$took" -le 30 ] || fail "the urgent referral waited $took s"

soon "the whole file" is clinic-kbl '.attachments[0].state' complete \
    show "$referral"
hf clinic-kbl fetch "$referral" --to "$work/fetched" >/dev/null
check "equal to the last byte" cmp "$work/xray.dcm" "$work/fetched"
check "its name came along" \
    is clinic-kbl '.attachments[0].name' xray.dcm show "$referral"
exits 73 hf clinic-kbl fetch "$referral" --to "$work/fetched"
for pid in $(net_pid clinic-kbl) $(net_pid iom-af); do
    echo "memory of $pid: $(grep RssAnon "/proc/$pid/status")"
done
if grep -rqa "$word" "$NET/brokers" "$NET/nodes"; then
    fail "a word of the file is on a disk: $(grep -rla "$word" "$NET")"
fi
echo "ok: no word of it on any disk, broker's or node's"

# ---- and it goes
hf iom-af consent withdraw "$case_id" --scope health --yes >/dev/null
soon "erased with its category" \
    is clinic-kbl '.attachments | length' 0 show "$referral"
exits 66 hf clinic-kbl fetch "$file" --to "$work/late"
echo "attachments"
