#!/usr/bin/env bash
# A member without a node: the keeper of its node records what it says on the
# telephone. And whose work it is while people are away, or gone.
. "$(dirname "$0")/lib.sh"

# The elders' council has no computer; Kabul keeps its entry.
e2e_before_registry() {
    net_member shura-kbl "Council of Guzargah" ngo AF iom-af
}
e2e_network iom-af clinic-kbl
kabul() { "$net_bin/handoff" -C "$NET/nodes/iom-af" "$@"; }
sed 's/Clinic Kabul/Council of Guzargah/' "$data/services-clinic-kbl.yaml" \
    >"$work/council.yaml"
hf iom-af services set --file "$work/council.yaml" --on-behalf shura-kbl \
    >/dev/null
sed 's/org: clinic-kbl/org: shura-kbl/g' "$data/consent-ordinary.yaml" \
    >"$work/consent.yaml"
e2e_case iom-af "$data/case-ordinary.yaml" "$work/consent.yaml"
referral=$(get iom-af .referral refer "$case_id" --need health.general \
    --to shura-kbl --override-reason "nearer to the family")
check "it is sent, and nothing waits" is iom-af .state sent show "$referral"
check "nothing is on its way" test "$(net_out iom-af)" = 0
later=(--on-behalf shura-kbl --by phone --spoke-to "the secretary")
exits 65 hf iom-af accept "$referral" "${later[@]}" --happened-at \
    "$(date -u -d '+1 hour' +%FT%TZ)"
exits 65 hf iom-af accept "$referral" "${later[@]}" --happened-at 2020-01-01
exits 1 hf iom-af accept "$referral" --on-behalf clinic-kbl
exits 64 hf iom-af accept "$referral" --by pigeon
hf iom-af accept "$referral" "${later[@]}" --happened-at \
    "$(date -u +%FT%TZ)" >/dev/null
check "accepted, by telephone" is iom-af .state accepted show "$referral"
check "marked as what it is: recorded by another" test "$(get iom-af \
    '[.chain[] | select(.author == "shura-kbl")
      | "\(.event):\(.flags | contains(["proxied"])):\(.details.spoke_to // "")"] | join(" ")' \
    show "$referral")" = "receive:true: accept:true:the secretary"
check "it is nobody's receipt" is iom-af \
    '[.receipts[] | select(.stage != "local")] | length' 0 \
    show "$referral"
get iom-af . show "$referral" --trace >"$work/chains.json"
check "the keeper's key verifies it offline" test "$("$net_bin/handoff" \
    --json chain state "$work/chains.json" \
    --registry "$NET/ceremony/registry.set" | jq -r .state)" = accepted
hf iom-af complete "$referral" --outcome met "${later[@]}" >/dev/null
check "completed" is iom-af .state completed show "$referral"
exits 1 hf clinic-kbl services set --file "$work/council.yaml" \
    --on-behalf shura-kbl

# Whose work it is.
for user in farida nasrin; do
    net_do kabul user add $user --role case_manager
done
net_do kabul user add sohrab --role supervisor
owner() { is iom-af .owner "$1" case show "$case_id"; }
net_do hf iom-af case assign "$case_id" --to farida
check "assigned" owner farida
check "it is hers" is iom-af '.items | length' 0 case list --mine
net_do kabul user absent farida --until 3s --to nasrin
soon "somebody stands in" owner nasrin
check "and it shows until when" is iom-af .owner_then farida \
    case show "$case_id"
soon "it comes back by itself" owner farida
net_do hf iom-af case assign "$case_id" --to nasrin --until 2s
check "lent" owner nasrin
soon "and back" owner farida
net_do kabul user disable farida
soon "what she held when she left is the supervisor's" owner demo
exits 66 hf iom-af case assign "$case_id" --to farida
check "nothing is unassigned" is iom-af '.items | length' 0 \
    case list --unassigned
