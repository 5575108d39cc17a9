//! W9: states in JSONata that each sum, filter and concatenate.

use serde_json::{Map, Value as Json, json};

use super::{Generated, leading_to};

pub(super) fn jsonata(count: u32) -> Generated {
    let state = |number: u32| {
        let state = json!({
            "Type": "Pass",
            "Assign": {
                "n": if number == 0 { "{% 1 %}" } else { "{% $n + 1 %}" },
                "name": format!("{{% $uppercase($states.input.name) & '-' & $string({number}) %}}"),
            },
            "Output": {
                "name": "{% $states.input.name %}",
                "items": "{% $states.input.items %}",
                "total": "{% $sum($states.input.items.(price * qty)) %}",
                "cheap": "{% [$states.input.items[price < 50].sku] %}",
                "step": number,
            },
        });
        leading_to(state, (number + 1 < count).then(|| format!("J{:02}", number + 1)))
    };
    let states: Map<_, _> = (0..count).map(|number| (format!("J{number:02}"), state(number))).collect();
    let item = |number: u32| (number, 10 * (number + 1), number % 3 + 1);
    let items: Vec<Json> = (0..10)
        .map(item)
        .map(|(number, price, qty)| json!({"sku": format!("k{number}"), "price": price, "qty": qty}))
        .collect();
    let total: u32 = (0..10).map(item).map(|(_, price, qty)| price * qty).sum();
    let cheap: Vec<String> =
        (0..10).map(item).filter(|(_, price, _)| *price < 50).map(|(number, ..)| format!("k{number}")).collect();
    Generated {
        name: "w9_jsonata",
        definition: json!({"QueryLanguage": "JSONata", "StartAt": "J00", "States": states}),
        input: json!({"name": "abc", "items": items}),
        expected: json!({"name": "abc", "items": items, "total": total, "cheap": cheap, "step": count - 1}),
        transitions: count,
        functions: Map::new(),
        note: "",
    }
}
