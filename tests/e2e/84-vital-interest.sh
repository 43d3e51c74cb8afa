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

# Another organisation reviews: the one that the registry names. Until it names
# one, a reviewer of ours does, and the status says so.
unnamed() {
    get iom-af '[.alarms[].what | select(test("names no reviewer"))] | length' \
        status
}
unnamed_is() { [ "$(unnamed)" = "$1" ]; }
soon "the status says that nobody else is named" unnamed_is 1
net_start mowa-af tvet-hrt
net_users mowa-af tvet-hrt
for org in mowa-af tvet-hrt; do
    net_do "$net_bin/handoff" -C "$NET/nodes/$org" user add rev --role reviewer
done
net_ready mowa-af tvet-hrt
rev_at() { "$net_bin/handoff" -C "$NET/nodes/$1" --user rev "${@:2}"; }
duty() { # ORG [--duty D], as two sign it; ORG hears of it first
    net_do "$net_bin/handoff" registry set "$set" "$@"
}
set=$NET/ceremony/registry.set
publish() {
    net_sign 1 2
    hf "$1" registry publish "$set" >/dev/null
}
duty mowa-af --duty review
publish mowa-af
has_review() { # ORG REFERRAL
    rev_at "$1" --json tasks | jq -e --arg id "$2" '[.items[] |
        select(.what == "vital_review" and .object == $id)] |
        length == 1' >/dev/null
}
soon "what was open is a task of theirs" has_review mowa-af "$referral"
soon "and the alarm is over" unnamed_is 0
check "they see what came, and nothing else" test "$(rev_at mowa-af --json \
    show "$referral" | jq -r '"\(.from) \(.to) \(.vital_interest | keys)"')" \
    = 'iom-af clinic-kbl ["attested_by","categories","ground","review_due","sent"]'
check "by profession, not by name" test "$(rev_at mowa-af --json \
    review "$referral" | jq -r .vital_interest.attested_by)" \
    = case_manager_and_supervisor
rev_at mowa-af show "$referral"
exits 77 handoff --user rev review "$referral" --upheld yes
exits 66 hf mowa-af show "$case_id"
check "they do not uphold it" rev_at mowa-af review "$referral" --upheld no \
    --reason "a second number was not tried"
exits 1 rev_at mowa-af review "$referral" --upheld yes
soon "Kabul is told" is iom-af '.vital_interest |
    "\(.reviewer) \(.upheld) \(.reason)"' "mowa-af false null" \
    show "$referral"
counted() { # STATE N
    [ "$(get committee "[.items[] | select(.state == \"$1\") | .count] | add" \
        audit flows)" = "$2" ]
}
soon "the committee counts it" counted not_upheld 1

# The reviewer is off, and the duty goes to another.
net_stop mowa-af
attest life_at_risk mental_health_professional
referral=$(as psy .referral "${emergency[@]}")
check "it is theirs to review" is iom-af \
    '.vital_interest | "\(.reviewer) \(.reviewer_told)"' "mowa-af false" \
    show "$referral"
duty mowa-af --duty none
duty tvet-hrt --duty review
publish tvet-hrt
soon "who has the duty now is told" has_review tvet-hrt "$referral"
check "and judges" rev_at tvet-hrt review "$referral" --upheld yes
soon "which is taken" is iom-af '.vital_interest |
    "\(.reviewer) \(.upheld)"' "tvet-hrt true" show "$referral"
soon "the committee counts that, too" counted upheld 2
