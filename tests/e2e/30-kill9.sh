#!/bin/bash
# SIGKILL hits brokers and nodes while the story goes on, at moments around
# their commits. What a command reported as done is done after the restart,
# nothing is there twice, and at the end both sides hold the same two chains.
. "$(dirname "$0")/lib.sh"
e2e_network iom-at iom-af clinic-kbl
e2e_case iom-at
rounds=${E2E_ROUNDS:-3}

# did ORG ID STATE: whether that object is (or was) in this state there.
did() {
    get "$1" '.chain[].event' show "$2" --trace 2>/dev/null | grep -qx "$3"
}

# shot VICTIM DELAY ORG ID EVENT COMMAND...: run the command, kill the victim
# DELAY seconds later, start it again. A command that said yes must have
# happened; one that said no, or was cut off, is given again.
shot() {
    local victim=$1 delay=$2 org=$3 id=$4 event=$5 command status=0
    shift 5
    hf "$org" "$@" >"$work/out" 2>&1 &
    command=$!
    sleep "$delay"
    net_kill9 "$victim"
    wait "$command" || status=$?
    net_start "$victim"
    case $status in
    0) did "$org" "$id" "$event" ||
        fail "$* was done at $org, and is gone after SIGKILL of $victim" ;;
    69 | 75) did "$org" "$id" "$event" || hf "$org" "$@" >/dev/null ;;
    *) fail "$org: $* ended with $status: $(cat "$work/out")" ;;
    esac
    echo "ok: $event, $victim killed after $delay s, answer $status"
}

same_chains() {
    local a b
    a=$(get "$1" '[.chain[] | {author, n, event, seen, valid}]
        | sort_by(.author, .n)' show "$3" --trace) || return 1
    b=$(get "$2" '[.chain[] | {author, n, event, seen, valid}]
        | sort_by(.author, .n)' show "$3" --trace) || return 1
    [ "$a" = "$b" ]
}

once() {
    is "$1" "[.chain[] | select(.valid and .event == \"$3\")] | length" 1 \
        show "$2" --trace
}

# The transfer, with a shot at every step.
transfer=$(get iom-at .transfer transfer offer "$case_id" --to iom-af)
net_kill9 eu
net_start eu
soon "offered" is iom-af .state offered show "$transfer"
shot iom-af 0.00 iom-af "$transfer" accept transfer accept "$transfer"
soon "accepted" is iom-at .state accepted show "$transfer"
shot iom-at 0.01 iom-at "$transfer" release transfer release "$transfer"
net_kill9 af
net_start af
soon "released" is iom-af .state released show "$transfer"
shot eu 0.00 iom-at "$transfer" depart transfer depart "$transfer" \
    --date "$(date -u +%F)"
soon "departed" is iom-af .state departed show "$transfer"
shot iom-at 0.02 iom-af "$transfer" arrive transfer arrive "$transfer"
soon "arrived" is iom-at .state arrived show "$transfer"
shot af 0.00 iom-at "$transfer" hand_over transfer hand-over "$transfer"
for org in iom-at iom-af; do
    soon "handed over at $org" is $org .state handed_over show "$transfer"
    check "one holder, epoch 2, at $org" \
        is $org '"\(.custody.holder) \(.custody.epoch)"' "iom-af 2" \
        case show "$case_id"
done
soon "both hold the same chains" same_chains iom-at iom-af "$transfer"

# Referrals, the moment moving a little in each round.
ids=()
for ((i = 0; i < rounds; i++)); do
    d=$(printf '0.%03d' $((i * 7 % 40)))
    id=$(get iom-af .referral refer "$case_id" --need health.general)
    ids+=("$id")
    net_kill9 af clinic-kbl
    net_start clinic-kbl af
    soon "referral $i has come" is clinic-kbl .state received show "$id"
    shot clinic-kbl "$d" clinic-kbl "$id" accept accept "$id"
    soon "its sections, too" is clinic-kbl '.sections | has("health")' true \
        show "$id"
    shot af "$d" clinic-kbl "$id" attend attend "$id"
    shot iom-af "$d" clinic-kbl "$id" complete complete "$id" --outcome met
    soon "completed" is iom-af .state completed show "$id"
    shot iom-af "$d" iom-af "$id" close close "$id" --unmet no
    soon "closed" is clinic-kbl .state closed show "$id"
done
for id in "${ids[@]}"; do
    soon "both hold the same chains" same_chains iom-af clinic-kbl "$id"
    for event in accept attend complete close; do
        check "one $event" once iom-af "$id" "$event"
    done
done
check "no referral is there twice" \
    is clinic-kbl '.items | length' "$rounds" list --in
for org in iom-at iom-af clinic-kbl; do
    soon "nothing waits at $org" is $org .queues.out 0 status
done
