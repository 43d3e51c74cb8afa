#!/usr/bin/env bash
# A withdrawal travels (R-3, I-2): it overtakes the sections that lie in a
# broker's spool, waits for a node that is away, is chased by hand, is taken at
# a provider; an amendment that drops a scope travels, too. Who recorded what of
# a consent is signed. A person with a slip is heard by any member.
. "$(dirname "$0")/lib.sh"

e2e_network iom-at iom-af clinic-kbl
e2e_case iom-at
e2e_transfer
check "each version is signed" is iom-at \
    '[.history[] | .verifies and .recorded_by == "demo"] | all' true \
    consent show "$case_id"
hf iom-at consent show "$case_id" >"$work/shown"
check "and says so to people" grep -q "signature  *good" "$work/shown"

# The clinic accepts while Kabul is stopped, and is off before Kabul discloses:
# the sections lie at the broker.
refer() {
    referral=$(get iom-af .referral refer "$case_id" --need health.general)
    soon "the clinic has the card" is clinic-kbl .state received \
        show "$referral"
}
refer
kill -STOP "$(net_pid iom-af)"
hf clinic-kbl accept "$referral" >/dev/null
sleep 1 # status may be half a second old
soon "its acceptance has left" is clinic-kbl .queues.unsent 0 status
net_stop clinic-kbl
kill -CONT "$(net_pid iom-af)"
disclosed() {
    is iom-af '[.chain[].event] | index("disclose") != null' true \
        show "$referral" --trace
}
soon "Kabul has disclosed" disclosed
soon "a broker has it" is iom-af \
    '[.receipts[] | select(.stage == "custody")] | length > 1' true \
    show "$referral" --trace
net_kill9 af
net_start af
hf iom-af consent withdraw "$case_id" --scope health --effect erase --yes \
    >"$work/told"
check "the clinic and Vienna are told" grep -q "clinic-kbl" "$work/told"
open() { get iom-af '[.items[].peer] | sort | join(" ")' withdrawals --open; }
only_clinic() { [ "$(open)" = clinic-kbl ]; }
soon "Vienna has answered, the clinic is away" only_clinic
chased=$(get iom-af '.items[] | select(.peer == "clinic-kbl") | .id' \
    withdrawals --open)
exits 65 hf iom-af withdrawal answer "$chased" --erased --on-behalf iom-at \
    --by phone
hf iom-af withdrawal answer "$chased" --kept medical_record \
    --on-behalf clinic-kbl --by phone --spoke-to "the director" >/dev/null
check "chased by hand, nobody is open" test "$(open)" = ""
check "it says what was said, by whom" is iom-af \
    '"\(.answer) \(.basis) \(.by_hand) \(.said.spoke_to)"' \
    "kept medical_record true the director" show "$chased"
hf iom-af withdrawals
net_start clinic-kbl
soon "back, the clinic answers itself" is iom-af \
    "[.items[] | select(.id == \"$chased\") | .state] | first" answered \
    withdrawals
check "it holds nothing of health" is clinic-kbl \
    '.sections | has("health")' false show "$referral"
check "the referral is recalled" is clinic-kbl .state recalled \
    show "$referral"

# An amendment that leaves a scope out: whoever shares the case learns of it.
grep -v '^ *#' "$data/consent-ordinary.yaml" |
    sed '/id: work/,$d' >"$work/less.yaml"
hf iom-af consent amend "$case_id" --file "$work/less.yaml" >"$work/amended"
cat "$work/amended"
check "Vienna is told that a scope is gone" grep -q "Told  *iom-at" \
    "$work/amended"

# The person goes to the clinic and takes everything back there.
sed -e 's/id: health/id: health2/' -e 's/id: work/id: work2/' \
    "$data/consent-ordinary.yaml" >"$work/again.yaml"
hf iom-af consent amend "$case_id" --file "$work/again.yaml" >/dev/null
printf 'health: { conditions: [ { icd: E11 } ] }\n' >"$work/health.yaml"
hf iom-af case set "$case_id" --file "$work/health.yaml" >/dev/null
refer
hf clinic-kbl accept "$referral" >/dev/null
soon "the clinic has sections" is clinic-kbl '.sections | has("health")' true \
    show "$referral"

slip=$(get iom-af .code slip make "$referral")
hf iom-af slip make "$referral" >"$work/paper"
cat "$work/paper"
for word in iom kabul clinic health referral handoff "$referral"; do
    if grep -qi -- "$word" "$work/paper"; then fail "the paper says $word"; fi
done
echo "ok: the paper names nobody and nothing"
exits 64 hf clinic-kbl slip enter nonsense --what confirmed
exits 65 hf clinic-kbl slip enter "$slip" --what withdraw
hf iom-at slip enter "$slip" --what nobody_called
soon "Vienna passed it on to Kabul" is iom-at '.items[0].state' done slip list
soon "Kabul knows, and from where" is iom-af \
    '[.receipts[] | select(.stage == "nobody_called") | .by] | join(" ")' \
    iom-at show "$referral" --trace
hf clinic-kbl slip enter "$slip" --what confirmed
soon "it works once" is clinic-kbl '.items[0].state' used slip list

hf clinic-kbl consent withdraw "$referral" --effect erase --yes
soon "all at the clinic is gone" is clinic-kbl '.sections | length' 0 \
    show "$referral"
soon "Kabul and Vienna know" is iom-at .state withdrawn consent show "$case_id"
soon "and Kabul holds nothing any more" is iom-af '.sections | length' 0 \
    case show "$case_id"
soon "nobody is open" is clinic-kbl '.items | length' 0 withdrawals --open
