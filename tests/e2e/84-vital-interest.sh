#!/usr/bin/env bash
# In a vital interest data goes without consent (R-6): attested by a
# professional, only what the SOP's emergency rule names, reviewed by somebody
# who had no part in it, and the person is asked afterwards.
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034  # of e2e_network
e2e_registry="--managers-attest yes"
e2e_network iom-af clinic-kbl committee
handoff() { "$net_bin/handoff" -C "$NET/nodes/iom-af" "$@"; }
as() { handoff --json --user "$1" "${@:3}" | jq -r "$2"; }
net_do handoff user add psy --role mental_health_professional
net_do handoff user add rev --role reviewer
case_id=$(get iom-af .case case new --file "$data/case-ordinary.yaml")
soon "the clinic's services are known" is iom-af '.items | length > 0' true \
    services search
attest() {
    printf '%s\n' "ground: $1" "role: $2" "by: Dr. R. Amiri" \
        "text: acute danger, seen today" >"$work/attest.yaml"
}
emergency=(refer "$case_id" --need health.emergency --vital-interest
    --attest "$work/attest.yaml")

exits 1 hf iom-af refer "$case_id" --need health.emergency
exits 64 hf iom-af refer "$case_id" --need health.emergency --vital-interest
attest unable_to_consent health
exits 77 hf iom-af "${emergency[@]}"
attest unable_to_consent mental_health_professional
exits 77 hf iom-af "${emergency[@]}"
attest bad_mood mental_health_professional
exits 65 handoff --user psy "${emergency[@]}"
check "with the line" grep -q 'attest.yaml:1' "$work/stderr"
attest life_at_risk mental_health_professional
exits 1 handoff --user psy refer "$case_id" --need health.general \
    --vital-interest --attest "$work/attest.yaml"
referral=$(as psy .referral "${emergency[@]}")
soon "the clinic has it, with the sections" is clinic-kbl \
    '.sections | has("identity")' true show "$referral"
check "and nothing that the rule's service does not name" is clinic-kbl \
    '.sections | has("economic") or has("plan") or has("vulnerability")' \
    false show "$referral"
check "with the attestation" is clinic-kbl \
    '.vital_interest | "\(.ground) \(.role) \(.attestation.by)"' \
    "life_at_risk mental_health_professional Dr. R. Amiri" show "$referral"
hf clinic-kbl show "$referral" | sed -n '/Without consent/,/What happened/p'

check "the review and asking for consent are tasks" test \
    "$(get iom-af '[.items[].what] | map(select(. == "vital_review" or
        . == "consent_ask")) | join(" ")' tasks)" = "consent_ask vital_review"
exits 77 hf iom-af review "$referral" --upheld yes
check "the reviewer reads the attestation" test \
    "$(as rev .vital_interest.attestation.text review "$referral")" \
    = "acute danger, seen today"
exits 77 handoff --user rev show "$referral"
check "and upholds it" handoff --user rev review "$referral" --upheld yes
exits 1 handoff --user rev review "$referral" --upheld no
hf iom-af consent give "$case_id" --file "$data/consent-ordinary.yaml" \
    >/dev/null
printf '%s\n' "given_at: $(date -u -d +1minute +%FT%TZ)" >"$work/later.yaml"
sed '/^given_at/d' "$data/consent-ordinary.yaml" >>"$work/later.yaml"
hf iom-af consent amend "$case_id" --file "$work/later.yaml" >/dev/null
check "asked and answered" test "$(get iom-af '[.items[].what] |
    map(select(startswith("vital") or . == "consent_ask")) | length' tasks)" = 0

upheld() {
    [ "$(get committee '[.items[] | select(.state == "upheld") | .count] | add' \
        audit flows)" = 1 ]
}
soon "the committee sees that one was upheld" upheld
check "and never the text" sh -c \
    "! grep -rqaF 'acute danger' '$NET/nodes/committee' '$NET/brokers'"
check "the person's copy says it" hf iom-af case export "$case_id" \
    --to "$work/copy.json"
check "with the ground" jq -e '[.shared_with[] |
    select(.vital_interest == "life_at_risk")] | length == 1' "$work/copy.json"

# At night, when nobody answers: where the registry permits it, two of staff.
net_do handoff user add nia --role case_manager
attest life_at_risk case_manager
exits 65 handoff --user nia "${emergency[@]}"
printf '%s\n' "attempts: [Dr. R. Amiri did not answer at 01:10 and 01:25]" \
    >>"$work/attest.yaml"
referral=$(as nia .referral "${emergency[@]}")
check "it waits for a supervisor" is iom-af .state awaiting_approval \
    show "$referral"
exits 77 handoff --user nia approve "$referral"
check "who is another" hf iom-af approve "$referral"
soon "the clinic has it, by its own registry" is clinic-kbl \
    '.vital_interest.role' case_manager show "$referral"
check "a professional confirms it within a day" test \
    "$(get iom-af '[.items[].what] | map(select(. == "vital_confirm")) |
        length' tasks)" = 1
check "once reached" handoff --user psy approve "$referral"
check "and it is done" test "$(get iom-af '[.items[].what] |
    map(select(. == "vital_confirm")) | length' tasks)" = 0
check "what was signed says who permitted it" grep -q \
    'case manager and supervisor, too' \
    <("$net_bin/handoff" registry show "$NET/ceremony/registry.set")
