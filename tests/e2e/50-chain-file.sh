#!/bin/bash
# What `show --trace --json` exports is all that `chain state` needs to settle
# a dispute offline: both ends' files give the state that both ends show, in
# whatever order the entries lie; a changed one is refused, with its place.
. "$(dirname "$0")/lib.sh"
e2e_network iom-at iom-af clinic-kbl
e2e_case iom-at
set=$NET/ceremony/registry.set
chain() {
    "$net_bin/handoff" --json chain state "$@"
}
state_of() {
    chain "$1" --registry "$set" | jq -r .state
}
agrees() {
    local org=$1 id=$2 file=$work/$1-$2.json
    hf "$org" --json show "$id" --trace >"$file"
    check "offline as at $org: $(jq -r .state "$file")" \
        test "$(state_of "$file")" = "$(jq -r .state "$file")"
}

transfer=$(get iom-at .transfer transfer offer "$case_id" --to iom-af)
soon "offered" is iom-af .state offered show "$transfer"
agrees iom-at "$transfer"
hf iom-at transfer withdraw "$transfer" --yes >/dev/null
soon "recalled" is iom-af .state recalled show "$transfer"
agrees iom-at "$transfer"
agrees iom-af "$transfer"

e2e_transfer
agrees iom-at "$transfer"
agrees iom-af "$transfer"
referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "received" is clinic-kbl .state received show "$referral"
hf clinic-kbl accept "$referral" >/dev/null
soon "accepted" is iom-af .state accepted show "$referral"
agrees iom-af "$referral"
hf iom-af cancel "$referral" --reason client_refused >/dev/null
soon "the clinic is asked to stop" is clinic-kbl .state cancel_pending \
    show "$referral"
agrees clinic-kbl "$referral"
hf clinic-kbl confirm-cancel "$referral" >/dev/null
soon "cancelled" is iom-af .state cancelled show "$referral"
agrees iom-af "$referral"
agrees clinic-kbl "$referral"

file=$work/iom-af-$referral.json
want=$(jq -r .state "$file")
jq '.s |= reverse | .r |= reverse' "$file" >"$work/reversed.json"
check "the order in the file does not matter" \
    test "$(state_of "$work/reversed.json")" = "$want"
jq '.s += .s' "$file" >"$work/twice.json"
check "nor does an entry that is there twice" \
    test "$(state_of "$work/twice.json")" = "$want"
jq '{kind, disclose, travel} + {s: [.s[] | {n, event, seen, reason}],
    r: [.r[] | {n, event, seen, reason}]}' "$file" >"$work/words.json"
check "the words alone give it, too, when asked what if" \
    test "$(chain --unsigned "$work/words.json" | jq -r .state)" = "$want"
check "every entry counts" \
    jq -e '.entries | length > 0 and all(.[]; .valid)' \
    <(chain --registry "$set" "$file")

exits 65 chain --registry "$set" "$work/words.json"
jq '.s[0].sig |= (.[0:-1] + (if .[-1:] == "0" then "1" else "0" end))' \
    "$file" >"$work/forged.json"
exits 65 chain --registry "$set" "$work/forged.json"
jq '.s[-1].event = "recall"' "$file" >"$work/other-word.json"
exits 65 chain --registry "$set" "$work/other-word.json"
jq 'del(.r[0])' "$file" >"$work/gap.json"
check "what stands behind a gap waits" \
    jq -e '[.entries[] | select(.valid | not)] | length > 0' \
    <(chain --registry "$set" "$work/gap.json")
echo '{' >"$work/cut.json"
exits 65 chain --registry "$set" "$work/cut.json"
exits 66 chain --registry "$set" "$work/none.json"
