//! The engine's verdicts on definitions against AWS's.

use conformance::{Floor, ValidationFloor, ValidationSuite, ValidationTally, judge};

use crate::recorded_corpus;

#[test]
fn verdicts_are_those_of_aws() {
    let Some(corpus) = recorded_corpus() else { return };
    let mut tally = ValidationTally::default();
    let mut wrong = Vec::new();
    for case in ValidationSuite::of(&corpus).cases("").unwrap() {
        let judgement = judge(&case);
        tally.count(&case, &judgement);
        if !judgement.verdict {
            wrong.push((case.id, judgement.said));
        }
    }
    let breaches = Floor::read().unwrap().validation.breaches(&ValidationFloor::of(&tally));
    assert!(breaches.is_empty(), "{breaches:#?}\n{tally}\n{wrong:#?}");
}
