//! Our scores against those of the corpus' own judge.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use conformance::{Case, Corpus, EngineAnswer, Order, Status, Tally, Verdict, score, write_results};
use serde_json::{Value, json};

use crate::{recorded_corpus, say};

#[test]
fn recorded_histories_are_exact_against_themselves() {
    let Some(corpus) = recorded_corpus() else { return };
    let mut inexact = Vec::new();
    for case in corpus.cases("").unwrap() {
        // What was sorted inside a Parallel cannot be put back.
        if case.events().is_empty() || case.expected.order == Order::ParallelSorted {
            continue;
        }
        if let Some(score) = score(&case, &recorded_answer(&case))
            && score.verdict != Verdict::Exact
        {
            inexact.push((case.id, score.difference));
        }
    }
    assert!(inexact.is_empty(), "{inexact:#?}");
}

#[test]
fn damaged_histories_get_the_scores_of_the_corpus_judge() {
    let Some(corpus) = recorded_corpus() else { return };
    let cases = corpus.cases("").unwrap();
    let damages: [fn(&mut EngineAnswer); 8] = [
        |_| {},
        |answer| answer.events.iter_mut().for_each(|event| replace(event, "cause", &"another cause".into())),
        |answer| answer.events.iter_mut().for_each(|event| replace(event, "output", &"[1, 2]".into())),
        |answer| answer.events.iter_mut().for_each(|event| replace(event, "error", &Value::Null)),
        |answer| drop(answer.events.pop()),
        |answer| drop(answer.events.remove(answer.events.len() / 2)),
        |answer| answer.events.reverse(),
        |answer| {
            let middle = answer.events.len() / 2;
            answer.events.swap(middle, middle.saturating_sub(1));
        },
    ];
    for (index, damage) in damages.into_iter().enumerate() {
        let answers: Vec<EngineAnswer> = cases.iter().map(|case| damaged(case, damage)).collect();
        agrees_with_judge(&corpus, &cases, &answers, &format!("damaged-{index}.jsonl"));
    }
}

/// Checks that `judge.py` gives each answer the verdict that we give it, and prints the figures that we count.
pub(crate) fn agrees_with_judge(corpus: &Corpus, cases: &[Case], answers: &[EngineAnswer], file_name: &str) {
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file_name);
    write_results(&results, answers).unwrap();
    let judge = corpus.folder().join("judge.py");
    let output =
        Command::new("python3").arg(judge).arg(corpus.folder()).arg(&results).args(["--show", "100000"]).output();
    let output = match output {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout).unwrap(),
        Ok(output) => panic!("judge.py failed: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            say(&format!("ABSENT: python3 ({error}); nothing was compared with judge.py"));
            return;
        }
    };
    let mut tally = Tally::default();
    let mut ours = BTreeMap::new();
    for (case, answer) in cases.iter().zip(answers) {
        if let Some(score) = score(case, answer) {
            tally.count(case, answer, score.verdict);
            if score.verdict != Verdict::Exact {
                ours.insert(case.id.as_str(), score.verdict.as_str());
            }
        }
    }
    assert_eq!(ours, verdicts(&output), "{file_name}");
    assert_eq!(figures(&tally), printed_figures(&output), "{file_name}");
}

/// The verdicts that `judge.py --show` prints, by case.
fn verdicts<'a>(output: &'a str) -> BTreeMap<&'a str, &'a str> {
    let verdict = |line: &'a str| {
        let (word, id) = line.split_once(' ')?;
        let known = ["but-text", "outcome", "wrong"].contains(&word) && id.contains("/test_");
        known.then_some((id.trim_end(), word))
    };
    output.lines().filter_map(verdict).collect()
}

/// The rows of `judge.py`'s table: group, then cases, exact, but-text, outcome and wrong.
fn printed_figures(output: &str) -> BTreeMap<String, [usize; 5]> {
    let row = |line: &str| {
        let (name, figures) = line.split_once("  exact ")?;
        let mut words: Vec<&str> = name.split_whitespace().collect();
        let cases = words.pop()?.parse().ok()?;
        let number = |label: &str| -> Option<usize> {
            let after = if label.is_empty() { figures } else { figures.split_once(label)?.1 };
            after.split_whitespace().next()?.parse().ok()
        };
        let figures = [cases, number("")?, number("but-text")?, number("outcome")?, number("wrong")?];
        Some((words.join(" "), figures))
    };
    output.lines().filter_map(row).collect()
}

/// The same rows by our own count; the judge does not divide areas by language.
fn figures(tally: &Tally) -> BTreeMap<String, [usize; 5]> {
    let areas = tally.areas().map(|(area, _, figures)| (format!("area {area}"), figures));
    let groups = tally.groups().map(|(recorded, language, figures)| (format!("{recorded} {language}"), figures));
    let mut rows = BTreeMap::<String, [usize; 5]>::new();
    for (name, figures) in areas.chain(groups) {
        let row = rows.entry(name).or_default();
        let counts = [figures.cases(), figures.exact, figures.but_text, figures.outcome, figures.wrong];
        row.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    rows
}

/// The answer of an engine that does what AWS did.
fn recorded_answer(case: &Case) -> EngineAnswer {
    let output = case.expected.output.as_ref().map(Value::to_string);
    let mut events: Vec<Value> = case.events().iter().map(as_returned).collect();
    if case.expected.order == Order::Reversed {
        events.reverse();
    }
    EngineAnswer { id: case.id.clone(), status: Status::Succeeded, output, error: None, cause: None, events }
}

/// A recorded event as GetExecutionHistory returned it, with payloads as texts.
fn as_returned(event: &Value) -> Value {
    let mut event = event.clone();
    for details in event.as_object_mut().unwrap().values_mut().filter_map(Value::as_object_mut) {
        for name in ["input", "output", "parameters", "cause"] {
            details.get_mut(name).into_iter().for_each(object_to_text);
        }
        let variables = details.get_mut("assignedVariables").and_then(Value::as_object_mut);
        variables.into_iter().flat_map(|variables| variables.values_mut()).for_each(object_to_text);
    }
    event
}

fn object_to_text(value: &mut Value) {
    if value.is_object() {
        *value = value.to_string().replace("\"date\"", "\"2024-11-22T09:30:00Z\"").into();
    }
}

fn damaged(case: &Case, damage: fn(&mut EngineAnswer)) -> EngineAnswer {
    let mut answer = recorded_answer(case);
    if !answer.events.is_empty() {
        damage(&mut answer);
    } else if case.id.len().is_multiple_of(3) {
        answer.output = Some(json!({"other": case.id}).to_string());
    }
    answer
}

/// Puts `replacement` wherever `value` has a member `name`.
fn replace(value: &mut Value, name: &str, replacement: &Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if key == name {
                    *member = replacement.clone();
                } else {
                    replace(member, name, replacement);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, name, replacement)),
        _ => {}
    }
}
