//! A definition under snapshot test: every path through it, failures included, in virtual time.
//!
//! Handlers answer from scripts, so the test says exactly what happens to the definition, and the snapshot shows what
//! the definition does about it: one line per event of the history, with the time since the start.
//! After a change, `INSTA_UPDATE=always cargo test -p examples` rewrites the snapshots; the diff is read like code.
#![cfg(test)]

use std::time::Duration;

use asl_core::compile;
use asl_runtime::{Reply, Scripted, Simulation, scripted};
use serde_json::json;

/// The history of an order for which the handlers reply as scripted.
fn history(handlers: impl IntoIterator<Item = (&'static str, Scripted)>) -> String {
    let program = compile(include_str!("../definitions/order.asl.json")).into_program().unwrap();
    let mut simulation = Simulation::new().handler("*", scripted::<[Reply; 0]>([]));
    for (name, replies) in handlers {
        simulation = simulation.handler(name, replies);
    }
    simulation.run(&program, json!({ "id": 7 })).unwrap().render()
}

fn reserved() -> (&'static str, Scripted) {
    ("ReserveStock", scripted([Reply::success(json!({ "reserved": 2 }))]))
}

fn charged() -> (&'static str, Scripted) {
    ("ChargeCard", scripted([Reply::success(json!({ "charged": 9 }))]))
}

#[test]
fn an_order_is_shipped() {
    let shipped = ("Ship", scripted([Reply::success(json!({ "tracking": "T1" })).after(Duration::from_secs(5))]));
    insta::assert_snapshot!(history([reserved(), charged(), shipped]));
}

#[test]
fn nothing_is_undone_when_nothing_was_done() {
    let sold_out = ("ReserveStock", scripted([Reply::failure("OutOfStock", "no tea")]));
    insta::assert_snapshot!(history([sold_out]));
}

#[test]
fn a_declined_card_releases_the_stock() {
    let declined = ("ChargeCard", scripted([Reply::failure("CardDeclined", "insufficient funds")]));
    let released = ("ReleaseStock", scripted([Reply::success(json!(null))]));
    insta::assert_snapshot!(history([reserved(), declined, released]));
}

#[test]
fn a_carrier_that_stays_busy_and_then_silent_undoes_everything() {
    let busy = || Reply::failure("CarrierBusy", "later");
    let silent = ("Ship", scripted([busy(), busy(), Reply::pending()]));
    let refunded = ("RefundCard", scripted([Reply::success(json!(null))]));
    let released = ("ReleaseStock", scripted([Reply::success(json!(null))]));
    insta::assert_snapshot!(history([reserved(), charged(), silent, refunded, released]));
}
