#!/bin/bash
# A whole transfer with its rarer verbs: request by number, postponed, amended,
# too early a query, handed over and back again, a supplement, the proof of
# custody that others can check; a household of two; a person found twice.
. "$(dirname "$0")/lib.sh"
e2e_network iom-at iom-af clinic-kbl

# ---- a request for somebody whom nobody announced
number=AT-2026-0042
sed "s/^number:.*/number: $number/" "$data/case-ordinary.yaml" >"$work/case.yaml"
grep -q "^number: $number" "$work/case.yaml" || echo "number: $number" >>"$work/case.yaml"
e2e_case iom-at "$work/case.yaml"
request=$(get iom-af .transfer transfer request --from iom-at --number "$number")
guess=$(get iom-af .transfer transfer request --from iom-at --number AT-0000)
phoned=$(get iom-af .transfer transfer request --from iom-at \
    --number AT-0001 --by phone --spoke-to "Canary Desk" \
    --happened-at "$(date -u -d '-2 hours' +%FT%TZ)")
later='.chain[0] | "\(.flags) \(.details.spoke_to)
    \(.at != .happened_at)" | gsub("\n *"; " ")'
check "how, when and with whom it was asked is on record" is iom-af "$later" \
    '["phone"] Canary Desk true' show "$phoned" --trace
soon "Vienna learns how and when" is iom-at "$later" '["phone"] null true' \
    show "$phoned" --trace
check "in words, too" sh -c "'$net_bin/handoff' -C '$NET/nodes/iom-af' \
    --user demo show '$phoned' --trace | grep -q 'Canary Desk'"
soon "the request arrives" is iom-at .state requested show "$request"
soon "the guess arrives" is iom-at .state requested show "$guess"
check "Vienna sees whose it is" is iom-at .case "$case_id" show "$request"
check "of a number nobody has, nothing" is iom-at .case null show "$guess"
check "and Kabul nothing of either" is iom-af .case null show "$request"
check "but its own number" is iom-af .number "$number" show "$request"
exits 65 hf iom-at transfer refuse-request "$guess" --reason no_capacity
hf iom-at transfer refuse-request "$guess" --reason not_known >/dev/null
soon "refused" is iom-af .state declined show "$guess"

# ---- a household: two members, offered at once; one has no consent
second=$(get iom-at .case case new --file "$data/case-single-name.yaml")
household=$(get iom-at .household case link "$case_id" "$second" --household)
check "in its cases" is iom-at .household "$household" case show "$second"
status=0
hf iom-at transfer offer "$case_id" "$second" --to iom-af --json \
    >"$work/offers" 2>"$work/err" || status=$?
[ "$status" = 1 ] || fail "an offer without consent ended with $status"
check "one was offered" jq -e '.items[0].transfer' "$work/offers"
check "of the other it is said why not" \
    jq -e '.items[1].error.code == "no_consent"' "$work/offers"
transfer=$(jq -r '.items[0].transfer' "$work/offers")
[ "$transfer" = "$request" ] || fail "the offer does not answer the request"
soon "offered" is iom-af .state offered show "$transfer"

# ---- step by step
hf iom-af transfer accept "$household" --manager demo >/dev/null
soon "accepted, named by household" is iom-at .state accepted show "$transfer"
hf iom-at transfer release "$transfer" >/dev/null
soon "released" is iom-af .state released show "$transfer"
hf iom-at transfer postpone "$transfer" --date 2026-12-24 >/dev/null
soon "postponed: still released" is iom-af .state released show "$transfer"
exits 1 hf iom-af transfer query "$transfer" --reason not_arrived
printf 'skills: [ { title: baker, years: 3 } ]\n' >"$work/amend.yaml"
hf iom-at transfer amend "$transfer" --file "$work/amend.yaml" >/dev/null
soon "amended" is iom-af '.sections.skills[0].title' baker case show "$case_id"
hf iom-at transfer depart "$transfer" --date "$(date -u +%F)" >/dev/null
soon "departed" is iom-af .state departed show "$transfer"
hf iom-af transfer arrive "$transfer" >/dev/null
soon "arrived" is iom-at .state arrived show "$transfer"
exits 1 hf iom-at transfer not-departed "$transfer"
hf iom-at transfer hand-over "$transfer" >/dev/null
soon "handed over" is iom-at .state handed_over show "$transfer"
soon "and taken over" is iom-af .custody.holder iom-af case show "$case_id"
check "epoch 2" is iom-af .custody.epoch 2 case show "$case_id"
check "with the consent as Vienna signed it" is iom-af \
    '.history | map("\(.version) \(.org) \(.verifies)") | join(", ")' \
    "1 iom-at true" consent show "$case_id"
hf iom-af consent show "$case_id" >"$work/shown"
check "which is said" grep -q 'signature *good' "$work/shown"

# ---- what both signed
hf iom-at case show "$case_id" --custody --json >"$work/proof"
check "the proof has both entries" jq -e '.proof[0].epoch == 1 and
    (.proof[0].hand_over.sig | length) == 128 and
    (.proof[0].take_over.key | length) == 64' "$work/proof"
check "anybody can check it" "$net_bin/handoff" chain custody \
    "$work/proof" --registry "$(net_dir iom-at)/registry.set"
jq '.proof[0].epoch = 2' "$work/proof" >"$work/forged"
exits 65 "$net_bin/handoff" chain custody "$work/forged" \
    --registry "$(net_dir iom-at)/registry.set" --json

# ---- afterwards
printf 'skills: [ { title: tailor } ]\n' >"$work/late.yaml"
hf iom-af case set "$case_id" --file "$work/late.yaml" >/dev/null
hf iom-at transfer supplement "$transfer" --file "$work/amend.yaml" >/dev/null
soon "a supplement arrives beside the transfer" \
    is iom-af '.sections.skills[0].title' baker show "$transfer"
check "and takes no newer section's place" \
    is iom-af '.sections.skills[0].title' tailor case show "$case_id"
exits 1 hf iom-at transfer withdraw "$transfer" --yes

# ---- back again
cat >"$work/back.yaml" <<'Y'
given_at: 2026-11-20T10:00:00Z
given_by: self
method: verbal_witnessed
language: prs
witness: colleague
scopes:
  - id: back
    categories: [identity, contact, skills, plan]
    recipients: [{ org: iom-at }]
    purposes: [offer, transfer, feedback]
Y
hf iom-af consent amend "$case_id" --file "$work/back.yaml" >/dev/null
back=$(get iom-af .transfer transfer offer "$case_id" --to iom-at --travel none)
soon "offered back" is iom-at .state offered show "$back"
hf iom-at transfer accept "$back" >/dev/null
soon "accepted" is iom-af .state accepted show "$back"
hf iom-af transfer release "$back" >/dev/null
soon "released" is iom-at .state released show "$back"
check "what Vienna had is as it was" \
    is iom-at '.sections.skills[0].title' baker case show "$case_id"
hf iom-af transfer hand-over "$back" >/dev/null
soon "to be taken over" is iom-at .state handing_over show "$back"
hf iom-at transfer take-over "$back" >/dev/null
soon "the epoch goes on" is iom-af .custody.epoch 3 case show "$case_id"
check "Vienna holds it" is iom-at .custody.holder iom-at case show "$case_id"
check "with what is newer" \
    is iom-at '.sections.skills[0].title' tailor case show "$case_id"
hf iom-at case show "$case_id" --custody --json >"$work/proof"
check "two epochs are proved" jq -e '[.proof[].epoch] | sort == [1, 2]' \
    "$work/proof"
check "offline, too" "$net_bin/handoff" chain custody "$work/proof" \
    --registry "$(net_dir iom-at)/registry.set"

# ---- one person, two cases
twin=$(get iom-af .case case new --file "$work/case.yaml")
check "a second case of that person is marked" \
    is iom-af '.duplicates[0] | [.by[], .verdict] | join(" ")' \
    "number person open" case show "$twin"
check "and says of whom" is iom-af '.duplicates[0].case' "$case_id" \
    case show "$twin"
check "in the list, too" is iom-af \
    "[.items[] | select(.duplicate) | .case] | length" 2 case list
hf iom-af case different "$twin" "$case_id" >/dev/null
check "until a case manager says" is iom-af \
    "[.items[] | select(.duplicate)] | length" 0 case list
hf iom-af case same "$twin" "$case_id" >/dev/null
check "that they are, or are not" is iom-af '.duplicates[0].verdict' same \
    case show "$case_id"
echo "all transfer verbs"
