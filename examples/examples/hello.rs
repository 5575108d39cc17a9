//! The smallest embedding: an engine, one handler, one execution.
//!
//! `cargo run -p examples --example hello`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use asl_core::Failure;
use asl_core::execution::Outcome;
use asl_runtime::{Engine, typed};

const DEFINITION: &str = r#"{
    "StartAt": "Greet",
    "States": {
        "Greet": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Greet",
            "End": true
        }
    }
}"#;

/// Runs the Tasks that call the function `Greet`.
async fn greet(name: String) -> Result<String, Failure> {
    Ok(format!("hello {name}"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder().handler("Greet", typed(greet)).build().await?;
    let machine = engine.create_state_machine("hello", DEFINITION).await?;
    let started = engine.start_execution(&machine, None, "world").await?;
    match engine.wait(&started.execution_arn).await? {
        Outcome::Succeeded(output) => println!("{output}"),
        outcome => println!("{}: {outcome:?}", outcome.status()),
    }
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
