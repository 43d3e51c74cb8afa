#!/bin/bash
# A suspension that one member of the committee signs reaches every connected
# node and both brokers within 60 s, ends the live link of the suspended, and
# lets nothing but a withdrawal and its answer pass.
. "$(dirname "$0")/lib.sh"
e2e_network iom-at iom-af clinic-kbl

e2e_case iom-at
e2e_transfer

set=$NET/ceremony/registry.set
began=$(date +%s)
net_do "$net_bin/handoff" registry suspend "$set" iom-af
net_do "$net_bin/handoff" registry sign "$set" \
    --key "$NET/ceremony/member-1.key" --yes
hf clinic-kbl registry publish "$set" >/dev/null

accepted() { grep -q 'registry_accepted' "$(net_dir "$1")/log/node.log"; }
installed() {
    [ "$(grep -c ' registry version' "$(net_dir "$1")/log/broker.log")" -ge 2 ]
}
ended() {
    grep -q 'link_outdated user=o[0-9a-f]*:iom-af' \
        "$(net_dir af)/log/broker.log"
}

for org in iom-at iom-af clinic-kbl; do
    soon "the suspension has reached $org" accepted "$org"
done
for broker in eu af; do
    soon "the suspension has reached broker $broker" installed "$broker"
done
soon "the live link of the suspended was ended" ended
took=$(($(date +%s) - began))
check "within 60 s: $took s" test "$took" -le 60

# Envelopes that ORG has had from OTHER.
had() {
    grep -c "envelope_received.*from=$2 why=-" "$(net_dir "$1")/log/node.log"
}
more() { [ "$(had "$1" "$2")" -gt "$3" ]; }

sent=$(had iom-af iom-at)
answered=$(had iom-at iom-af)
hf iom-at consent withdraw "$case_id" --effect erase --yes >/dev/null
soon "the withdrawal reached the suspended" more iom-af iom-at "$sent"
soon "its answer came back" more iom-at iom-af "$answered"
check "nobody refused them" sh -c \
    "! grep -hE 'sender_restricted|sender_not_active' $NET/nodes/*/log/node.log"

# Two sign that it is active again, while a broker and a node are off: whoever
# comes back has that registry first.
net_stop eu iom-at
net_do "$net_bin/handoff" registry reinstate "$set" iom-af
net_sign 1 2
hf clinic-kbl registry publish "$set" >/dev/null
status_at() { # NODE: of iom-af, in the registry that it holds
    "$net_bin/handoff" --json registry show "$(net_dir "$1")/registry.set" |
        jq -r '.orgs[] | select(.id == "iom-af") | .status'
}
active_at() { [ "$(status_at "$1")" = active ]; }
soon "it is in again for who is connected" active_at iom-af
began=$(date +%s)
net_start eu iom-at
net_ready iom-at
soon "and for a node that was off" active_at iom-at
eu_is_new() {
    [ "$("$net_bin/handoff-broker" -C "$NET/brokers/eu" --json status |
        jq .registry)" = \
        "$("$net_bin/handoff-broker" -C "$NET/brokers/af" --json status |
            jq .registry)" ]
}
soon "and for a broker that was off" eu_is_new
took=$(($(date +%s) - began))
check "within 60 s: $took s" test "$took" -le 60
e2e_case iom-at
back=$(get iom-at .transfer transfer offer "$case_id" --to iom-af)
soon "what goes to it passes again" is iom-af .state offered show "$back"
