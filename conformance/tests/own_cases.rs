//! The engine against the cases that this crate carries.

use conformance::{Corpus, Verdict, replay, score};

#[test]
fn every_case_of_our_own_is_exact() {
    let cases = Corpus::own().cases("").unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let answer = replay(&case);
        let score = score(&case, &answer).expect("a case of our own says how it ends");
        assert_eq!(score.verdict, Verdict::Exact, "{}: {:#?}\n{answer:#?}", case.id, score.difference);
    }
}

#[test]
fn the_same_execution_again_has_the_same_history() {
    for case in Corpus::own().cases("").unwrap() {
        assert_eq!(replay(&case), replay(&case), "{}", case.id);
    }
}
