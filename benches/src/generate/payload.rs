//! W8: a large payload that is wrapped, unwrapped and changed, five states a round.

use serde_json::{Map, Value as Json, json};

use super::random::Random;
use super::{Generated, leading_to, with};

/// How long the payload of the workload is, at least.
pub const BYTES: usize = 200_000;
const SEED: u32 = 20_261_123;
const ROUNDS: u32 = 10;
const LETTERS: &[u8] = b"abcdefghij klmnop";
const TAGS: [&str; 5] = ["red", "green", "blue", "new", "sale"];

/// Fifty states that pass a payload of at least `bytes` bytes on.
pub fn payload(bytes: usize) -> Generated {
    let (meta, items) = (meta(), items(bytes));
    let document = json!({"meta": meta, "items": items});
    // The last items that rounds ask for are there in the shared payload; in a small one they all ask for the first.
    let asked = |round: u32| if items.len() > 90 { round * 10 } else { 0 };
    let mut states = Map::new();
    let kinds = (0..ROUNDS).flat_map(|round| {
        [
            json!({"Type": "Pass", "Parameters": {"doc.$": "$", "step": round}}),
            json!({"Type": "Pass", "InputPath": "$.doc"}),
            json!({"Type": "Pass", "Parameters": {
                "id.$": format!("$.items[{}].id", asked(round)), "run.$": "$.meta.run", "tag": "x",
            }, "ResultPath": "$.picked"}),
            json!({"Type": "Pass", "InputPath": "$.items", "ResultPath": "$.items"}),
            json!({"Type": "Pass", "InputPath": "$.meta", "ResultPath": "$.copy.meta"}),
        ]
    });
    for (number, state) in (0..).zip(kinds) {
        let next = (number + 1 < 5 * ROUNDS).then(|| format!("S{:02}", number + 1));
        states.insert(format!("S{number:02}"), leading_to(state, next));
    }
    let last = items.get(asked(ROUNDS - 1) as usize).and_then(|item| item.get("id"));
    let expected = with(document.clone(), "picked", json!({"id": last, "run": 7, "tag": "x"}));
    let expected = with(expected, "copy", json!({"meta": meta}));
    Generated {
        name: "w8_payload",
        definition: json!({"StartAt": "S00", "States": states}),
        input: document,
        expected,
        transitions: 5 * ROUNDS,
        functions: Map::new(),
        note: "",
    }
}

fn meta() -> Json {
    let labels: Map<_, _> = (0..20).map(|number| (format!("l{number}"), json!(format!("v{number}")))).collect();
    json!({"tenant": "acme", "run": 7, "labels": labels})
}

/// Items until the whole payload is at least `bytes` bytes long.
fn items(bytes: usize) -> Vec<Json> {
    let mut size = json!({"meta": meta(), "items": []}).to_string().len();
    let mut random = Random::new(SEED);
    let mut items: Vec<Json> = Vec::new();
    while size < bytes {
        for _ in 0..10 {
            let item = item(items.len(), &mut random);
            size += item.to_string().len() + usize::from(!items.is_empty());
            items.push(item);
        }
    }
    items
}

fn item(number: usize, random: &mut Random) -> Json {
    let name: String = (0..40).map(|_| char::from(random.choice(LETTERS))).collect();
    // Rounded in the decimal system, as who writes prices does.
    let price: f64 = format!("{:.2}", random.fraction() * 1_000.0).parse().unwrap_or_default();
    let qty = random.up_to(99);
    let tags: Vec<_> = (0..4).map(|_| random.choice(&TAGS)).collect();
    let [w, h, d] = [(); 3].map(|()| random.up_to(500));
    json!({
        "id": format!("sku-{number:05}"), "name": name, "price": price, "qty": qty, "tags": tags,
        "dims": {"w": w, "h": h, "d": d}, "active": random.fraction() < 0.5,
    })
}
