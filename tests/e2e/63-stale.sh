#!/bin/bash
# While nobody vouches for the registry any more, a node keeps what comes
# unopened, more of it than a link has credit for; a withdrawal behind all that
# passes at once. When somebody vouches again, all of it is opened.
. "$(dirname "$0")/lib.sh"

waiting=70 # a link has credit for 64

e2e_before_registry() {
    "$net_bin/handoff" registry key --to "$NET/ceremony/clock.key" \
        >"$NET/ceremony/clock.pub"
    e2e_registry="--timestamp-key $(cat "$NET/ceremony/clock.pub")"
}
vouch() {
    local set=$NET/ceremony/registry.set
    net_do "$net_bin/handoff" registry timestamp "$set" --valid "$1" \
        --key "$NET/ceremony/clock.key" --yes
    hf iom-at registry publish "$set" >/dev/null
}
stale() {
    [ "$(grep ' registry_stale ' "$(net_dir "$1")/log/node.log" | tail -1 |
        grep -o 'stale=.')" = "stale=$2" ]
}
parked() {
    [ "$(grep -c envelope_parked "$(net_dir clinic-kbl)/log/node.log")" -ge \
        "$1" ]
}
requests() {
    is clinic-kbl '[.items[] | select(.state == "requested")] | length' "$1" \
        list --limit 200
}

e2e_network iom-at clinic-kbl
vouch 7d
e2e_case iom-at
referral=$(get iom-at .referral refer "$case_id" --need health.general \
    --to clinic-kbl)
soon "a referral has arrived" is clinic-kbl .state received show "$referral"

net_stop clinic-kbl
for i in $(seq $waiting); do
    hf iom-at transfer request --from clinic-kbl --number "AT-$i" >/dev/null
done
out() { [ "$(net_out iom-at)" -ge "$waiting" ]; }
soon "$waiting envelopes are on their way" out
# A broker takes nothing of this kind any more on a stale registry.
taken() {
    [ "$("$net_bin/handoff-broker" -C "$NET/brokers/af" --json status |
        jq .queued)" -ge "$waiting" ]
}
soon "they wait at the recipient's broker" taken
vouch 1s
soon "the sender's registry is stale" stale iom-at 1
net_start clinic-kbl
soon "the recipient's registry is stale" stale clinic-kbl 1
soon "what came is kept unopened" parked $waiting
check "none of it was opened" requests 0
hf iom-at consent withdraw "$case_id" --effect erase --yes >/dev/null
soon "a withdrawal passes behind it" is clinic-kbl .state recalled \
    show "$referral"
net_kill9 clinic-kbl
net_start clinic-kbl
net_ready clinic-kbl
check "still none of it was opened" requests 0
vouch 7d
soon "vouched for again" stale clinic-kbl 0
soon "all of it is opened" requests $waiting
