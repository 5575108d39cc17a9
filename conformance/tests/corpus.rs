//! The engine against what AWS recorded.

use conformance::{EngineAnswer, ExecutionFloor, Floor, Status, Tally, replay, score};

use crate::judge::agrees_with_judge;
use crate::recorded_corpus;

#[test]
fn the_score_on_the_recorded_corpus_does_not_fall_below_the_floor() {
    let Some(corpus) = recorded_corpus() else { return };
    let cases = corpus.cases("").unwrap();
    let answers: Vec<EngineAnswer> = cases.iter().map(replay).collect();

    let panicked: Vec<_> = answers.iter().filter(|answer| answer.status == Status::Panicked).collect();
    assert!(panicked.is_empty(), "the engine panicked: {panicked:#?}");

    let mut tally = Tally::default();
    for (case, answer) in cases.iter().zip(&answers) {
        if let Some(score) = score(case, answer) {
            tally.count(case, answer, score.verdict);
        }
    }
    println!("{tally}");
    let breaches = Floor::read().unwrap().executions.breaches(&ExecutionFloor::of(&tally));
    assert!(breaches.is_empty(), "{breaches:#?}\n{tally}");
    agrees_with_judge(&corpus, &cases, &answers, "corpus.jsonl");
}
