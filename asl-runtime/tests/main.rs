//! The runtime from outside, in virtual time.
#![cfg(test)]

mod engine;
mod handlers;
mod map_run;
mod simulation;
mod traces;

use asl_core::Program;
use serde_json::{Value, json};

/// The program of a definition that must be right.
fn program(definition: &Value) -> Program {
    let compiled = asl_core::compile(&definition.to_string());
    compiled.program.unwrap_or_else(|| panic!("{}", compiled.diagnostics))
}

/// A Task state at a machine's end that calls the function `name`.
fn task(name: &str) -> Value {
    json!({"Type": "Task", "Resource": function_arn(name), "End": true})
}

fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:000000000000:function:{name}")
}

/// A machine of one state.
fn machine_of(state: &Value) -> Value {
    json!({"StartAt": "A", "States": {"A": state}})
}

/// `object` with the members of `more`.
fn with(mut object: Value, more: Value) -> Value {
    let (Value::Object(members), Value::Object(more)) = (&mut object, more) else { panic!("two objects") };
    members.extend(more);
    object
}
