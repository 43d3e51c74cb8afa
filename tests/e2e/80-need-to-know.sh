#!/usr/bin/env bash
# Inside one organisation a role reads what it needs (R-4), by a table that the
# configuration may change; and whoever reads something sensitive is on record
# with the reason, without anything of what was read.
. "$(dirname "$0")/lib.sh"

e2e_network iom-at
kabul=$NET/nodes/iom-at
handoff() { "$net_bin/handoff" -C "$kabul" "$@"; }
as() { handoff --json --user "$1" "${@:3}" | jq -r "$2"; }
for role in health case_manager auditor; do
    net_do handoff user add "$role" --role "$role"
done
e2e_case iom-at

nurse_reads() {
    as health '.sections | keys | join(" ")' case show "$case_id" \
        --why "blood test"
}
check "a nurse reads health, and who to ask for" \
    test "$(nurse_reads)" = "contact family health identity wishes"
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
family_name=$(get iom-at .sections.identity.family_name case show "$case_id")
exits 65 handoff --user health case show "$case_id" --why "for $family_name"
check "nothing of the person is in the record" \
    sh -c "! printf %s '$(seen .)' | grep -qF '$family_name'"

# The organisation's own table.
net_stop iom-at
printf '%s\n' 'read_health: [health]' 'why_required: true' \
    >>"$kabul/handoff.yaml"
net_start iom-at
check "the nurse reads health only" test "$(nurse_reads)" = health
check "and nothing sensitive without a reason" \
    test "$(as health '.sections | length' case show "$case_id")" = 0
check "the owner reads on" \
    test "$(as demo '.sections | has("mhpss")' case show "$case_id")" = true
net_stop iom-at
echo 'read_supervisor: [gossip]' >>"$kabul/handoff.yaml"
if net_start iom-at 2>"$work/refused"; then fail "it started"; fi
check "an unknown category is refused with its line" \
    grep -q "handoff.yaml:[0-9]*: read_supervisor" "$work/refused"
