#!/bin/bash
# A node is stolen, disk and keys and all, together with everything that its
# broker ever had: the thief opens what was sealed in the last 46 days, and
# nothing older: neither from the disk nor from the running node's memory. Real
# daemons, 54 days of their clocks; the thief's tools are the programs
# themselves, on copies, and a search of the memory for each key.
. "$(dirname "$0")/lib.sh"

faketime=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -1)
[ -n "$faketime" ] || fail "no libfaketime: ops/deps test"
export FAKETIME_TIMESTAMP_FILE=$work/clock FAKETIME_NO_CACHE=1
export FAKETIME_DONT_FAKE_MONOTONIC=1
echo +0d >"$work/clock"
start() {
    LD_PRELOAD=$faketime \
        ASAN_OPTIONS=verify_asan_link_order=0:$ASAN_OPTIONS net_start "$@"
}
tool=$root/tests/e2e/casekeys.py
prekeys() { python3 "$tool" prekeys "$(net_dir clinic-kbl)"; }
in_memory() { python3 "$tool" memory "$(net_pid clinic-kbl)" "$@"; }
held() { [ "$(in_memory "$@" | wc -l)" -eq $# ]; }
none_held() { [ -z "$(in_memory "$@")" ]; }
names() { (cd "$(net_dir clinic-kbl)/prekeys" && ls); }
log_of() { echo "$(net_dir clinic-kbl)/log/node.log"; }

# Mail that the broker holds while the clinic's node is off: all its disk is
# copied, then the node takes it.
records() {
    local object
    net_stop clinic-kbl
    e2e_case iom-at
    soon "a referral is sent" refers
    object=$(cat "$work/object")
    soon "a broker has it" holds "$object"
    net_stop af
    cp -a "$(net_dir af)" "$work/disk-$1"
    start af clinic-kbl
    soon "the clinic has it" is clinic-kbl .state received show "$object"
}
refers() {
    get iom-at .referral refer "$case_id" --need health.general \
        --to clinic-kbl >"$work/object" 2>/dev/null
}
holds() {
    get iom-at '.receipts[].stage' show "$1" --trace | grep -q custody
}

e2e_network
start iom-at clinic-kbl
net_users iom-at clinic-kbl
net_packs "$root"/policy/sop/*.yaml
net_ready
hf clinic-kbl services set --file "$data/services-clinic-kbl.yaml" >/dev/null
first=$(names)
first_key=$(prekeys)
records old
later() {
    net_stop
    echo "$1" >"$work/clock"
    start eu af iom-at clinic-kbl
    net_ready iom-at clinic-kbl
}
for day in 6 12 18 24 30 36 42; do
    later "+${day}d"
done

# 46 days are 66240 minutes. The last of them passes while the node runs: a
# clock that moves by less than an hour is believed.
later +66210m
check "the first prekey is there on its last day" \
    eval 'names | grep -q "$first"'
check "and in the node's memory, where the search finds it" held "$first_key"
echo +66255m >"$work/clock"
e2e_patience=150 soon "a day after its end it is destroyed" \
    eval '! names | grep -q "$first"'
check "and is in the running node's memory no more" none_held "$first_key"
for day in 48 54; do
    later "+${day}d"
done
check "the prekey of that time is destroyed" eval '! names | grep -q "$first"'
records new
check "the one of this week is there" test "$(names | wc -l)" -gt 3
check "the memory has the keys of the window" held $(prekeys)
check "and not the first one" none_held "$first_key"

echo "-- everything is stolen"
net_stop
mv "$(net_dir clinic-kbl)" "$work/stolen"

# The thief sets the stolen node's clock as he likes.
plays() {
    rm -rf "$(net_dir clinic-kbl)" "$(net_dir af)"
    cp -a "$work/stolen" "$NET/nodes/clinic-kbl"
    cp -a "$work/disk-$1" "$NET/brokers/af"
    : >"$(log_of)"
    echo "$2" >"$work/clock"
    start af clinic-kbl
    net_ready clinic-kbl
}
opened() { grep -q ' envelope_received .* from=iom-at why=- ' "$(log_of)"; }
gone() { grep -q ' envelope_unopenable .* why=prekey_gone ' "$(log_of)"; }

plays new +54d
soon "what was sealed this week opens" opened
net_stop
plays old +0d # by the right clock its broker drops it
soon "what was sealed 54 days before does not: no key for it" gone
check "nothing of it was opened" eval '! opened'
