#!/bin/bash
# The service map as Open Referral HSDS 3: in, out and in again, held to a JSON
# schema; a shelter's address goes nowhere; search, confirm, age; a decision
# that is made again of what was kept.
. "$(dirname "$0")/lib.sh"
e2e_network iom-af clinic-kbl
hsds=$data/hsds
schema() { python3 "$hsds/validate.py" "$hsds/services.schema.json" "$@"; }
found() { # found ORG OPTIONS...: how many services a search finds
    hf "$1" --json services search "${@:2}" | jq '.items | length'
}
finds() { [ "$(found "${@:2}")" = "$1" ]; }

check "the sample is HSDS" schema "$hsds/foreign.json"
hf clinic-kbl services import --hsds "$hsds/foreign.json" >/dev/null
soon "it reaches the other member" finds 2 iom-af

# Confidential: the pack calls safe_shelter sensitive, nobody had to say so.
hf iom-af services export --hsds "$work/map.json" >/dev/null
check "what is written is HSDS" schema "$work/map.json"
check "the address is nowhere" bash -c "! grep -q 'Hidden Lane' '$work/map.json'"
check "nor the place" bash -c "! grep -q 34.5 '$work/map.json'"
check "nor with the publisher's own node" bash -c \
    "! grep -rq 'Hidden Lane' '$NET/nodes/clinic-kbl'"
check "the telephone is" grep -q '93 20 000' "$work/map.json"
check "another taxonomy's terms are kept" grep -q BH-1800 "$work/map.json"

# Search: eligibility, place, language, accessibility, cost, capacity.
check "by age" finds 1 iom-af --age 12
check "by place" finds 1 iom-af safe_shelter --place Kabul
check "elsewhere none" finds 0 iom-af safe_shelter --place Herat
check "by language" finds 0 iom-af safe_shelter --language uz
check "by accessibility" finds 2 iom-af --accessibility wheelchair
check "by capacity" finds 1 iom-af --capacity 4
check "by cost" finds 2 iom-af --max-cost 0
check "units are told" is iom-af '.items[0].capacity_unit' beds \
    services search safe_shelter
check "who is closed takes nobody" is iom-af '.items[0].accepting' false \
    services search primary_health_care
exits 64 hf iom-af services search --accessibility stairs

# Round trip: what we wrote can be read again and is the same.
hf clinic-kbl services export --own --hsds "$work/one.json" >/dev/null
hf clinic-kbl services import --hsds "$work/one.json" >/dev/null
hf clinic-kbl services export --own --hsds "$work/two.json" >/dev/null
check "out, in and out again" cmp "$work/one.json" "$work/two.json"

# Age: the shelter was last assured weeks ago; confirming makes it new.
check "its age shows" bash -c "[ $(hf iom-af --json services search \
    safe_shelter | jq '.items[0].age_days') -gt 0 ]"
hf clinic-kbl services confirm safe_shelter >/dev/null
soon "confirmed is new" is iom-af '.items[0].age_days' 0 \
    services search safe_shelter
exits 66 hf clinic-kbl services confirm no-such-thing

# Not ours.
jq '.contents[1].organization.id = "8d3c1b2a-0000-4000-8000-0000000000ff"' \
    "$hsds/foreign.json" >"$work/two-orgs.json"
exits 65 hf clinic-kbl services import --hsds "$work/two-orgs.json"
printf '{"contents": [' >"$work/broken.json"
exits 65 hf clinic-kbl services import --hsds "$work/broken.json"

# A decision, explained again from what was kept of its inputs.
e2e_case iom-af
hf iom-af --json route "$case_id" --need protection.shelter >"$work/route"
check "a route says why" jq -e '.rules_seen | length > 0' "$work/route"
jq '.contents |= map(select(.status != "active") | .status = "active")' \
    "$hsds/foreign.json" >"$work/clinic.json"
hf clinic-kbl services import --hsds "$work/clinic.json" >/dev/null
soon "the clinic is open" is iom-af '.items[0].accepting' true \
    services search primary_health_care
decision=$(get iom-af .decision refer "$case_id" --need health.general --draft)
check "the same bytes again" is iom-af .same true \
    policy explain "$decision" --replay
hf clinic-kbl services import --hsds "$work/two.json" >/dev/null
soon "the clinic is closed" is iom-af '.items[0].accepting' false \
    services search primary_health_care
check "also when the service map has changed" is iom-af .same true \
    policy explain "$decision" --replay
check "in words, too" bash -c "grep -q 'the same bytes' <<<'$(hf iom-af \
    policy explain "$decision" --replay | tail -n 1)'"

# The map is everybody's: two members' services, and no file is written over.
hf iom-af services set --file "$data/services-tvet-hrt.yaml" >/dev/null
exits 65 hf iom-af services export --hsds "$work/map.json"
rm "$work/map.json"
n=$(found iom-af)
check "all that is on the map is written" is iom-af .services "$n" \
    services export --hsds "$work/map.json"
check "and counted" test "$(jq '.contents | length' "$work/map.json")" = "$n"
check "of both" test "$(jq '[.contents[].organization.id] | unique | length' \
    "$work/map.json")" = 2
echo "ok"
