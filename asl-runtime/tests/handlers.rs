//! Handlers with types of their own.

use asl_core::Failure;
use asl_runtime::{Simulation, typed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{machine_of, program, task};

#[derive(Deserialize)]
struct Order {
    id: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    price: u32,
}

#[derive(Serialize)]
struct Receipt {
    order: String,
    total: u32,
}

async fn charge(order: Order) -> Result<Receipt, Failure> {
    Ok(Receipt { total: order.lines.iter().map(|line| line.price).sum(), order: order.id })
}

fn outcome_of(input: Value) -> String {
    let run =
        Simulation::new().handler("Charge", typed(charge)).run(&program(&machine_of(&task("Charge"))), input).unwrap();
    run.output().map(ToString::to_string).or_else(|| run.failure().map(ToString::to_string)).unwrap()
}

#[test]
fn parameters_and_results_are_types_of_ones_own() {
    let order = json!({"id": "o-7", "lines": [{"price": 2}, {"price": 3}]});
    assert_eq!(outcome_of(order), r#"{"order":"o-7","total":5}"#);
}

#[test]
fn parameters_of_the_wrong_shape_name_the_member() {
    let cases = [
        (
            json!({"id": "o-7", "lines": [{"price": 2}, {"price": "much"}]}),
            "InvalidParameters: `lines[1].price` in the parameters of state `A`: \
             invalid type: string, expected u32",
        ),
        (json!("o-7"), "InvalidParameters: the parameters of state `A`: invalid type: string, expected an object"),
        (json!({"id": "o-7"}), "InvalidParameters: the parameters of state `A`: missing field `lines`"),
        (
            json!({"id": "o-7", "lines": [{}]}),
            "InvalidParameters: `lines[0]` in the parameters of state `A`: missing field `price`",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(outcome_of(input), expected);
    }
}
