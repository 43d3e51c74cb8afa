#!/bin/bash
# What a referral costs on the way to its broker, offered, received and
# accepted, receipts included: at most 6 KiB, and the same each time. Counted
# are the envelopes that both nodes hand to the broker, as they log them, each
# with the four bytes of its length in the frame. The sections that follow an
# acceptance, and their receipt, are as large as what they tell: not counted.
. "$(dirname "$0")/lib.sh"
e2e_network iom-af clinic-kbl
e2e_case iom-af

# ORG PEER: "LANE BYTES" of each envelope that it sealed to the peer.
sealed() {
    sed -n "s/.* envelope_sealed .* to=$2 lane=\(.\) bytes=\(.*\)/\1 \2/p" \
        "$(net_dir "$1")/log/node.log"
}
n_sealed() {
    test "$(sealed "$1" "$2" | wc -l)" = "$3"
}

check "nothing was said before" n_sealed iom-af clinic-kbl 0
referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "the office knows that it came" is iom-af .state received show "$referral"
soon "an offer and a receipt" n_sealed iom-af clinic-kbl 2
check "one envelope says received and delivered" n_sealed clinic-kbl iom-af 1

hf clinic-kbl accept "$referral" >/dev/null
soon "the office knows" is iom-af .state accepted show "$referral"
soon "and the sections are there" is clinic-kbl \
    '.sections | has("health")' true show "$referral"
soon "a receipt and the sections" n_sealed iom-af clinic-kbl 4
soon "an acceptance and a receipt" n_sealed clinic-kbl iom-af 3

sealed iom-af clinic-kbl >"$work/af"
sealed clinic-kbl iom-af >"$work/clinic"
small=$(sed -n 1p "$work/clinic")
check "the acceptance looks like a receipt" \
    test "$(sed -n 2p "$work/clinic")" = "$small"
check "and so does its receipt" \
    test "$(sed -n '3,$p' "$work/af" | grep -cx "$small")" = 1
total=$({
    sed -n 1,2p "$work/af"
    sed -n 1,2p "$work/clinic"
    echo "$small"
} | awk '{ sum += $2 + 4 } END { print sum }')
check "offered, received, accepted: $total bytes, at most 6144" \
    test "$total" -le 6144
