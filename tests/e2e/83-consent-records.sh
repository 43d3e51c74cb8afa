#!/usr/bin/env bash
# A consent is recorded with who gave it, by what right and how; a child does
# not consent alone (R-7); what it covers now is said; it is asked for again
# when the plan gains a component (R-3).
. "$(dirname "$0")/lib.sh"

e2e_network iom-at
case_id=$(get iom-at .case case new --file "$data/case-child.yaml")
sed 's/^given_by:.*/given_by: self/' "$data/consent-child.yaml" \
    >"$work/alone.yaml"
exits 1 hf iom-at consent give "$case_id" --file "$work/alone.yaml"
check "a guardian decides" hf iom-at consent give "$case_id" \
    --file "$data/consent-child.yaml"
hf iom-at consent show "$case_id" >"$work/shown"
cat "$work/shown"
for field in guardian "legal guardian" "decision of" written "(minors)" \
    "the boy himself" uz "no. 52"; do
    check "it says: $field" grep -qF "$field" "$work/shown"
done
check "no line is longer than 80 columns" test "$(wc -L <"$work/shown")" -le 80
check "what is covered now is said" is iom-at \
    '[.covers[] | select(.to == "clinic-kbl" and .purpose == "referral")
        | .categories[]] | index("health") != null' true \
    consent status "$case_id"
hf iom-at consent status "$case_id"

tasks() { get iom-at '[.items[].what] | join(" ")' tasks; }
check "nothing is to be asked yet" test "$(tasks)" = ""
printf '%s\n' 'plan:' '  components: [school, boxing club]' >"$work/plan.yaml"
hf iom-at case set "$case_id" --file "$work/plan.yaml"
check "the plan has gained a component: ask again" \
    test "$(tasks)" = consent_plan
check "the task names the case and is overdue at once" \
    is iom-at '.items[0] | "\(.case) \(.owner)"' "$case_id demo" tasks
hf iom-at consent amend "$case_id" --file "$data/consent-child.yaml"
check "asked and answered" test "$(tasks)" = ""

sed 's/until: .*/until: 2026-11-11/' "$data/consent-child.yaml" \
    >"$work/short.yaml"
hf iom-at consent amend "$case_id" --file "$work/short.yaml"
check "a consent whose scopes are over is shown as expired" \
    is iom-at .expired true consent status "$case_id"
check "covers nothing" is iom-at '.covers | length' 0 consent status "$case_id"
check "and is a task" test "$(tasks)" = consent_expires
