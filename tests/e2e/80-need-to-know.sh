#!/usr/bin/env bash
# Inside one organisation a role reads what it needs (R-4): by a table that the
# configuration may change, and that the SOP packs in force narrow; and whoever
# reads something sensitive is on record with the reason, without anything of
# what was read.
. "$(dirname "$0")/lib.sh"

# Packs come later, through the registry.
net_packs() { :; }
e2e_network iom-af clinic-kbl committee
kabul=$NET/nodes/iom-af
handoff() { "$net_bin/handoff" -C "$kabul" "$@"; }
as() { handoff --json --user "$1" "${@:3}" | jq -r "$2"; }
for role in health case_manager auditor; do
    net_do handoff user add "$role" --role "$role"
done
e2e_case iom-af

nurse_reads() {
    as health '.sections | keys | join(" ")' case show "$case_id" \
        --why "blood test"
}
reads() { # reads USER CATEGORY...: these and no others
    [ "$(as "$1" '.sections | keys | join(" ")' case show "$case_id" \
        --why "blood test")" = "${*:2}" ]
}
source_of() { # source_of USER [--case ID]: who says what the user reads
    as "$1" '.reads[0] | [.source, .pack, .version // empty] |
        map(tostring) | join(" ")' user show "$@"
}
check "a nurse reads health, and who to ask for" \
    test "$(nurse_reads)" = "contact family health identity wishes"
check "as the program has it" test "$(source_of health)" = "built_in null"
check "what the nurse's role hides is named" \
    test "$(as health '.withheld | index("mhpss") != null' \
        case show "$case_id")" = true
check "the owner needs no reason" \
    test "$(as demo .case case show "$case_id")" = "$case_id"
check "another case manager is on record without one" \
    test "$(as case_manager .case case show "$case_id")" = "$case_id"

seen() { as auditor "$1" audit access "${@:2}"; }
check "four readings are on record, newest first" \
    test "$(seen '[.items[].user] | join(" ")')" = \
    "case_manager demo health health"
check "with the reason, the case and the categories" \
    test "$(seen '.items[3] | "\(.why) \(.case) \(.categories | join(","))"')" \
    = "blood test $case_id identity,contact,family,health,wishes"
check "one's own case is a reason" \
    test "$(seen '.items[1].why')" = "own case"
check "and none is none" test "$(seen '.items[0].why')" = null
check "one user's readings" \
    test "$(seen '.items | length' --user health)" = 2
exits 77 handoff --user health audit access
family_name=$(get iom-af .sections.identity.family_name case show "$case_id")
exits 65 handoff --user health case show "$case_id" --why "for $family_name"
check "nothing of the person is in the record" \
    sh -c "! printf %s '$(seen .)' | grep -qF '$family_name'"

# What the committee's packs leave of it.
set=$NET/ceremony/registry.set
add_pack() { # add_pack FILE VERSION
    net_do "$net_bin/handoff" registry add "$set" --pack "$1"
    for n in 1 2; do
        net_do "$net_bin/handoff" registry sign "$set" \
            --key "$NET/ceremony/member-$n.key" --yes
    done
    hf committee registry publish "$set" >/dev/null
    hf committee policy install "$1" >/dev/null
    for org in iom-af clinic-kbl; do
        soon "version $2 is in force at $org" is "$org" \
            "[.items[] | select(.version == $2) | .stands] | first" in_force \
            policy show af-national
    done
}
all=$(as case_manager '.sections | keys | join(" ")' case show "$case_id")
v1=$work/af-national.yaml
sed '/code: primary_health_care/a\    sensitive: true' \
    "$root/policy/sop/af-national.yaml" >"$v1"
add_pack "$v1" 1
check "a nurse now reads no family" reads health contact health identity wishes
check "because the pack says so" \
    test "$(source_of health --case "$case_id")" = "pack af-national 1"
check "for persons from one country" test "$(as health \
    '.reads[0].origins | join(" ")' user show health)" = AF
check "elsewhere the default holds" test "$(as health '.reads[1].source' \
    user show health)" = built_in
exits 77 handoff --user health user show demo
exits 66 handoff --user demo user show nobody
check "another case manager reads no health now" test "$(as case_manager \
    '.withheld | join(" ")' case show "$case_id")" = "health mhpss"
check "nor is that on record" test "$(seen '.items[0] |
    "\(.user) \(.categories | index("health"))"')" = "case_manager null"
check "its own case manager reads all of it" \
    test "$(as demo '.sections | keys | join(" ")' case show "$case_id")" = \
    "$all"
# demo is a supervisor, too: somebody who is nothing but the case manager
net_do handoff user add amin --role case_manager
hf iom-af case assign "$case_id" --to amin >/dev/null
check "who is nothing else as well" test "$(as amin \
    '.sections | keys | join(" ")' case show "$case_id")" = "$all"
check "and says why" test "$(source_of amin --case "$case_id")" = \
    "built_in null"
exits 77 handoff --user case_manager case export "$case_id" \
    --to "$work/copy.json"
check "who reads all of it makes the copy" \
    handoff --user amin case export "$case_id" --to "$work/copy.json"
handoff --user case_manager print "$case_id" --to "$work/part.html" \
    >/dev/null
check "something is in what another prints" \
    grep -q "$family_name" "$work/part.html"
check "no health in it" \
    sh -c "! grep -q 'E11' '$work/part.html'"

# A referral to a sensitive service: its line in lists, itself, its file.
referral=$(as amin .referral refer "$case_id" --need health.general)
soon "received" is iom-af .state received show "$referral"
line() { as "$1" '.items[] | select(.id == "'"$referral"'") | .service' list; }
check "the case manager sees the service" \
    test "$(line amin)" = primary_health_care
check "another sees a line without it" test "$(line case_manager)" = null
exits 77 handoff --user case_manager show "$referral"
check "the nurse sees it" test "$(line health)" = primary_health_care
# At the clinic it is nobody's yet: who may accept it sees it, until somebody
# did.
clinic() { "$net_bin/handoff" -C "$NET/nodes/clinic-kbl" --json "$@"; }
for user in samir latifa; do
    net_do clinic user add $user --role focal_point
done
there() { [ "$(clinic --user "$1" list | jq -r .items[0].service)" = "$2" ]; }
check "what is nobody's, any focal point sees" there latifa primary_health_care
clinic --user samir accept "$referral" --focal samir >/dev/null
check "whose it is sees it on" there samir primary_health_care
check "other focal points no more" there latifa null
has_sections() { [ "$(clinic --user samir show "$referral" |
    jq '.sections | has("identity")')" = true ]; }
soon "the sections are there" has_sections
exits 77 clinic --user latifa show "$referral"


# A file beside it.
printf 'blood sugar' >"$work/lab.txt"
soon "accepted" is iom-af .state accepted show "$referral"
handoff --user amin attach "$referral" --file "$work/lab.txt" \
    --category health >/dev/null
file=$(as amin '.attachments[0].attachment' show "$referral")
exits 77 handoff --user case_manager fetch "$file" --to "$work/got.txt"
there_is() { [ "$(clinic --user "$1" show "$referral" |
    jq -r '.attachments[0].state')" = complete ]; }
soon "the file is at the clinic" there_is samir
clinic --user samir fetch "$file" --to "$work/got.txt" >/dev/null
check "whole" cmp "$work/got.txt" "$work/lab.txt"
exits 77 clinic --user latifa fetch "$file" --to "$work/got-2.txt"

# Another version: from then on.
sed -e 's/^version: 1$/version: 2/' \
    -e 's/{ role: health, reads: .*/{ role: health, reads: [health] }/' \
    -e 's/{ role: case_manager, reads: .*/{ role: case_manager, reads: [plan] }/' \
    "$v1" >"$work/v2.yaml"
add_pack "$work/v2.yaml" 2
check "the nurse reads health only" reads health health
name_of() { as "$1" '.items[] | select(.case == "'"$case_id"'") | .name' \
    case list; }
check "who hides identity hides names in lists" \
    test "$(name_of case_manager)" = null
check "not one's own" test "$(name_of amin)" != null

# The organisation's own table goes before any pack.
net_stop iom-af
printf '%s\n' 'read_health: [health, contact]' 'why_required: true' \
    >>"$kabul/handoff.yaml"
net_start iom-af
check "the nurse reads as the organisation says" reads health contact health
check "and the user's page says so" \
    test "$(source_of health)" = "handoff.yaml null"
check "and nothing sensitive without a reason" test "$(as health \
    '.sections | keys | join(" ")' case show "$case_id")" = contact
check "the owner reads on" \
    test "$(as amin '.sections | has("mhpss")' case show "$case_id")" = true
net_stop iom-af
echo 'read_supervisor: [gossip]' >>"$kabul/handoff.yaml"
if net_start iom-af 2>"$work/refused"; then fail "it started"; fi
check "an unknown category is refused with its line" \
    grep -q "handoff.yaml:[0-9]*: read_supervisor" "$work/refused"
