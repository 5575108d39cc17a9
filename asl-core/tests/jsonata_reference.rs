//! The reference test suite of JSONata 2.0.6, where the corpus is at hand: `ASL_CONFORMANCE_CORPUS`, or the workspace's
//! sibling `shared/conformance`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use asl_core::Value;
use asl_core::jsonata::{Dialect, Environment, Expression, Outcome};
use asl_core::value::Object;

#[test]
fn the_reference_suite_passes() {
    let Some(folder) = corpus() else { return };
    let text = std::fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    let (mut passed, mut total) = (0, 0);
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failures = Vec::new();
    // A line that is not a `Value` holds half of a surrogate pair, which no UTF-8 text can.
    for case in text.lines().filter_map(|line| line.parse::<Value>().ok()) {
        let id = case.get("id").and_then(Value::as_str).unwrap();
        let group = id.split('/').next().unwrap();
        if group == "function-eval" {
            continue;
        }
        let answer = answer(&case, &folder);
        let is_right = is_right(&case, &answer);
        let score = groups.entry(group.to_owned()).or_default();
        score.1 += 1;
        total += 1;
        if is_right {
            score.0 += 1;
            passed += 1;
        } else {
            let expression = case.get("expr").and_then(Value::as_str).unwrap();
            failures.push(format!("{id}: {expression}\n    want {}\n    got  {answer:?}", expected(&case)));
        }
    }
    let short: Vec<_> = groups.iter().filter(|(_, (passed, total))| passed < total).collect();
    println!("{passed} of {total}; short: {short:?}");
    assert!(failures.is_empty(), "{}", failures.into_iter().take(40).collect::<Vec<_>>().join("\n"));
}

fn corpus() -> Option<PathBuf> {
    let folder = match std::env::var_os("ASL_CONFORMANCE_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find_map(|folder| {
            let candidate = folder.join("shared/conformance");
            candidate.is_dir().then_some(candidate)
        })?,
    };
    Some(folder.join("jsonata")).filter(|folder| folder.is_dir())
}

/// What an expression came to: a value, nothing, or the code of an error.
fn answer(case: &Value, folder: &Path) -> Result<Outcome, &'static str> {
    let dataset = case.get("dataset").and_then(Value::as_str).map(|name| {
        std::fs::read_to_string(folder.join(format!("datasets/{name}.json"))).unwrap().parse::<Value>().unwrap()
    });
    let input = dataset.or_else(|| case.get("data").cloned());
    let bindings = case.get("bindings").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut environment = Environment::default();
    // One case makes a sequence of ten million.
    environment.limits.sequence_length = 10_000_000;
    environment.limits.steps = 50_000_000;
    environment.limits.memory = 2 << 30;
    if let Some(depth) = case.get("depth").and_then(Value::as_i64) {
        environment.limits.depth = usize::try_from(depth).unwrap();
    }
    evaluate(case.get("expr").and_then(Value::as_str).unwrap(), input.as_ref(), &bindings, &environment)
}

fn evaluate(
    text: &str,
    input: Option<&Value>,
    bindings: &Object,
    environment: &Environment<'_>,
) -> Result<Outcome, &'static str> {
    let expression = Expression::parse(text, Dialect::Reference).map_err(|error| error.code())?;
    expression.evaluate(input, bindings, environment).map_err(|error| error.code())
}

fn expected(case: &Value) -> String {
    ["result", "code"].iter().find_map(|key| case.get(key)).map_or("undefined".to_owned(), Value::to_string)
}

fn is_right(case: &Value, answer: &Result<Outcome, &'static str>) -> bool {
    match (case.get("result"), case.get("code"), answer) {
        (Some(expected), _, Ok(Outcome::Value(value))) => {
            same(expected, value) || case.get("unordered").is_some() && bag(expected) == bag(value)
        }
        (None, Some(code), Err(error)) => code.as_str() == Some(error),
        (None, None, Ok(Outcome::Undefined)) => true,
        _ => false,
    }
}

/// Whether two values are the same, numbers by size.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.compare(*right).is_eq(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

fn bag(value: &Value) -> Vec<String> {
    let mut parts: Vec<String> =
        value.as_array().map(|array| array.iter().map(Value::to_string).collect()).unwrap_or_default();
    parts.sort();
    parts
}
