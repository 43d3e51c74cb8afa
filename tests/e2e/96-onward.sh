#!/usr/bin/env bash
# A provider sends a person on (`part_of`) only with consent to that: the plan
# says which is missing, whoever referred asks for it, the next provider gets
# what it covers and no more, Kabul sees where its case has been, and what the
# person takes back is gone there, too (I-1, I-2, R-9).
. "$(dirname "$0")/lib.sh"

# The Ministry runs a rehabilitation centre; the training centre has a fitter.
e2e_network iom-af clinic-kbl mowa-af tvet-hrt
centre() {
    cat <<END
organization: { name: $1 (invented) }
services:
  - id: 3f6a1c52-7d0e-4b8e-9a51-0c2d7be4$2
    name: $1
    code: rehabilitation
    status: active
    service_areas: [{ name: Kabul }]
    languages: [{ code: prs }, { code: ps }]
    practitioners: [female, male]
    capacities: [{ unit: patients, available: 5 }]
END
}
centre "Rehabilitation centre" 1f11 >"$work/mowa.yaml"
centre "Orthopaedic workshop" 1f12 >"$work/tvet.yaml"
hf mowa-af services set --file "$work/mowa.yaml" >/dev/null
hf tvet-hrt services set --file "$work/tvet.yaml" >/dev/null
grep -v '^ *#' "$data/consent-ordinary.yaml" >"$work/consent.yaml"
e2e_case iom-af "$data/case-ordinary.yaml" "$work/consent.yaml"
soon "the clinic knows both" is clinic-kbl \
    '[.items[] | select(.service == "rehabilitation")] | length' 2 services search

x=$(get iom-af .referral refer "$case_id" --need health.general)
soon "the clinic has the card" is clinic-kbl .state received show "$x"
need="--need health.disability"
# shellcheck disable=SC2086  # words are meant
on() { hf clinic-kbl refer "$x" $need "$@"; }
exits 1 on
check "only who has accepted sends on" grep -q "only who has accepted" \
    "$work/stderr"
hf clinic-kbl accept "$x" >/dev/null
soon "the clinic has the sections" is clinic-kbl '.sections | has("health")' \
    true show "$x"

# Without consent to it: whom to ask, and for what.
exits 1 on --to mowa-af
check "it says whom to ask" grep -q "iom-af has lets nothing go onward" \
    "$work/stderr"
# shellcheck disable=SC2086
hf clinic-kbl route "$x" $need --to mowa-af >"$work/preview"
cat "$work/preview"
check "no line is longer than 80 columns" \
    test "$(wc -L <"$work/preview")" -le 80
# shellcheck disable=SC2086
scope=$(get clinic-kbl '.ask_consent.scope' route "$x" $need --to mowa-af)
check "the scope is for sending on" \
    test "$(jq -r '.purposes | index("onward") != null' <<<"$scope")" = true

# Kabul asks the person, who leaves their wishes out, puts it down, and tells
# the clinic.
python3 - "$work/consent.yaml" "$scope" >"$work/more.yaml" <<'END'
import json, sys
scope = json.loads(sys.argv[2])
scope["until"] = "2099-01-01"
scope["id"] = "onward"
scope["categories"].remove("wishes")
print(open(sys.argv[1]).read().rstrip())
print("  - " + json.dumps(scope))
END
hf iom-af consent amend "$case_id" --file "$work/more.yaml" >/dev/null
hf iom-af disclose "$x" >/dev/null
soon "the clinic sees to whom it may go" is clinic-kbl \
    '[.may_send_on[]?.to] | join(" ")' mowa-af show "$x"
exits 1 on --to tvet-hrt
check "to nobody else" grep -q "only to: mowa-af" "$work/stderr"
y=$(get clinic-kbl .referral refer "$x" --need health.disability)
soon "the Ministry has the card" is mowa-af .state received show "$y"
check "a card has no name" is mowa-af '.sections | length' 0 show "$y"
hf mowa-af accept "$y" >/dev/null
soon "the Ministry has what may go" is mowa-af '.sections | keys | join(" ")' \
    "contact health identity" show "$y"
check "not what the clinic alone may have" is clinic-kbl \
    '.sections | has("wishes")' true show "$x"
check "it sees who referred at first" is mowa-af .referred_at_first_by iom-af \
    show "$y"
exits 1 hf mowa-af refer "$y" --need health.general --to tvet-hrt
check "and sends on to nobody" grep -q "goes no further" "$work/stderr"

# Kabul sees it: in the referral, in the review of a closure, in the copy.
soon "Kabul sees that it was accepted" is iom-af \
    '.onward[0] | "\(.to) \(.state) \(.service)"' \
    "mowa-af accepted rehabilitation" show "$x"
hf iom-af show "$x" >"$work/shown"
cat "$work/shown"
check "in words, too" grep -q "Sent on .*to mowa-af" "$work/shown"
check "no line is longer than 80 columns" test "$(wc -L <"$work/shown")" -le 80
hf iom-af case close "$case_id" --reason support_ended >"$work/review" \
    2>&1 </dev/null || true
check "a closure lists it" grep -q mowa-af "$work/review"
hf iom-af case export "$case_id" --to "$work/copy.json" >/dev/null
check "the person's copy names the Ministry" jq -e \
    '[.shared_with[] | select(.event == "onward" and .org == "mowa-af"
        and (.categories | index("health") != null))] | length == 1' \
    "$work/copy.json"
hf mowa-af complete "$y" --outcome met >/dev/null
soon "Kabul sees that it is done" is iom-af '.onward[0].state' completed \
    show "$x"

# Once more, while Kabul is away: the note waits for it, and is not lost.
net_stop iom-af
hf clinic-kbl close "$y" >/dev/null
z=$(get clinic-kbl .referral refer "$x" --need health.disability)
soon "the Ministry has it" is mowa-af .state received show "$z"
hf mowa-af accept "$z" >/dev/null
soon "and its sections" is mowa-af '.sections | has("health")' true show "$z"
net_kill9 clinic-kbl
net_start clinic-kbl iom-af
net_ready
soon "Kabul knows of both" is iom-af '[.onward[].state] | sort | join(" ")' \
    "accepted completed" show "$x"

# The person takes back what lets it go onward: gone there, not at the clinic.
hf iom-af consent withdraw "$case_id" --scope onward --effect erase --yes \
    >/dev/null
soon "nothing is left at the Ministry" is mowa-af '.sections | length' 0 \
    show "$z"
soon "recalled" is mowa-af .state recalled show "$z"
check "the clinic has its own share" is clinic-kbl \
    '.sections | has("health")' true show "$x"
soon "nobody is open" is iom-af '.items | length' 0 withdrawals --open
exits 1 on --to mowa-af
check "nothing may go on any more" is clinic-kbl \
    '.may_send_on[0].categories | length' 0 show "$x"
hf iom-af withdrawals
soon "Kabul sees that, too" is iom-af \
    "[.onward[] | select(.id == \"$z\") | .state] | first" recalled show "$x"
