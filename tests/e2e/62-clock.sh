#!/bin/bash
# A clock two years on or two years back, while the node runs and when it
# starts: no deadline passes and no prekey is destroyed, status and doctor say
# so, a withdrawal goes through all the same; it ends when the clock is right,
# or an admin says that it is.
. "$(dirname "$0")/lib.sh"

faketime=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -1)
[ -n "$faketime" ] || fail "no libfaketime: ops/deps test"
echo +0 >"$work/clock"

# The daemon of iom-at by the wall clock of $work/clock; its boot clock is the
# machine's.
start() {
    LD_PRELOAD=$faketime FAKETIME_TIMESTAMP_FILE=$work/clock \
        FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
        ASAN_OPTIONS=verify_asan_link_order=0:$ASAN_OPTIONS \
        net_start iom-at
}
turn() { echo "$1" >"$work/clock"; }
doubt() { is iom-at .clock_doubt "$1" status; }
stops() {
    [ "$(get iom-at '[.alarms[] | select(.level == "stop")
        | select(.mend | test("clock confirm"))] | length' status)" = 1 ]
}
passed() { grep -q deadline_passed "$(net_dir iom-at)/log/node.log"; }
prekeys() { (cd "$(net_dir iom-at)/prekeys" && echo *); }

# A withdrawal goes out and is answered; sets nothing, leaves the case behind.
withdraws() {
    local case_id referral withdrawal
    e2e_case iom-at
    referral=$(get iom-at .referral refer "$case_id" --need health.general \
        --to clinic-kbl)
    soon "a referral has arrived" is clinic-kbl .state received \
        show "$referral"
    [ $# -eq 0 ] || "$@"
    hf iom-at consent withdraw "$case_id" --effect erase --yes >/dev/null
    soon "it was recalled and its data erased" is clinic-kbl .state recalled \
        show "$referral"
    soon "the withdrawal was answered" answered "$case_id"
}
answered() {
    [ "$(get iom-at '[.items[] | select(.state != "answered")] | length' \
        withdrawals)" = 0 ]
}

e2e_network clinic-kbl
start
net_users iom-at
net_packs "$root"/policy/sop/*.yaml
net_ready iom-at

e2e_case iom-at
waiting=$(get iom-at .referral refer "$case_id" --need health.general \
    --to clinic-kbl)
soon "it waits for an answer" is iom-at .state received show "$waiting"
soon "the clock is not in doubt" doubt no
exits 1 hf iom-at clock confirm --yes

jump() {
    turn "$1"
    soon "the doubt shows" doubt jumped
}
kept=$(prekeys)
for by in +730d -730d; do
    echo "-- $by, while it runs"
    withdraws jump "$by"
    check "status says what stopped, and how to mend it" stops
    check "no deadline passed" eval '! passed'
    check "prekeys are as they were" test "$(prekeys)" = "$kept"
    turn +0
    soon "right again, it is believed" doubt no
done

for by in -730d:behind +730d:opposed; do
    echo "-- ${by%:*}, at the start"
    net_stop iom-at
    turn "${by%:*}"
    start
    net_ready iom-at
    soon "the doubt shows" doubt "${by#*:}"
    check "status says what stopped, and how to mend it" stops
    withdraws
    check "no deadline passed" eval '! passed'
    check "prekeys are as they were" test "$(prekeys)" = "$kept"
done

echo "-- an admin says that two years have passed"
hf iom-at clock confirm --yes >/dev/null
soon "the clock is not in doubt" doubt no
soon "the deadline has passed" passed
