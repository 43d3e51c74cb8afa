#!/usr/bin/env bash
# A withdrawal while what it is of is half fetched (I-2): the link breaks in the
# middle of the sections, again and again, and in the middle of a file; the
# withdrawal overtakes them and is answered before they are there; when the rest
# does come, nothing of it is kept.
. "$(dirname "$0")/lib.sh"
here=$root/tests/e2e
slow=
e2e_before_registry() {
    local dir=$NET/brokers/af port
    port=$(sed -n 's/^listen:.*:\([0-9]*\)"*$/\1/p' "$dir/broker.yaml")
    python3 "$here/tcp_slow.py" "$port" 2000000 20 0 >"$work/port" \
        2>"$work/cuts" &
    slow=$!
    wait_for 20 "the link" test -s "$work/port"
    echo "endpoint: \"127.0.0.1:$(cat "$work/port")\"" >>"$dir/broker.yaml"
    net_do "$net_bin/handoff-broker" -C "$dir" init --name af
}
e2e_end() { kill $slow; }
cuts() { [ "$(wc -l <"$work/cuts")" -ge "$1" ]; }
breaks_large() { kill -USR1 $slow; }
breaks_nothing() { kill -USR2 $slow; }

e2e_network iom-af clinic-kbl
# Sections of some 75 KiB that nothing compresses: the link never passes them
# whole.
big=$work/case.yaml
words() { od -An -tx1 -N7500 /dev/urandom | tr -d ' \n'; }
canary=$(words)
awk -v a="$canary" -v b="$(words)" -v c="$(words)" -v d="$(words)" '
    { print }
    /^identity:/ { print "  words: " a "\n  more: " b }
    /^health:/ { print "  words: " c "\n  more: " d }' \
    "$data/case-ordinary.yaml" >"$big"
refer() {
    e2e_case iom-af "$big"
    referral=$(get iom-af .referral refer "$case_id" --need health.general)
    soon "the clinic has the card" is clinic-kbl .state received \
        show "$referral"
}
large() { # the last large envelope that Kabul has sealed for the clinic
    sed -n 's/.*envelope_sealed envelope=\([^ ]*\) .* bytes=[0-9]\{5\}.*/\1/p' \
        "$NET/nodes/iom-af/log/node.log" | tail -1
}
has_come() {
    grep -q "envelope_received envelope=$1 " \
        "$NET/nodes/clinic-kbl/log/node.log"
}
answered() { # at iom-af
    [ "$(get iom-af '.items | length' withdrawals --open)" = 0 ] &&
        [ "$(get iom-af '[.items[] | select(.state == "answered")] | length' \
            withdrawals)" -ge "$1" ]
}
nothing_left() {
    is clinic-kbl '"\(.sections | length) \(.attachments | length)"' "0 0" \
        show "$referral"
}
at_rest() {
    [ "$(net_out iom-af)" = 0 ] && [ "$(net_out clinic-kbl)" = 0 ]
}

# ---- sections
refer
breaks_large
hf clinic-kbl accept "$referral" >/dev/null
soon "the link broke in the middle of the sections, and again" cuts 2
sections=$(large)
check "they have left Kabul" test -n "$sections"
if has_come "$sections"; then fail "they are there"; fi
hf iom-af consent withdraw "$case_id" --scope health --effect erase --yes \
    >/dev/null
soon "the withdrawal overtook them and is answered" answered 1
if has_come "$sections"; then fail "they were there first"; fi
before=$(wc -l <"$work/cuts")
breaks_nothing
soon "the rest comes" has_come "$sections"
soon "nothing is on the way any more" at_rest
check "the link broke $before times" cuts 2
check "nothing of it is kept" nothing_left
check "it is recalled" is clinic-kbl .state recalled show "$referral"
check "no word of it is on the disk" bash -c \
    "! grep -rqaF '${canary:4000:64}' '$NET/nodes/clinic-kbl' '$NET/brokers'"
net_kill9 clinic-kbl
net_start clinic-kbl
soon "nor after a start" nothing_left

# ---- a file
refer
hf clinic-kbl accept "$referral" >/dev/null
soon "accepted" is iom-af .state accepted show "$referral"
soon "with its sections" is clinic-kbl '.sections | has("health")' true \
    show "$referral"
head -c 20000000 /dev/urandom >"$work/xray"
hf iom-af attach "$referral" --file "$work/xray" >/dev/null
held() {
    [ "$(get clinic-kbl '.attachments[0].held // 0' show "$referral")" -ge "$1" ]
}
soon "a part of the file is there" held 1000000
breaks_large
check "but not all" is clinic-kbl '.attachments[0].state' receiving \
    show "$referral"
hf iom-af consent withdraw "$case_id" --effect erase --yes >/dev/null
soon "the withdrawal overtook the rest and is answered" answered 2
check "nothing of it is left" nothing_left
breaks_nothing
soon "the rest has come, or was not sent" at_rest
check "nothing of that is kept" nothing_left
exits 66 hf clinic-kbl fetch "$referral" --to "$work/late"
check "no word of it is on the clinic's disk" bash -c "! grep -rqaF \
    '${canary:4000:64}' '$NET/nodes/clinic-kbl' '$NET/brokers'"
