#!/usr/bin/env bash
# One provider says nothing, the next says no: whom the SOP would ask then is
# shown, one command goes on with it, and where nobody is left it says so.
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
    required: [identity, contact]
rules:
  - id: short
    source: own
    when: { needs: [health.general] }
    service: primary_health_care
    urgency: urgent
    clocks: { deliver: 5s, decide: 5s, contact: 1h, report: 2h }
ladder:
  - { rung: focal_point }
  - { rung: next_provider, after: 1s }
PACK
e2e_network clinic-kbl tvet-hrt
net_start iom-at
net_users iom-at
# This pack alone: the ready ones keep the hours of offices.
net_packs "$work/short.yaml"
net_ready iom-at
sed 's/^organization:.*/organization: { name: Second }/' \
    "$data/services-clinic-kbl.yaml" | sed 's/3f6a1c52/3f6a1c53/' \
    >"$work/second.yaml"
hf tvet-hrt services set --file "$work/second.yaml" >/dev/null
soon "both are on the map" is iom-at \
    '[.items[] | select(.service == "primary_health_care") | .organization] | sort | join(" ")' \
    "clinic-kbl tvet-hrt" services search primary_health_care
e2e_case iom-at
referral=$(get iom-at .referral refer "$case_id" --need health.general)
first=$(get iom-at .to show "$referral")
[ "$first" = clinic-kbl ] && second=tvet-hrt || second=clinic-kbl
exits 1 hf iom-at next "$referral" --yes
soon "who is next is in the tasks" is iom-at \
    "[.items[] | select(.object == \"$referral\" and .next != null)
      | .next.to] | unique | join(\" \")" "$second" tasks
check "and in the referral" is iom-at '"\(.next.to) \(.next.service)"' \
    "$second primary_health_care" show "$referral"
check "in words" sh -c "'$net_bin/handoff' -C '$NET/nodes/iom-at' \
    --user demo tasks | grep -q 'next $second, by the SOP; handoff next'"
check "with the command" sh -c "'$net_bin/handoff' -C '$NET/nodes/iom-at' \
    --user demo show '$referral' | grep -q '^Next .*handoff next'"
other=$(get iom-at .referral next "$referral" --yes)
check "one command: the old one is closed" is iom-at .state closed \
    show "$referral"
check "the new one replaces it, elsewhere" is iom-at \
    '"\(.to) \(.replaces)"' "$second $referral" show "$other"
soon "it arrives" is "$second" .state received show "$other"
hf "$second" decline "$other" --reason no_capacity >/dev/null
soon "a no" is iom-at .state declined show "$other"
check "nobody is left" is iom-at '"\(.next.need) \(.next.to)"' \
    "health.general null" show "$other"
exits 1 hf iom-at next "$other" --yes
net_do hf iom-at close "$other" --unmet yes
