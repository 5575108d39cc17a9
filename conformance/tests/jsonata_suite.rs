//! The engine's JSONata against the reference test suite, and our scores against those of the corpus' own judge.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use conformance::{
    Corpus, Floor, JsonataAnswer, JsonataFloor, JsonataOutcome, JsonataSuite, JsonataTally, LoadedSuite, Reason,
    evaluate, write_jsonata_results,
};

use crate::say;

#[test]
fn the_score_on_the_reference_suite_does_not_fall_below_the_floor() {
    let Some(suite) = loaded_suite() else { return };
    let answers: Vec<JsonataAnswer> = suite.cases.iter().map(evaluate).collect();
    let tally = agrees_with_judge(&suite, &answers, "jsonata.jsonl");
    let breaches = Floor::read().unwrap().jsonata_suite.breaches(JsonataFloor::of(&tally));
    assert!(breaches.is_empty(), "{breaches:#?}\n{tally}");
}

#[test]
fn damaged_answers_get_the_scores_of_the_suites_judge() {
    let Some(suite) = loaded_suite() else { return };
    let damage = |(index, outcome): (usize, JsonataOutcome)| match (index % 4, outcome) {
        (0, JsonataOutcome::Value(_)) => JsonataOutcome::Undefined,
        // Not another value: the judge stops with a TypeError at one.
        (0, JsonataOutcome::Undefined) => JsonataOutcome::Value(asl_core::Value::Null),
        (1, JsonataOutcome::Undefined) => JsonataOutcome::Function,
        (1, JsonataOutcome::Value(_)) | (0 | 1, JsonataOutcome::Error(_)) => JsonataOutcome::Error("D0000".to_owned()),
        (_, outcome) => outcome,
    };
    let answers = suite.cases.iter().enumerate().map(|(index, case)| {
        let JsonataAnswer { id, outcome } = evaluate(case);
        JsonataAnswer { id, outcome: damage((index, outcome)) }
    });
    agrees_with_judge(&suite, &answers.collect::<Vec<_>>(), "jsonata-damaged.jsonl");
}

/// The reference suite; if it is absent, says so.
fn loaded_suite() -> Option<LoadedSuite> {
    let suite = JsonataSuite::of(&Corpus::recorded());
    if !suite.is_present() {
        say(&format!("ABSENT: no JSONata suite in {}; nothing was checked", suite.folder().display()));
        return None;
    }
    Some(suite.load("").unwrap())
}

/// Checks that `judge_jsonata.py` counts as many right answers as we do, in each group; the tally is ours.
fn agrees_with_judge(suite: &LoadedSuite, answers: &[JsonataAnswer], file_name: &str) -> JsonataTally {
    let mut tally = JsonataTally::default();
    for (case, answer) in suite.cases.iter().zip(answers) {
        tally.count(case, &answer.outcome);
    }
    // The judge leaves out the group of $eval by itself, and nothing else.
    for case in suite.not_counted.iter().filter(|case| case.reason != Reason::Eval) {
        tally.leave_out(case);
    }
    if let Some(printed) = judged(answers, file_name) {
        assert_eq!(PrintedScore::of(&tally), printed, "{file_name}");
    }
    tally
}

/// What `judge_jsonata.py` prints about `answers`, if it can be run.
fn judged(answers: &[JsonataAnswer], file_name: &str) -> Option<PrintedScore> {
    let corpus = Corpus::recorded();
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file_name);
    write_jsonata_results(&results, answers).unwrap();
    let judge = corpus.folder().join("judge_jsonata.py");
    match Command::new("python3").arg(judge).arg(corpus.folder()).arg(&results).output() {
        Ok(output) if output.status.success() => {
            Some(PrintedScore::parse(&String::from_utf8(output.stdout).unwrap()).unwrap())
        }
        Ok(output) => panic!("judge_jsonata.py failed: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            say(&format!("ABSENT: python3 ({error}); nothing was compared with judge_jsonata.py"));
            None
        }
    }
}

/// Right answers and cases: of everything, and of each group that falls short.
#[derive(Debug, PartialEq, Eq)]
struct PrintedScore {
    all: (usize, usize),
    short: BTreeMap<String, (usize, usize)>,
}

impl PrintedScore {
    fn of(tally: &JsonataTally) -> Self {
        let all = tally.all();
        let groups = tally
            .groups()
            .map(|(name, figures)| (name.to_owned(), (figures.passed, figures.cases + figures.not_counted)));
        Self {
            all: (all.passed, all.cases + all.not_counted),
            short: groups.filter(|(_, (passed, cases))| passed < cases).collect(),
        }
    }

    /// Reads `groups falling short: a 1/2, b 0/3` and `1065 of 1067 (99.8 %)`.
    fn parse(output: &str) -> Option<Self> {
        let (groups, all) = output.trim_end().split_once('\n')?;
        let group = |text: &str| {
            let (name, figures) = text.split_once(' ')?;
            Some((name.to_owned(), pair(figures.split_once('/')?)?))
        };
        let short = groups.strip_prefix("groups falling short: ")?.split(", ");
        let (passed, rest) = all.split_once(" of ")?;
        Some(Self {
            all: pair((passed, rest.split_once(' ')?.0))?,
            short: short.filter(|text| *text != "none").map(group).collect::<Option<_>>()?,
        })
    }
}

fn pair((left, right): (&str, &str)) -> Option<(usize, usize)> {
    Some((left.parse().ok()?, right.parse().ok()?))
}
