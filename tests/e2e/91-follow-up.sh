#!/usr/bin/env bash
# Arrived, planned, surveyed, reported on (R-32, R-33): tasks come from the
# SOP's schedules, scores from answers, prompts from thresholds; a score
# chooses a rule and refers nobody; psychosocial answers are need-to-know.
. "$(dirname "$0")/lib.sh"

e2e_network iom-af
net_do iom-af user add nurse --role health >/dev/null 2>&1 ||
    hf iom-af user add nurse --role health >/dev/null
sed 's/^stage:.*/stage: arrived/; s/departure: 2026-12-03/departure: 2026-11-05/
    /^plan:/,/^$/d' "$data/case-ordinary.yaml" >"$work/case.yaml"
case_id=$(get iom-af .case case new --file "$work/case.yaml")
hf iom-af consent give "$case_id" --file "$data/consent-ordinary.yaml"
# besides: calls by the demonstration's packs, consent to be asked for again
whats() {
    get iom-af '[.items[].what | select(. != "follow_up" and
        (startswith("consent") | not))] | sort | join(" ")' tasks
}

check "arrived: first contact, plan and baseline survey are to be done" \
    test "$(whats)" = "first_contact plan survey"
check "there is no plan yet, and a day for it" \
    is iom-af '[.plan, (.due != null), .overdue] | @json' '[null,true,false]' \
    plan show "$case_id"

printf 'components: [ { what: school, dimension: spiritual } ]\n' \
    >"$work/bad-plan.yaml"
exits 65 hf iom-af plan set "$case_id" --file "$work/bad-plan.yaml"
printf 'set: reintegration\nanswers: { debt: 3 }\n' >"$work/no-plan.yaml"
exits 65 hf iom-af plan set "$case_id" --file "$work/no-plan.yaml"
hf iom-af plan set "$case_id" --file "$data/plan-ordinary.yaml"
check "the plan is dated by what it says" \
    is iom-af .established 2026-11-10T00:00:00Z plan show "$case_id"
check "its task is done" test "$(whats)" = "first_contact survey"
check "follow-up counts from it, a month ahead" \
    is iom-af '[.follow_up[] | select(.what == "plan") | .done != null] | @json' \
    '[true]' plan show "$case_id"

# ---- surveys ----
sed 's/working: no/working: not_applicable/' "$data/score-ordinary.yaml" \
    >"$work/na.yaml"
sed '/safety:/d' "$data/score-ordinary.yaml" >"$work/missing.yaml"
sed 's/version: 1/version: 9/' "$data/score-ordinary.yaml" >"$work/set.yaml"
sed 's/when: .*/when: 2099-01-01/' "$data/score-ordinary.yaml" \
    >"$work/future.yaml"
sed 's/belonging: .*/belonging: 0.3/' "$data/score-ordinary.yaml" \
    >"$work/between.yaml"
for wrong in na missing set future between; do
    exits 65 hf iom-af score add "$case_id" --file "$work/$wrong.yaml"
done
check "nothing of these is kept" \
    is iom-af '.items | length' 0 score show "$case_id"
hf iom-af score add "$case_id" --file "$data/score-ordinary.yaml" \
    >"$work/shown"
cat "$work/shown"
check "no line is longer than 80 columns" test "$(wc -L <"$work/shown")" -le 80
last() { get iom-af ".items[-1] | $1" score show "$case_id"; }
# 9 economic elements give 2.25, 7 social ones 5.0, 10 psychosocial ones 2.75
check "a score a dimension, and the composite" test \
    "$(last '[.scores | .economic, .social, .psychosocial, .composite]|@json')" \
    = '[0.25,0.71,0.28,0.38]'
check "not known is not the same as does not apply" test \
    "$(last '[.dont_know, .not_applicable, .flagged, .unofficial] | @json')" = \
    '[1,2,false,true]'
check "thresholds prompt, for each dimension of its own" test \
    "$(last '[.prompts[] | .of[]] | unique | @json')" = \
    '["composite","economic","psychosocial"]'
check "the survey's task is done, and nothing was referred" \
    test "$(whats) $(get iom-af '.items | length' list)" = "first_contact 0"

{
    sed 's/when: .*/when: 2026-11-14/; s/working: no/working: yes/' \
        "$data/score-ordinary.yaml"
} | sed 's/: 0.5$/: dont_know/' >"$work/second.yaml"
hf iom-af score add "$case_id" --file "$work/second.yaml" >"$work/shown"
check "more than seven not known: flagged" test "$(last .flagged)" = true
check "the trend against the one before" \
    test "$(last '.trend.economic > 0')" = true
check "flagged is said" grep -q "not known that" "$work/shown"
exits 1 hf iom-af score add "$case_id" --file "$work/second.yaml"

# ---- a rule on a score ----
cat >"$work/local.yaml" <<'PACK'
pack: kabul-scores
version: 1
title: counselling sooner for who fares badly
level: local
effective: { from: 2025-01-01 }
services:
  - { code: counselling, family: mhpss, required: [identity], sensitive: true }
rules:
  - id: low-score
    source: own
    when:
      needs: [mhpss.counselling]
      score: { of: psychosocial, until: "0.33" }
    service: counselling
    urgency: urgent
PACK
hf iom-af policy install "$work/local.yaml" >/dev/null
check "a low psychosocial score chooses its rule" is iom-af \
    '[.rules[].rule] | index("low-score") != null' true \
    route "$case_id" --need mhpss.counselling

# ---- need-to-know ----
# shellcheck disable=SC2030
nurse() { hf iom-af --user nurse "$@"; }
check "health staff do not see the psychosocial part" test \
    "$(nurse score show "$case_id" --json | jq -c \
        '[.withheld, .items[0].scores.psychosocial, .items[0].scores.composite,
          .items[0].answers.no_distress, .items[0].scores.economic]')" = \
    '[["mhpss"],null,null,null,0.25]'
exits 77 nurse score add "$case_id" --file "$data/score-ordinary.yaml"
check "who read it is on record" is iom-af \
    '[.items[] | select(.categories | index("mhpss"))] | length > 0' true \
    audit access

# ---- reports ----
hf iom-af case report "$case_id" --kind six_month --to "$work/six.json"
hf iom-af case report "$case_id" --kind final --to "$work/final.html"
check "the report holds plan, surveys, referrals, follow-up" test \
    "$(jq -r '[.report, .plan.aims, (.surveys | length), (.referrals | length),
        ([.follow_up[].what] | index("plan") != null)] | @json' "$work/six.json")" = \
    '["six_month","a workshop with his brother",2,0,true]'
check "for paper, too" grep -q "certificate as a tailor" "$work/final.html"
exits 65 hf iom-af case report "$case_id" --kind final --to "$work/final.html"
exits 64 hf iom-af case report "$case_id" --kind yearly --to "$work/y.json"
task=$(get iom-af '.items[] | select(.what == "first_contact") | .task' tasks)
printf 'done_at: 2026-11-15\nhow: by telephone\n' >"$work/done.yaml"
check "a task is done with a file" hf iom-af tasks done "$task" \
    --file "$work/done.yaml"
check "the person's copy has surveys and plan" test "$(hf iom-af case export \
    "$case_id" --to "$work/copy.json" >/dev/null &&
    jq '[(.surveys | length), (.sections.plan != null)] | @json' -r \
        "$work/copy.json")" = '[2,true]'
