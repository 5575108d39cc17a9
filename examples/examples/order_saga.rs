//! A saga: an order whose steps are undone, the last one first, when a later step fails.
//!
//! The definition is a file of its own, `definitions/order.asl.json`. It shows Retry with backoff (a busy carrier is
//! asked again after 10, 20 and 40 seconds) and Catch, whose targets are the compensations.
//! Handlers take and return types of their own; which handler serves which Task is said once, in a [`Registry`],
//! for the [`Simulation`] that tries the definition in virtual time and for the [`Engine`] that runs it for real.
//!
//! `cargo run -p examples --example order_saga`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use asl_core::{Failure, compile};
use asl_runtime::{Engine, Registry, Run, Simulation, TaskRequest, typed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const DEFINITION: &str = include_str!("../definitions/order.asl.json");

#[derive(Deserialize)]
struct Order {
    item: String,
    quantity: u32,
    amount: u32,
    address: String,
}

#[derive(Serialize, Deserialize)]
struct Reservation {
    item: String,
    quantity: u32,
}

#[derive(Serialize, Deserialize)]
struct Payment {
    charged: u32,
}

#[derive(Serialize)]
struct Shipment {
    tracking: String,
}

async fn reserve_stock(order: Order) -> Result<Reservation, Failure> {
    Ok(Reservation { item: order.item, quantity: order.quantity })
}

async fn charge_card(order: Order) -> Result<Payment, Failure> {
    if order.amount > 1_000 {
        return Err(Failure::new("CardDeclined", "the limit is 1000"));
    }
    Ok(Payment { charged: order.amount })
}

/// Takes the whole request, for which attempt this is matters: no carrier has room for a large order at first.
async fn ship(request: TaskRequest) -> Result<Shipment, Failure> {
    let order: Order = request.deserialize()?;
    if order.address.is_empty() {
        return Err(Failure::new("AddressUnknown", "the order has no address"));
    }
    if order.quantity >= 100 && request.retry_count() < 2 {
        return Err(Failure::new("CarrierBusy", "no room before tomorrow"));
    }
    Ok(Shipment { tracking: format!("{} to {}", order.item, order.address) })
}

async fn refund_card(payment: Payment) -> Result<Value, Failure> {
    Ok(json!({ "refunded": payment.charged }))
}

async fn release_stock(reservation: Reservation) -> Result<Value, Failure> {
    Ok(json!({ "released": reservation.quantity }))
}

fn handlers() -> Registry {
    Registry::new()
        .handler("ReserveStock", typed(reserve_stock))
        .handler("ChargeCard", typed(charge_card))
        .handler("Ship", ship)
        .handler("RefundCard", typed(refund_card))
        .handler("ReleaseStock", typed(release_stock))
}

fn small_order() -> Value {
    json!({ "item": "tea", "quantity": 2, "amount": 9, "address": "1 Harbour Street" })
}

fn large_order() -> Value {
    json!({ "item": "tea", "quantity": 200, "amount": 900, "address": "1 Harbour Street" })
}

fn order_without_address() -> Value {
    json!({ "item": "tea", "quantity": 2, "amount": 9, "address": "" })
}

/// Runs the saga in virtual time, in microseconds of the real one.
fn simulate(order: Value) -> Result<Run, Box<dyn Error>> {
    let program = compile(DEFINITION).into_program()?;
    Ok(Simulation::new().registry(handlers()).run(&program, order)?)
}

/// Runs the saga for real.
async fn execute(order: Value) -> Result<Option<String>, Box<dyn Error>> {
    let engine = Engine::builder().registry(handlers()).build().await?;
    let machine = engine.create_state_machine("order", DEFINITION).await?;
    let started = engine.start_execution(&machine, Some("order-7"), order).await?;
    let outcome = engine.wait(&started.execution_arn).await?;
    Ok(outcome.output().map(ToString::to_string))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for (title, order) in [("a large order", large_order()), ("an order without address", order_without_address())] {
        let run = simulate(order)?;
        println!("{title}: {} after {:?}\n{}", run.outcome.status(), run.elapsed(), run.render());
    }
    println!("a small order, for real: {:?}", execute(small_order()).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use asl_core::history::EventDetails;

    use super::*;

    /// The states that a run came through.
    fn states(run: &Run) -> Vec<&str> {
        let entered = run.history.iter().filter_map(|event| match &event.details {
            EventDetails::StateEntered { name, .. } => Some(&**name),
            _ => None,
        });
        entered.collect()
    }

    #[test]
    fn a_busy_carrier_is_asked_again() {
        let run = simulate(large_order()).unwrap();
        assert_eq!(run.output().unwrap().to_string(), r#"{"tracking":"tea to 1 Harbour Street"}"#);
        assert_eq!(run.elapsed(), Duration::from_secs(10 + 20));
    }

    #[test]
    fn what_was_done_is_undone_in_reverse_order() {
        let run = simulate(order_without_address()).unwrap();
        assert_eq!(run.failure().unwrap().to_string(), "AddressUnknown: the order has no address");
        let expected = ["ReserveStock", "ChargeCard", "Ship", "RefundCard", "ReleaseStock", "OrderFailed"];
        assert_eq!(states(&run), expected);
    }

    #[test]
    fn runs() {
        main().unwrap();
    }
}
