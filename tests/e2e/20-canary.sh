#!/bin/bash
# Nothing personal is in any broker's file, in any log, or on the wire: a word
# of its own is planted in every data category and in every text that a person
# can enter; then disks, logs and recorded traffic are searched for them all.
. "$(dirname "$0")/lib.sh"
here=$root/tests/e2e
python=${PYTHON:-python3}

# Each broker is reached through a tap: by the nodes and by the other broker.
taps=()
tap() {
    local dir=$NET/brokers/$1 port
    port=$(sed -n 's/^listen:.*:\([0-9]*\)"*$/\1/p' "$dir/broker.yaml")
    "$python" "$here/tcp_tap.py" "$port" "$work/wire-$1" >"$work/port-$1" &
    taps+=($!)
    wait_for 20 "the tap of $1" test -s "$work/port-$1"
    echo "endpoint: \"127.0.0.1:$(cat "$work/port-$1")\"" >>"$dir/broker.yaml"
    net_do "$net_bin/handoff-broker" -C "$dir" init --name "$1"
}
e2e_before_registry() {
    tap eu
    tap af
}
e2e_end() {
    local pid
    for pid in "${taps[@]}"; do kill "$pid" 2>/dev/null || true; done
}

# word NAME: a word that is nowhere else, remembered for the search.
run=$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n' | tr '0-9' 'g-p')
word() {
    echo "Zq$1$run" >>"$work/words"
    printf 'Zq%s%s' "$1" "$run"
}

e2e_network iom-at iom-af clinic-kbl tvet-hrt committee

{
    echo "number: $(word number)"
    echo "origin: AF"
    echo "host: AT"
    echo "identity: { given_name: $(word given), family_name: $(word family),"
    echo "  father_name: $(word father), birth_place: $(word birthplace),"
    echo "  birth_date: 1991-04-17, sex: male, nationality: AF }"
    echo "contact: { languages: [prs], ways: [ { kind: other,"
    echo "  value: $(word way), whose: self, may_say: $(word maysay) } ] }"
    echo "skills: [ { isco: \"7531\", title: $(word skill), years: 6 } ]"
    echo "travel: { province: Kabul, escort: $(word travel) }"
    echo "housing: { province: Kabul, with: $(word housing) }"
    echo "documentation: [ { kind: tazkira, number: $(word document) } ]"
    echo "health: { conditions: [ { icd: E11, title: $(word icd) } ],"
    echo "  remarks: $(word health) }"
    echo "vulnerability: { groups: [chronic_illness],"
    echo "  remarks: $(word vulnerability) }"
    for category in family education economic mhpss protection plan wishes; do
        echo "$category: { remarks: $(word $category) }"
    done
    echo "notes: $(word notes)"
} >"$work/case.yaml"
sed -e "s/^restrictions:.*/restrictions: $(word restrictions)/" \
    -e "s/^interpreter:.*/interpreter: $(word interpreter)/" \
    -e "s/skills, education,\$/skills, education, documentation, notes,/" \
    "$data/consent-ordinary.yaml" >"$work/consent.yaml"
printf 'diagnosis: %s\nfurther_needs: %s\n' "$(word diagnosis)" \
    "$(word further)" >"$work/report.yaml"

e2e_case iom-at "$work/case.yaml" "$work/consent.yaml"
e2e_transfer
check "the profile went" is iom-af .sections.notes "Zqnotes$run" \
    case show "$case_id"

referral=$(get iom-af .referral refer "$case_id" --need health.general)
soon "the clinic has it" is clinic-kbl .state received show "$referral"
hf clinic-kbl accept "$referral" --text "$(word accept)" >/dev/null
soon "and its sections" is clinic-kbl .sections.health.remarks \
    "Zqhealth$run" show "$referral"
hf clinic-kbl contact "$referral" --reached --channel phone \
    --text "$(word called)" >/dev/null
hf clinic-kbl schedule "$referral" --when "$(date -u -d +2days +%FT09:00:00Z)" \
    --where "$(word where)" --contact "$(word whom)" --bring "$(word bring)" \
    >/dev/null
hf clinic-kbl attend "$referral" >/dev/null
hf clinic-kbl note "$referral" --text "$(word note)" >/dev/null
hf clinic-kbl complete "$referral" --outcome met \
    --file "$work/report.yaml" >/dev/null
soon "feedback has come" is iom-af .state completed show "$referral"
training=$(get iom-af .referral refer "$case_id" --need training.vocational)
soon "the training centre has it" is tvet-hrt .state received show "$training"
hf tvet-hrt decline "$training" --reason other --text "$(word decline)" \
    >/dev/null
soon "and declined" is iom-af .state declined show "$training"
hf iom-af consent withdraw "$case_id" --scope health --effect erase --yes \
    >/dev/null
soon "withdrawn" is iom-af '[.items[] | select(.direction == "out")]
    | length > 0 and all(.[]; .state == "answered")' true withdrawals
soon "the committee counts" is committee '.items | length > 2' true audit flows

# Errors that quote what a person typed must not end in a log either.
hf iom-af case show "$(word typo)" >/dev/null 2>&1 || true
hf iom-af refer "$case_id" --need "$(word need)" >/dev/null 2>&1 || true
hf iom-af --json case new --file "$work/$(word file)" >/dev/null 2>&1 || true

# Controls: what is sent in clear through a tap is found, so is what a file
# holds in any shape.
control=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n' | tr '0-9' 'q-z')
echo "$control" >"$work/control"
port=$(cat "$work/port-eu")
exec 3<>"/dev/tcp/127.0.0.1/$port"
echo "$control" >&3
exec 3>&-
finds() {
    ! "$python" "$here/canary.py" "$@" >/dev/null
}
soon "a word sent in clear is found on the wire" \
    finds "$work/control" "$work/wire-eu.in"
mkdir "$work/shapes"
printf 'xy%s' "$control" | base64 >"$work/shapes/base64"
printf '%s' "$control" | od -An -tx1 | tr -d ' \n' >"$work/shapes/hex"
printf '%s' "$control" | sed 's/./&\x00/g' >"$work/shapes/utf16"
for shape in base64 hex utf16; do
    check "and in a file as $shape" \
        finds "$work/control" "$work/shapes/$shape"
done
check "both brokers' traffic was recorded, both ways" \
    test -s "$work/wire-eu.in" -a -s "$work/wire-eu.out" -a \
    -s "$work/wire-af.in" -a -s "$work/wire-af.out"
check "more than 30 words were planted" \
    test "$(wc -l <"$work/words")" -gt 30
check "a planted word is found where it was planted" \
    finds "$work/words" "$work/case.yaml"

nothing() {
    "$python" "$here/canary.py" "$work/words" "$@"
}
soon "every node's queue is empty" is iom-af .queues.out 0 status
check "not on the wire" nothing "$work"/wire-*
check "not in a broker's folder" nothing "$NET/brokers"
check "not in a log" nothing "$NET"/nodes/*/log
check "not at the committee" nothing "$NET/nodes/committee"
check "nor in a node's folder, where records lie sealed" nothing "$NET/nodes"
check "the words are still there when asked for" \
    is iom-af .sections.notes "Zqnotes$run" case show "$case_id"
