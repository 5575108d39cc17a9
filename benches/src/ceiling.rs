//! What ours is held against: the same work as one would write it by hand.
//!
//! Machines are plain Rust over [`Value`], without an interpreter, a history or limits, each state's work in its order.
//! What a definition says once (keys, literals) is made once, beforehand; what an execution makes, each makes anew:
//! where a state builds an object, so does its Rust, and where it changes one, that is changed in place.
//! Functions are called directly.
//! To understand a definition is to read its JSON and to look for the targets of its transitions.

mod definition;
mod jsonata;
mod machines;
mod payload;

use asl_core::Value;

pub use self::definition::missing_targets;
use crate::Workload;

/// A workload's execution, by hand.
pub type ByHand = Box<dyn Fn(Value) -> Value>;

/// The hand-written form of a workload, if it has one.
pub fn of_workload(workload: &Workload) -> Option<ByHand> {
    Some(match workload.name {
        "w1_hello" => machines::hello(),
        "w2_deploy" => machines::deploy(workload),
        "w3_loop" => machines::loop_until(workload),
        "w4_choice" => machines::choice(),
        "w5_map" | "w5_map_iterator" => machines::map(),
        "w6_parallel" => machines::parallel(),
        "w7_retry" => machines::retry(workload),
        "w8_payload" => payload::payload(),
        "w9_jsonata" => jsonata::jsonata(),
        _ => return None,
    })
}

/// The object in `value`; an empty one if it is none.
fn object(value: Value) -> asl_core::value::Object {
    match value {
        Value::Object(object) => object,
        _ => asl_core::value::Object::default(),
    }
}
