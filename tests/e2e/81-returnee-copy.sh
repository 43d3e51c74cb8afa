#!/usr/bin/env bash
# The person gets a complete copy of the record, and everyone it was shared
# with, when, on which consent (R-9): as JSON and as a page for paper. Nothing
# of the others of a household is in it.
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
check "the consent in words: neither signatures nor instants of a machine" \
    sh -c "grep -q '2028-12-31' '$copy.html' &&
        ! grep -qE '[0-9a-f]{64}|T00:00:00Z' '$copy.html'"
check "loads nothing from anywhere" \
    sh -c "! grep -qiE '(src|href)=|url\(|@import|<script' '$copy.html'"
check "both copies are on record" \
    test "$(get iom-at '[.items[] | select(.what == "export")] | length' \
        audit access)" = 2

# A household: what is the others' is in nobody's copy, nor on the printed
# record; each has own sections, own shares, own words.
second=$(get iom-at .case case new --file "$data/case-ordinary.yaml")
hf iom-at consent give "$second" --file "$data/consent-ordinary.yaml" >/dev/null
third=$(get iom-at .case case new --file "$data/case-single-name.yaml")
household=$(get iom-at .household case link "$second" "$third" --household)
check "they are one household" is iom-at .household "$household" \
    case show "$third"
moved=$(get iom-at .transfer transfer offer "$second" --to iom-af)
soon "and it is on its way" is iom-af .state offered show "$moved"
for one in "$second:$third:Gulzar|stateless|bricklayer|tea house" \
    "$third:$second:Wardakzai|004711|436601234567|$moved"; do
    IFS=: read -r own other words <<<"$one"
    for form in json html; do
        hf iom-at case export "$own" --to "$work/$own.$form" >/dev/null
    done
    hf iom-at print "$own" --to "$work/$own.print.html" >/dev/null
    check "a copy of $own has nothing of another's" sh -c \
        "! grep -lE '$words|$other' '$work/$own'.*"
    check "and what is its own" grep -q "$own" "$work/$own.json"
done
[ -z "${E2E_COPY-}" ] || cp "$copy.html" "$E2E_COPY"
