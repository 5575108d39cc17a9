//! A JSONata expression: it parses or says where not, and its evaluation ends within the default limits.

#![no_main]

use std::sync::LazyLock;

use asl_core::Value;
use asl_core::jsonata::{Dialect, Environment, Expression, Outcome};
use libfuzzer_sys::fuzz_target;

/// An order, with what functions are fond of: numbers, dates, texts, nests, and arrays of one and of none.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let document = serde_json::json!({
        "id": "order-7",
        "placed": "2024-02-29T23:59:59.999Z",
        "lines": [
            {"sku": "a", "price": 2.5, "quantity": 3, "tags": ["x", "y"]},
            {"sku": "b", "price": -1e300, "quantity": 0, "tags": []},
            {"sku": "é💩", "price": 0.1, "quantity": 1e15, "tags": ["x"], "lines": [[1, [2]], null]}
        ],
        "customer": {"name": "Ada Lovelace", "address": {"city": "London", "zip": null}, "is new": true},
        "empty": {}
    });
    document.into()
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for dialect in [Dialect::Reference, Dialect::Aws] {
        let outcome = Expression::parse(text, dialect)
            .and_then(|expression| expression.evaluate(Some(&DOCUMENT), &(), &Environment::default()));
        match outcome {
            Ok(Outcome::Value(value)) => {
                let printed = value.to_string();
                assert_eq!(printed.parse::<Value>().map(|parsed| parsed.to_string()).as_ref(), Ok(&printed));
            }
            Ok(_) => {}
            Err(error) => assert!(text.get(error.span()).is_some() && !error.message().is_empty(), "{error}"),
        }
    }
});
