//! The engine with mock files of Step Functions Local, against what AWS recorded of the same executions.

use conformance::{Status, replay_mocked, takes_the_recorded_path};

use crate::recorded_corpus;

#[test]
fn mocked_executions_take_the_path_that_aws_recorded() {
    let Some(corpus) = recorded_corpus() else { return };
    let cases = corpus.mocked_cases("").unwrap();
    let answers: Vec<_> = cases.iter().map(|mocked| (mocked, replay_mocked(mocked))).collect();
    let can_run = answers.iter().filter(|(_, answer)| answer.status != Status::Unsupported);
    assert!(can_run.clone().count() >= 7);
    for (mocked, answer) in can_run {
        assert!(takes_the_recorded_path(&mocked.case, answer), "{answer:#?}");
    }
}
