#!/bin/bash
# `show ID --trace` shows both chains and all receipts of an object in the
# order of time, at both ends, as text and as JSON: who did what when, what
# was sealed, who took it into custody, who has it.
. "$(dirname "$0")/lib.sh"
e2e_network iom-at iom-af clinic-kbl
e2e_case iom-at
e2e_transfer
referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "the clinic has it" is clinic-kbl .state received show "$referral"
hf clinic-kbl accept "$referral" >/dev/null
soon "and the sections" is clinic-kbl '.sections | has("health")' true \
    show "$referral"
hf clinic-kbl attend "$referral" >/dev/null
hf clinic-kbl complete "$referral" --outcome partly_met >/dev/null
soon "completed" is iom-af .state completed show "$referral"

events() {
    is "$1" '[.chain[] | "\(.author) \(.n) \(.event)"] | join(", ")' "$3" \
        show "$2" --trace
}
R="iom-af 1 send, clinic-kbl 1 receive, clinic-kbl 2 accept"
R="$R, iom-af 2 disclose, clinic-kbl 3 attend, clinic-kbl 4 complete"
T="iom-at 1 offer, iom-af 1 accept, iom-at 2 release, iom-at 3 depart"
T="$T, iom-af 2 arrive, iom-at 4 hand_over, iom-af 3 take_over"
for org in iom-af clinic-kbl; do
    soon "both chains of the referral in order at $org" \
        events $org "$referral" "$R"
done
for org in iom-at iom-af; do
    soon "both chains of the transfer in order at $org" \
        events $org "$transfer" "$T"
done

for pair in "iom-af $referral" "clinic-kbl $referral" "iom-at $transfer" \
    "iom-af $transfer"; do
    read -r org id <<<"$pair"
    hf "$org" --json show "$id" --trace >"$work/trace"
    check "every entry has what a reader needs ($pair)" jq -e '.chain
        | length > 0 and all(.[]; .author and .n and .event and .role and .at
          and .happened_at and has("seen") and has("reason") and .valid)' \
        "$work/trace"
    check "receipts are in order of time" jq -e '[.receipts[].at]
        | length > 0 and . == sort' "$work/trace"
    check "no time lies in the future" jq -e --arg now "$(date -u -d +5sec \
        +%FT%TZ)" '[.chain[].at, .receipts[].at] | all(.[]; . < $now)' \
        "$work/trace"
done

# The sender of a referral: sealed, in a broker's custody, delivered to R.
stage() {
    is iom-af "[.receipts[] | select(.stage == \"$1\" and .by == \"$2\")]
        | length > 0" true show "$referral" --trace
}
soon "sealed here" stage sealed iom-af
soon "custody of the broker" stage custody af
soon "delivered to the clinic" stage delivered clinic-kbl

hf iom-af show "$referral" --trace >"$work/text"
for word in send receive accept disclose attend complete custody delivered; do
    check "the text has $word" grep -qw "$word" "$work/text"
done
sed -n '/^Trace/,$s/^ *\([0-9]\{4\}-[0-9-]* [0-9:]*\) .*/\1/p' "$work/text" >"$work/times"
check "and goes by time" sort -c "$work/times"
check "with a line for each" test "$(wc -l <"$work/times")" -ge 8
