#!/usr/bin/env bash
# Before anything goes, the case manager sees what would, what would not, and
# which consent would be needed for what is missing, in words (R-1, R-4).
. "$(dirname "$0")/lib.sh"

e2e_network iom-af clinic-kbl
# A consent that covers nobody here: the clinic is to be asked for.
grep -v '^ *#' "$data/consent-single-name.yaml" >"$work/consent.yaml"
e2e_case iom-af "$data/case-ordinary.yaml" "$work/consent.yaml"
soon "the clinic's services are known" is iom-af '.items | length > 0' true \
    services search

preview() { get iom-af "$1" route "$case_id" --need health.general; }
check "nothing would go" test "$(preview '.sends | length')" = 0
check "what the service needs is named" \
    test "$(preview '.ask_consent.required | length > 0')" = true
hf iom-af route "$case_id" --need health.general >"$work/preview"
cat "$work/preview"
check "no line is longer than 80 columns" \
    test "$(wc -L <"$work/preview")" -le 80
check "the wording is there" grep -q 'I agree that' "$work/preview"
exits 1 hf iom-af refer "$case_id" --need health.general

# The scope that was proposed, in a consent file, is what was missing.
hf iom-af --json route "$case_id" --need health.general |
    jq '{given_at: "2026-11-01", given_by: "self", method: "written",
        scopes: [.ask_consent.scope + {until: "2099-01-01"}]}' \
        >"$work/amended.json"
check "the proposed scope is taken" hf iom-af consent amend "$case_id" \
    --file "$work/amended.json"
check "and nothing is missing any more" \
    test "$(preview '.ask_consent == null and (.sends | length > 0)')" = true
