#!/bin/bash
# A broker's spool made smaller and backed up while it works, killed in the
# middle of either, and restored on another machine: what is in custody is
# there, once.
. "$(dirname "$0")/lib.sh"
e2e_network iom-at iom-af

broker() {
    local name=$1
    shift
    "$net_bin/handoff-broker" -C "$NET/brokers/$name" "$@"
}
queued() { broker "$1" --json status | jq .queued; }
queue_is() { [ "$(queued "$1")" = "$2" ]; }
at_least() { [ "$(queued "$1")" -ge "$2" ]; }
file_of() { stat -c %s "$NET/brokers/$1/spool/data.mdb"; }

# Kabul is off; what is offered waits for it at broker af.
net_stop iom-af
transfers=()
offer() {
    e2e_case iom-at
    transfers+=("$(get iom-at .transfer transfer offer "$case_id" \
        --to iom-af)")
}
offer
soon "an offer waits at broker af" at_least af 1
soon "nothing is left at Vienna" sh -c \
    "[ \"\$($net_bin/handoff -C $NET/nodes/iom-at --json status |
        jq '.queues.unsent // 0')\" = 0 ]"

before=$(queued af)
broker af compact | grep -q 'compacted from'
echo "ok: compacted while it runs"
check "nothing was lost or doubled" queue_is af "$before"
check "JSON has both sizes" sh -c \
    "$net_bin/handoff-broker -C $NET/brokers/af --json compact |
        jq -e '.ok and .before > 0 and .after > 0 and .after <= .before'"
check "no part is left" test ! -e "$NET/brokers/af/spool.new"

# Killed at any moment of a compaction the spool is whole.
for pause in 0 0.005 0.01 0.02 0.04; do
    broker af compact >/dev/null 2>&1 &
    job=$!
    sleep "$pause"
    net_kill9 af
    wait "$job" || true
    net_start af
    check "after kill -9 at $pause s: as many" queue_is af "$before"
done
check "compacting again clears what a kill left" sh -c \
    "$net_bin/handoff-broker -C $NET/brokers/af compact &&
        [ ! -e $NET/brokers/af/spool.new ]"

# Backups: hot, whole or not there, never over another.
broker af backup "$work/backup" | grep -q 'backed up to'
echo "ok: backed up while it runs"
check "it has the queue, the configuration and the registry" test \
    -s "$work/backup/spool/data.mdb" -a -s "$work/backup/broker.yaml" \
    -a -s "$work/backup/registry.set"
check "and no key" sh -c "! find $work/backup | grep -q key"
exits 1 broker af backup "$work/backup"
check "without a name it goes below the broker's folder" sh -c \
    "$net_bin/handoff-broker -C $NET/brokers/af --json backup |
        jq -er .folder | xargs test -d"
check "status says when" sh -c \
    "$net_bin/handoff-broker -C $NET/brokers/af --json status |
        jq -e '.last_backup != null'"
for pause in 0 0.005 0.02; do
    broker af backup "$work/killed" >/dev/null 2>&1 &
    job=$!
    sleep "$pause"
    net_kill9 af
    wait "$job" || true
    net_start af
    [ ! -e "$work/killed" ] || [ -s "$work/killed/broker.yaml" ] ||
        fail "half a backup has its name"
    rm -rf "$work/killed"
done
echo "ok: a killed backup is whole or has no name"
exits 75 broker af restore "$work/backup" --yes

# What was taken after the backup is not in it, and is known to its sender.
offer
soon "another offer waits" at_least af $((before + 1))
net_stop af
exits 66 broker af restore "$work/nothing" --yes
exits 1 broker af restore "$work/backup"
check "a file that is no spool is refused" sh -c "
    mkdir -p $work/bad/spool && head -c 8192 /dev/urandom \
        >$work/bad/spool/data.mdb
    ! $net_bin/handoff-broker -C $NET/brokers/af restore $work/bad --yes"
check "and changes nothing" sh -c "$net_bin/handoff-broker \
    -C $NET/brokers/af --json restore $work/backup --yes |
        jq -e '.queued == $before'"
net_start af
check "the restored queue is that of the backup" queue_is af "$before"

net_start iom-af
soon "the first offer reaches Kabul" is iom-af .state offered \
    show "${transfers[0]}"
hf iom-af transfer accept "${transfers[0]}" >/dev/null
soon "and its answer Vienna" is iom-at .state accepted show "${transfers[0]}"

# An older state again, in which the delivered offer waits anew: no second
# effect.
net_stop af
broker af restore "$work/backup" --yes >/dev/null
net_start af
soon "delivered again, the queue empties" queue_is af 0
check "accepted, still, at Kabul" is iom-af .state accepted \
    show "${transfers[0]}"
check "and at Vienna" is iom-at .state accepted show "${transfers[0]}"
check "one offer, not two" test \
    "$(get iom-af '.items | length' list --in)" = 1
