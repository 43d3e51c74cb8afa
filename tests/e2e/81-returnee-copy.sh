#!/usr/bin/env bash
# The person gets a complete copy of the record, and everyone it was shared
# with, when, on which consent (R-9): as JSON and as a page for paper.
. "$(dirname "$0")/lib.sh"

e2e_network iom-at iom-af
handoff() { "$net_bin/handoff" -C "$NET/nodes/iom-at" "$@"; }
net_do handoff user add nurse --role health
e2e_case iom-at "$data/case-arabic-names.yaml" \
    "$data/consent-arabic-names.yaml"
e2e_transfer
copy=$work/copy

check "a copy is written" hf iom-at case export "$case_id" --to "$copy.json"
check "that only its owner reads" test "$(stat -c %a "$copy.json")" = 600
check "with every category that is held" \
    test "$(jq -c '.sections | keys' "$copy.json")" = \
    "$(get iom-at '.sections | keys | tojson' case show "$case_id")"
check "and a word on the risk of carrying it" \
    jq -e '.warning | test("border")' "$copy.json"
shared='[.shared_with[] | select((.categories // []) | length > 0)]'
check "whom it was shared with" \
    test "$(jq -r "$shared | map(.org) | unique | join(\" \")" "$copy.json")" \
    = iom-af
check "what and on which consent" jq -e "$shared | all(.[];
    .consent != null and (.scopes | length > 0) and .at != null)" "$copy.json"
check "the consent with the scopes of each version" \
    jq -e '.consent.history[0].scopes | length > 0' "$copy.json"
exits 65 hf iom-at case export "$case_id" --to "$copy.json"
exits 64 hf iom-at case export "$case_id" --to "$copy.txt"
exits 77 handoff --user nurse case export "$case_id" --to "$work/nurse.json"
check "nothing is written then" test ! -e "$work/nurse.json"

check "the page for paper" hf iom-at case export "$case_id" --to "$copy.html"
check "has the name in its own script" grep -q 'نورزاده' "$copy.html"
check "in its own direction" grep -q '<bdi dir="auto">نورزاده</bdi>' \
    "$copy.html"
check "loads nothing from anywhere" \
    sh -c "! grep -qiE '(src|href)=|url\(|@import|<script' '$copy.html'"
check "both copies are on record" \
    test "$(get iom-at '[.items[] | select(.what == "export")] | length' \
        audit access)" = 2
[ -z "${E2E_COPY-}" ] || cp "$copy.html" "$E2E_COPY"
