#!/bin/bash
# A node and a broker change all their keys, the identity too, while offers go
# through both: nothing is lost, nothing comes twice. A member that does not
# change over loses its live link when its old link key ends, and has its mail
# once it does.
. "$(dirname "$0")/lib.sh"
e2e_network iom-at iom-af clinic-kbl

set=$NET/ceremony/registry.set
broker() {
    local name=$1
    shift
    "$net_bin/handoff-broker" -C "$NET/brokers/$name" "$@"
}
keys_of() { # FILTER: of the registry that Vienna holds
    "$net_bin/handoff" --json registry show "$NET/nodes/iom-at/registry.set" |
        jq -r "$1"
}
version_at_broker() { broker "$1" --json status | jq .registry; }
up() { net_is_linked "$1"; }

# Offers from Vienna to Kabul, one after the other, until told to stop.
traffic() {
    while [ ! -e "$work/enough" ]; do
        e2e_case iom-at
        get iom-at .transfer transfer offer "$case_id" --to iom-af \
            >>"$work/offers"
        sleep 0.2
    done
}
: >"$work/offers"
traffic &
traffic=$!
some() { [ "$(wc -l <"$work/offers")" -ge "$1" ]; }
soon "offers go out" some 2

# Requests: the identity key in use signs for the next one.
net_do "$net_bin/handoff" -C "$NET/nodes/iom-af" registry request \
    --new-identity
net_do "$net_bin/handoff" -C "$NET/nodes/clinic-kbl" registry request
broker af request --new-identity >/dev/null
old_broker=$(keys_of '.brokers[] | select(.id == "af") | .words')
old_member=$(keys_of '.orgs[] | select(.id == "iom-af") | .words')
exits 75 broker af adopt
net_do "$net_bin/handoff" registry rotate "$set" \
    "$NET/nodes/iom-af/rotate.yaml" "$NET/brokers/af/rotate.yaml"
net_do "$net_bin/handoff" registry rotate "$set" \
    "$NET/nodes/clinic-kbl/rotate.yaml" --overlap 12s
check "who signs reads that the keys before signed for these" sh -c "
    [ \"\$($net_bin/handoff registry show $set |
        grep -c 'that key signed for this one')\" = 2 ]"
before=$(version_at_broker af)
net_sign 1 2
hf iom-at registry publish "$set" >/dev/null
newer() { [ "$(version_at_broker "$1")" -gt "$before" ]; }
listed() {
    [ "$("$net_bin/handoff" --json registry show "$(net_dir "$1")/registry.set" |
        jq -r '.brokers[] | select(.id == "af") | .words')" != "$old_broker" ]
}
for name in eu af; do soon "broker $name has it" newer "$name"; done
for org in iom-at iom-af; do soon "$org has it" listed "$org"; done
check "both have another identity" test \
    "$(keys_of '.orgs[] | select(.id == "iom-af") | .words')" != "$old_member"
check "and two operation keys that count" test \
    "$(keys_of '.brokers[] | select(.id == "af") | .operation | length')" = 2

# The broker: its operation key while it works; the link key when told.
broker af adopt | grep -q 'the link key waits'
echo "ok: the broker took its operation key, and keeps the link key"
some_more=$(($(wc -l <"$work/offers") + 2))
soon "offers go on" some "$some_more"
pid=$(net_pid af)
broker af adopt --link >/dev/null
started() { [ "$(grep -c ' started ' "$NET/brokers/af/log/broker.log")" = 2 ]; }
soon "the broker started again with its new link key" started
check "in the same process" test "$(net_pid af)" = "$pid"
soon "Kabul is linked again, by the new key" up iom-af
exits 1 broker af adopt

# The node.
net_stop iom-af
net_do "$net_bin/handoff" -C "$NET/nodes/iom-af" registry adopt
net_start iom-af
soon "Kabul is linked with its new keys" up iom-af

# The clinic does not change over.
cut_off() {
    grep -q 'link_outdated user=o[0-9a-f]*:clinic-kbl' \
        "$NET/brokers/af/log/broker.log"
}
soon "the live link of the clinic's old key was ended" cut_off
down() { ! net_is_linked "$1"; }
check "and it gets no other" down clinic-kbl
net_stop clinic-kbl
net_do "$net_bin/handoff" -C "$NET/nodes/clinic-kbl" registry adopt
net_start clinic-kbl
soon "with its new key it is back" up clinic-kbl

# Whatever was offered has come, once, and can be answered.
soon "offers go on" some $(($(wc -l <"$work/offers") + 2))
touch "$work/enough"
wait "$traffic"
mapfile -t offers <"$work/offers"
for id in "${offers[@]}"; do
    soon "offer $id is at Kabul" is iom-af .state offered show "$id"
done
check "${#offers[@]} offers, none twice" test \
    "$(get iom-af '.items | length' list --in)" = "${#offers[@]}"
last=${offers[-1]}
hf iom-af transfer accept "$last" >/dev/null
hf iom-af transfer accept "${offers[0]}" >/dev/null
soon "an answer signed with the new key counts" is iom-at .state accepted \
    show "$last"
soon "also to an offer made before" is iom-at .state accepted \
    show "${offers[0]}"
check "no receipt was refused" sh -c \
    "! grep -h frame_bad $NET/nodes/*/log/node.log"
check "and no broker was" sh -c "! grep -hE 'peer_refused' \
    $NET/brokers/*/log/broker.log"
