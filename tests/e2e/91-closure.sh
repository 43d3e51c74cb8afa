#!/usr/bin/env bash
# A case ends: the exit review, unmet needs and what the person said, which the
# committee counts without a name; a death is told to the provider.
. "$(dirname "$0")/lib.sh"

e2e_network iom-af clinic-kbl committee
kabul() { "$net_bin/handoff" -C "$NET/nodes/iom-af" "$@"; }
net_do kabul user add sohrab --role supervisor
e2e_case iom-af
first=$case_id
exits 65 hf iom-af unmet add "$first" --need protection.nothing \
    --reason no_service
exits 65 hf iom-af unmet add "$first" --need protection.shelter --reason died
net_do hf iom-af unmet add "$first" --need protection.shelter \
    --reason no_service --place Ghor --text "two days away"
net_do hf iom-af unmet add "$first" --need protection.shelter --reason cost
check "one need, tried twice" is iom-af \
    '[.items[] | "\(.need) \(.reason) \(.place) \(.times)"] | join(",")' \
    "protection.shelter cost Ghor 2" unmet list "$first"
check "a safety plan is to be made" is iom-af \
    '[.items[] | select(.what == "safety_plan")] | length' 1 tasks
referral=$(get iom-af .referral refer "$first" --need health.general)
soon "received" is clinic-kbl .state received show "$referral"
net_do hf clinic-kbl accept "$referral"
soon "accepted" is iom-af .state accepted show "$referral"
net_do hf iom-af feedback add "$referral" --kind complaint --confidential \
    --text "asked for money"
exits 64 hf iom-af case close "$first" --reason support_ended
exits 64 hf iom-af case close "$first" --reason bored --yes
exits 64 hf iom-af unmet add "$first" --need protection.shelter
exits 64 hf iom-af case same "$first" "$first"
check "what goes on at providers is in the exit review" is iom-af \
    '"\(.case) \(.stage)"' "$first pre_departure" case show "$first"
net_do hf iom-af case close "$first" --reason support_ended --yes
check "closed, and why" is iom-af '"\(.stage) \(.closed_for)"' \
    "closed support_ended" case show "$first"
exits 1 hf iom-af case close "$first" --reason support_ended --yes
net_do hf iom-af case hold "$first" on
net_do hf iom-af cancel "$referral" --reason no_longer_needed
net_do hf iom-af case reopen "$first"
net_do hf iom-af case hold "$first" off
counted() { is committee "$1" "$2" audit unmet; }
soon "the committee counts the need" counted \
    '[.items[] | "\(.need) \(.place) \(.reason) \(.count)"] | join(",")' \
    "protection.shelter Ghor cost 1"
soon "and the complaint" counted \
    '[.feedback[] | "\(.about) \(.kind) \(.count)"] | join(",")' \
    "clinic-kbl complaint 1"
net_do hf committee audit unmet --csv "$work/unmet.csv"
check "a spreadsheet of both" test "$(tr -d '\r' <"$work/unmet.csv")" = \
    'need,place,reason,about,service,kind,count,met_later
"protection.shelter","Ghor","cost","","","",1,0
"","","","clinic-kbl","health","complaint",1,""'
check "several fields are counted together" is committee \
    '[.items[] | select(.service and .state)] | length > 0' true \
    audit flows --by service,state
net_do hf committee audit exceptions --from 1h --csv "$work/none.csv"
check "headers, and nothing that does not fit" \
    test "$(wc -l <"$work/none.csv")" = 1
exits 65 hf committee audit unmet --csv "$work/unmet.csv"
exits 66 hf committee audit flows --csv "$work/nowhere/flows.csv"
check "the clinic knows nothing of it" sh -c "! grep -rqa 'asked for money' \
    '$NET/nodes/clinic-kbl' '$NET/nodes/committee'"

# A death (R-35).
e2e_case iom-af
referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "received" is clinic-kbl .state received show "$referral"
net_do hf clinic-kbl accept "$referral"
soon "accepted" is iom-af .state accepted show "$referral"
check "one says so" is iom-af .close_asked died \
    case close "$case_id" --reason died --yes
check "a supervisor agrees" test "$(kabul --json --user sohrab case close \
    "$case_id" --reason died --yes | jq -r .stage)" = closed
soon "the clinic is told" is clinic-kbl '"\(.state) \(.reason)"' \
    "cancel_pending died" show "$referral"
soon "the committee counts it, for what reason, and not whose" is committee \
    '[.items[] | select(.kind == "case")
        | "\(.from) \(.state) \(.reason) \(.count)"] | join(",")' \
    "iom-af closed died 1" audit flows --by from,state,reason
check "in columns" sh -c "'$net_bin/handoff' -C '$NET/nodes/committee' \
    --user demo audit flows --by from,state,reason | grep -q 'REASON'"
check "and has to stop" is clinic-kbl \
    '[.items[].what] | index("death_notice") != null' true tasks
check "family and authorities are the case manager's to tell" is iom-af \
    '[.items[] | select(.what | startswith("tell_"))] | length' 2 tasks
page=$(get iom-af .next tasks --limit 1)
check "tasks come in pages" is iom-af '.items | length' 1 tasks --limit 1
check "and go on where one ended" test "$(get iom-af '.items[0].task' \
    tasks --limit 1 --cursor "$page")" = "$(get iom-af '.items[1].task' tasks)"
exits 64 hf iom-af tasks --cursor nonsense
