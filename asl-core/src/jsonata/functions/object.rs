//! `$keys`, `$lookup`, `$spread`, `$merge`, `$clone`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Arguments;
use super::text::to_15_digits;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::{Item, Record};
use crate::value::Value;

/// The value of a name: of an object its member, of an array those of its elements as a sequence.
pub(in super::super) fn lookup(evaluator: &mut Evaluator<'_>, item: &Item, key: &str) -> Evaluated {
    let mut looked_at = 0;
    let found = lookup_counting(item, key, &mut looked_at);
    evaluator.bounds.spend(looked_at / 4)?;
    Ok(found)
}

fn lookup_counting(item: &Item, key: &str, looked_at: &mut u64) -> Option<Item> {
    *looked_at += 1;
    if let Some(object) = item.as_object() {
        return object.get(key);
    }
    let array = item.as_array()?;
    let mut found = Vec::new();
    for value in array.iter().filter_map(|element| lookup_counting(&element, key, looked_at)) {
        match value.as_array() {
            Some(values) => found.extend(values.iter()),
            None => found.push(value),
        }
    }
    Some(Item::sequence(found))
}

pub(super) fn look_up(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(item), Some(key)) = (arguments.item(0), arguments.text(1)) else { return Ok(None) };
    let found = lookup(evaluator, item, &key)?;
    if let Some(array) = found.as_ref().and_then(Item::as_array) {
        evaluator.bounds.charge_items(array.len())?;
    }
    Ok(found)
}

/// The keys of an object, or of all objects in an array, each once.
pub(super) fn keys(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let mut keys = Vec::new();
    if let Some(item) = arguments.item(0) {
        let mut looked_at = 0;
        collect_keys(item, &mut keys, &mut BTreeSet::new(), &mut looked_at);
        evaluator.bounds.spend(looked_at / 8)?;
    }
    evaluator.bounds.charge_items(keys.len())?;
    Ok(Some(Item::sequence(keys.into_iter().map(Item::from).collect())))
}

fn collect_keys(item: &Item, keys: &mut Vec<Arc<str>>, known: &mut BTreeSet<Arc<str>>, looked_at: &mut u64) {
    *looked_at += 1;
    if let Some(object) = item.as_object() {
        for (key, _) in object.iter() {
            *looked_at += 1;
            if known.insert(key.clone()) {
                keys.push(key.clone());
            }
        }
    } else if let Some(array) = item.as_array() {
        array.iter().for_each(|element| collect_keys(&element, keys, known, looked_at));
    }
}

/// Objects of one member each.
pub(super) fn spread(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(item) = arguments.take(0) else { return Ok(None) };
    let spread = spread_item(item);
    if let Some(array) = spread.as_array() {
        // Each item is an object of its own.
        evaluator.bounds.charge_items(array.len().saturating_mul(2))?;
    }
    Ok(Some(spread))
}

fn spread_item(item: Item) -> Item {
    if let Some(object) = item.as_object() {
        let members = object.iter().map(|(key, value)| {
            let mut record = Record::default();
            record.insert(key.clone(), value);
            Item::object(record)
        });
        return Item::sequence(members.collect());
    }
    let Some(array) = item.as_array() else { return item };
    let mut items = Vec::new();
    for element in array.iter() {
        let spread = spread_item(element);
        match spread.as_array() {
            Some(parts) => items.extend(parts.iter()),
            None => items.push(spread),
        }
    }
    if array.len() == 0 { Item::sequence(items) } else { Item::array(items) }
}

/// One object with the members of all, later ones in the place of earlier ones.
pub(super) fn merge(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(array) = arguments.item(0).and_then(Item::as_array) else { return Ok(None) };
    let mut merged = Record::default();
    for element in array.iter() {
        let Some(object) = element.as_object() else { continue };
        evaluator.bounds.charge_items(object.len() * 2)?;
        for (key, value) in object.iter() {
            merged.insert(key.clone(), value);
        }
    }
    Ok(Some(Item::object(merged)))
}

/// A copy that shares nothing with the original, as if it had been written as JSON and read again.
pub(super) fn clone(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(item) = arguments.item(0) else { return Ok(None) };
    let mut parts = 0;
    let copy = copy(item, &mut parts);
    evaluator.bounds.charge_items(parts)?;
    if item.extent().depth > 0 {
        evaluator.bounds.check_value_depth(copy.depth())?;
    }
    Ok(Some(Item::Value(copy)))
}

fn copy(item: &Item, parts: &mut usize) -> Value {
    *parts += 1;
    if let Some(array) = item.as_array() {
        return array.iter().map(|element| copy(&element, parts)).collect();
    }
    if let Some(object) = item.as_object() {
        return Value::Object(object.iter().map(|(key, member)| (key.clone(), copy(&member, parts))).collect());
    }
    match item {
        Item::Value(Value::Number(number)) => match Item::from(to_15_digits(number.as_f64())) {
            Item::Value(rounded) => rounded,
            _ => Value::Null,
        },
        Item::Value(value) => value.clone(),
        Item::Function(_) => Value::from(""),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn keys_and_members_are_found_in_objects_and_arrays_of_them() {
        check("$keys([{'b': 1}, {'a': 2, 'b': 3}])", r#"["b","a"]"#);
        check("$keys({'a': 1})", r#""a""#);
        check("$keys(1)", "undefined");
        check("$lookup([{'a': 1}, {'b': 2}, {'a': [3, 4]}], 'a')", "[1,3,4]");
        check("$lookup({'a': 1}, 'b')", "undefined");
    }

    #[test]
    fn objects_are_spread_merged_and_cloned() {
        check("$spread({'a': 1, 'b': 2})", r#"[{"a":1},{"b":2}]"#);
        check("$merge([{'a': 1, 'b': 2}, {'a': 3}])", r#"{"a":3,"b":2}"#);
        check("$clone({'a': 0.1 + 0.2, 'f': $sum})", r#"{"a":0.3,"f":""}"#);
    }
}
