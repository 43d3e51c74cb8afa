#!/usr/bin/env bash
# Nobody answers: each rung of the ladder once, to the command of `notify:` with
# an id, an urgency and a rung and nothing else; kill -9 in between repeats none
# and loses none; an answer ends it (I-11).
. "$(dirname "$0")/lib.sh"

cat >"$work/short.yaml" <<'PACK'
pack: short-clocks
version: 1
title: Clocks of seconds (a test, no procedure of anybody)
level: local
effective: { from: 2025-01-01 }
services:
  - code: primary_health_care
    family: health
    required: [identity, contact, health]
    allowed: [wishes]
rules:
  - id: short
    source: own
    when: { needs: [health.general] }
    service: primary_health_care
    urgency: urgent
    clocks: { deliver: 10s, decide: 10s, contact: 1h, report: 2h }
ladder:
  - { rung: focal_point }
  - { rung: supervisor, after: 2s }
  - { rung: next_provider, after: 4s }
  - { rung: committee, after: 6s, every: 7d }
PACK

# Slow, so that the daemon dies while it runs.
program() {
    cat >"$NET/nodes/iom-at/told.sh" <<PROGRAM
#!/bin/sh
printf '%s|%s|%s|%s|%s\n' "\$#" "\$1" "\$2" "\$3" "\$(env | grep -vcE '^(PWD|SHLVL|_|OLDPWD)=')" \
    >>"$work/told"
sleep 1
exit $1
PROGRAM
    chmod 700 "$NET/nodes/iom-at/told.sh"
}

e2e_network clinic-kbl committee
printf 'notify: told.sh\n' >>"$NET/nodes/iom-at/handoff.yaml"
exits 78 "$net_bin/handoff-node" -C "$NET/nodes/iom-at"
program 0
: >"$work/told"
net_start iom-at
net_users iom-at
# This pack alone: the ready ones keep the hours of offices, and a rung waits
# for those.
net_packs "$work/short.yaml"
net_ready iom-at

e2e_case iom-at
referral=$(get iom-at .referral refer "$case_id" --need health.general \
    --to clinic-kbl)
soon "it has arrived, and nobody decides" is iom-at .state received \
    show "$referral"
check "the clock runs" is iom-at \
    '[.clocks[] | select(.what == "decide") | .met] | .[0]' null \
    show "$referral"

told() { [ "$(wc -l <"$work/told")" -ge "$1" ]; }
kill9() {
    net_kill9 iom-at
    net_start iom-at
    net_ready iom-at
}
for rung in 1 2 3; do
    soon "rung $rung" told $rung
    kill9
done
soon "rung 4" told 4
sleep 4 # whatever would repeat one
# Not by sed: the last character of an id may be $ or *.
rungs=$(cat "$work/told")
printf '%s\n' "${rungs//"$referral"/ID}" >"$work/rungs"
# Three arguments; PATH, LANG, and what every shell adds.
diff "$work/rungs" - <<'RUNGS' || fail "not each rung once, in order"
3|ID|urgent|focal_point|2
3|ID|urgent|supervisor|2
3|ID|urgent|next_provider|2
3|ID|urgent|committee|2
RUNGS
echo "ok: each rung once, whatever died"

check "it is overdue" is iom-at '.items[0].id' "$referral" list --overdue
check "and a task" is iom-at '.items[0] | "\(.what) \(.overdue) \(.rung)"' \
    "decide true committee" tasks --overdue
check "the trace has the rungs" is iom-at \
    '[.receipts[] | select(.stage == "overdue") | .rung] | join(" ")' \
    "focal_point supervisor next_provider committee" show "$referral" --trace
check "the receiver was reminded, too" grep -q \
    'deadline_passed .*what=decide rung=supervisor' \
    "$NET/nodes/clinic-kbl/log/node.log"
overdue() {
    is committee '[.items[] | select(.state == "overdue") | .count] | add' \
        "$1" audit flows
}
soon "the committee counts it" overdue 1
hf iom-at tasks --overdue

hf clinic-kbl accept "$referral" >/dev/null
soon "an answer ends it" is iom-at '.items | length' 0 list --overdue
soon "for the committee, too" overdue null

program 3
: >"$work/told"
get iom-at .referral refer "$case_id" --need health.general --to clinic-kbl \
    >/dev/null
soon "a command that fails is in status" is iom-at \
    '[.alarms[] | select(.what | test("notify.*status 3"))] | length' 1 status
