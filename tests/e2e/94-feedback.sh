#!/usr/bin/env bash
# Feedback after a hand-over (R-29): the office that has the case is reminded to
# tell the one that had it, and what it says arrives there; within consent.
. "$(dirname "$0")/lib.sh"

e2e_network iom-at iom-af clinic-kbl
e2e_case iom-at
e2e_transfer
referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "received" is clinic-kbl .state received show "$referral"
net_do hf clinic-kbl accept "$referral"
soon "accepted" is iom-af .state accepted show "$referral"
exits 1 hf clinic-kbl refer "$referral" --need health.general
check "what came goes to nobody else; it says whom to ask" \
    grep -q "iom-af has lets nothing go onward" "$work/stderr"
net_do hf clinic-kbl complete "$referral" --outcome met
soon "completed" is iom-af .state completed show "$referral"
owed() { is iom-af '[.items[] | select(.what == "feedback_pass")] | length' \
    "$1" tasks; }
check "Vienna is to hear of it" owed 1
net_do hf iom-af transfer supplement "$transfer" --text "treated, well"
check "told" owed 0
soon "Vienna has heard" is iom-at \
    '[.chain[] | select(.event == "supplement") | .text] | join("")' \
    "treated, well" show "$transfer"
net_do hf iom-af consent withdraw "$case_id" --yes
exits 1 hf iom-af transfer supplement "$transfer" --text "one word more"
