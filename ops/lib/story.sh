# story.sh - one return from Vienna to Kabul; sourced by ops/demo, which gives
# run, make, claim, is, refused. Each claim is checked when it is made.
data=$net_root/tests/data

chapter "Providers publish what they offer"
for org in clinic-kbl tvet-hrt mowa-af; do
    run $org services set --file "$data/services-$org.yaml"
done
claim "Kabul sees the services of all three" \
    is iom-af '[.items[].organization] | unique | length' 3 services search

chapter "Vienna opens a case from a file; consent for everything but MHPSS"
make iom-at .case case new --file "$data/case-ordinary.yaml"
case_id=$made
claim "without consent nothing can be offered" \
    refused 1 iom-at transfer offer "$case_id" --to iom-af
run iom-at consent give "$case_id" --file "$data/consent-ordinary.yaml"
claim "Vienna holds an MHPSS section" \
    is iom-at '.sections | has("mhpss")' true case show "$case_id"

chapter "The case is offered blind: no name, no age, no sex"
make iom-at .transfer transfer offer "$case_id" --to iom-af
transfer=$made
claim "Kabul has the offer" is iom-af .state offered show "$transfer"
run iom-af list
claim "Kabul does not know the case yet" \
    refused 66 iom-af case show "$case_id"
claim "the card tells neither age nor sex" \
    is iom-af '[.card.age_band, .card.sex] | map(select(. != null and . != ""))
        | length' 0 show "$transfer"
claim "nothing can be released before Kabul accepts" \
    refused 1 iom-at transfer release "$transfer"

chapter "Kabul accepts; the profile goes now and not before"
run iom-af transfer accept "$transfer"
claim "Vienna knows" is iom-at .state accepted show "$transfer"
run iom-at transfer release "$transfer"
claim "Kabul has the profile" is iom-af .case "$case_id" case show "$case_id"
claim "with health, as consented" \
    is iom-af '.sections | has("health")' true case show "$case_id"
claim "and without MHPSS" \
    is iom-af '.sections | has("mhpss")' false case show "$case_id"
claim "custody is still Vienna's" \
    is iom-af .custody.holder iom-at case show "$case_id"

chapter "Departure, arrival, hand-over; custody moves with the take-over"
run iom-at transfer depart "$transfer" --date "$(date -u +%F)"
claim "Kabul knows of the departure" is iom-af .state departed show "$transfer"
run iom-af transfer arrive "$transfer"
claim "Vienna knows of the arrival" is iom-at .state arrived show "$transfer"
run iom-at transfer hand-over "$transfer"
for org in iom-at iom-af; do
    claim "$org: Kabul holds the case, epoch 2" \
        is $org '"\(.custody.holder) \(.custody.epoch)"' "iom-af 2" \
        case show "$case_id"
done
claim "Vienna cannot refer any more" \
    refused 1 iom-at refer "$case_id" --need health.general

chapter "A health need: the SOP chooses the clinic, which sees a card"
run iom-af route "$case_id" --need health.general
make iom-af .referral refer "$case_id" --need health.general
health=$made
claim "the clinic has it" is clinic-kbl .state received show "$health"
claim "as a card: no section, no case, no name" \
    is clinic-kbl '"\(.sections | length) \(has("case"))"' "0 false" \
    show "$health"
run clinic-kbl show "$health"

chapter "Broker af is killed (SIGKILL) while the clinic answers"
net_kill9 af
say "    broker af: killed"
run clinic-kbl accept "$health"
claim "the answer waits at the clinic" \
    is clinic-kbl '.queues.out > 0' true status
net_start af
say "    broker af: started again, same command, same port"
claim "Kabul learns that the clinic accepted" \
    is iom-af .state accepted show "$health"
claim "the sections went with the acceptance" \
    is clinic-kbl '.sections | has("health")' true show "$health"
claim "only what the service needs and consent covers" \
    is clinic-kbl '.sections | has("mhpss") or has("economic") or has("skills")' \
    false show "$health"

chapter "The clinic schedules, serves, completes with feedback; Kabul closes"
run clinic-kbl contact "$health" --reached --channel phone
run clinic-kbl schedule "$health" --when "$(date -u -d +2days +%FT09:00:00Z)" \
    --where "Kabul Clinic, room 3" --contact "reception" --bring "papers"
run clinic-kbl attend "$health"
printf '%s\n' 'diagnosis: type 2 diabetes, stable' \
    'treatment: metformin continued, next check in three months' \
    'further_needs: none' >"$dir/report.yaml"
run clinic-kbl complete "$health" --outcome met --file "$dir/report.yaml"
claim "Kabul has outcome and feedback" \
    is iom-af '"\(.state) \(.reason)"' "completed met" show "$health"
run iom-af close "$health" --unmet no
claim "the clinic sees it closed" is clinic-kbl .state closed show "$health"

chapter "A training need: declined for capacity, the fallback is taken"
make iom-af .referral refer "$case_id" --need training.vocational
training=$made
claim "the training centre has it" is tvet-hrt .state received show "$training"
run tvet-hrt decline "$training" --reason no_capacity \
    --text "the course is full until spring"
claim "Kabul learns it, with the reason" \
    is iom-af '"\(.state) \(.reason)"' "declined no_capacity" show "$training"
claim "the training centre answered the destruction" \
    is iom-af '[.chain[] | select(.event == "erased")] | length' 1 \
    show "$training"
claim "the committee counts the decline" flow iom-af tvet-hrt declined 1
claim "the next provider waits until this answer is read and closed" \
    refused 1 iom-af refer "$case_id" --need training.vocational
claim "the SOP's fallback is another provider" \
    is iom-af '.to' mowa-af route "$case_id" --need training.vocational
run iom-af close "$training" --unmet no
make iom-af .referral refer "$case_id" --need training.vocational
job=$made
claim "the ministry has it" is mowa-af .state received show "$job"
run mowa-af accept "$job"
claim "and gets its sections" \
    is mowa-af '.sections | has("skills")' true show "$job"

chapter "The returnee withdraws consent for health; clinic and Vienna answer"
run iom-af consent show "$case_id"
scopes=$(get iom-af '[.scopes[] | select(.categories | index("health")) | .id]
    | map("--scope \(.)") | join(" ")' consent show "$case_id")
# shellcheck disable=SC2086  # one option and one word a scope
run iom-af consent withdraw "$case_id" $scopes --effect erase --yes
claim "all who were told have answered" \
    is iom-af '[.items[] | select(.direction == "out")]
        | length >= 2 and all(.[]; .state == "answered")' true withdrawals
run iom-af withdrawals
claim "the clinic holds no health data any more" \
    is clinic-kbl '.sections | has("health")' false show "$health"
claim "nor does Kabul" \
    is iom-af '.sections | has("health")' false case show "$case_id"
claim "and a new referral for health is refused for want of consent" \
    refused 1 iom-af refer "$case_id" --need health.general

chapter "Both ends hold the same two chains"
run iom-af show "$health" --trace
for org in iom-af clinic-kbl; do
    hf $org --json show "$health" --trace >"$dir/chain-$org.json"
done
claim "computed offline, both exports give the same state" same_state

chapter "The committee sees figures, and no person"
claim "the figures have come: a closed referral to the clinic" \
    flow iom-af clinic-kbl closed 1
claim "the transfer from Vienna to Kabul" flow iom-at iom-af handed_over 1
run committee audit flows
claim "the committee holds no case" is committee '.items | length' 0 case list
nothing_personal() {
    ! grep -rqaF -e "$(get iom-at .sections.identity.family_name \
        case show "$case_id")" "$dir/brokers" "$dir"/nodes/*/log \
        "$dir/nodes/committee"
}
claim "no broker, no log and not the committee holds the name" nothing_personal

say
say "All $claims claims of the story are true."
