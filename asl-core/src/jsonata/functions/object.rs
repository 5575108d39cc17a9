//! `$keys`, `$lookup`, `$spread`, `$merge`, `$clone`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Arguments;
use super::text::{COST_OF_DIGITS, to_15_digits};
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::{Item, Record};
use crate::value::Value;

/// About how many bytes an array or object takes beside its parts, and a member of an object.
const CONTAINER: usize = 96;
const MEMBER: usize = 48;

/// The value of a name: of an object its member, of an array those of its elements as a sequence.
pub(in super::super) fn lookup(evaluator: &mut Evaluator<'_>, item: &Item, key: &str) -> Evaluated {
    if let Some(object) = item.as_object() {
        return Ok(object.get(key));
    }
    let Some(array) = item.as_array() else { return Ok(None) };
    evaluator.bounds.spend(array.len() as u64 / 4)?;
    let mut found = Vec::new();
    for element in array.iter() {
        let Some(value) = lookup(evaluator, &element, key)? else { continue };
        match value.as_array() {
            Some(values) => {
                evaluator.bounds.charge_items(values.len())?;
                found.extend(values.iter());
            }
            None => found.push(value),
        }
    }
    Ok(Some(Item::sequence(found)))
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
            *looked_at += 1 + key.len() as u64 / 4;
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
    spread_item(evaluator, item).map(Some)
}

fn spread_item(evaluator: &mut Evaluator<'_>, item: Item) -> Result<Item, Fault> {
    if let Some(object) = item.as_object() {
        // Each item is an object of its own.
        evaluator.bounds.charge_items(object.len().saturating_mul(4))?;
        let members = object.iter().map(|(key, value)| {
            let mut record = Record::default();
            record.insert(key.clone(), value);
            Item::object(record)
        });
        return Ok(Item::sequence(members.collect()));
    }
    let Some(array) = item.as_array() else { return Ok(item) };
    let mut items = Vec::new();
    for element in array.iter() {
        let spread = spread_item(evaluator, element)?;
        evaluator.bounds.spend(1)?;
        match spread.as_array() {
            Some(parts) => items.extend(parts.iter()),
            None => items.push(spread),
        }
    }
    Ok(if array.len() == 0 { Item::sequence(items) } else { Item::array(items) })
}

/// One object with the members of all, later ones in the place of earlier ones.
pub(super) fn merge(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(array) = arguments.item(0).and_then(Item::as_array) else { return Ok(None) };
    let mut merged = Record::default();
    for element in array.iter() {
        let Some(object) = element.as_object() else { continue };
        evaluator.bounds.charge_items(object.len() * 2)?;
        for (key, value) in object.iter() {
            evaluator.bounds.read_text(key.len().saturating_mul(4))?;
            merged.insert(key.clone(), value);
        }
    }
    Ok(Some(Item::object(merged)))
}

/// A copy that shares nothing with the original, as if it had been written as JSON and read again.
pub(super) fn clone(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(item) = arguments.item(0) else { return Ok(None) };
    let copy = copy(evaluator, item)?;
    if item.extent().depth > 0 {
        evaluator.bounds.check_value_depth(copy.depth())?;
    }
    Ok(Some(Item::Value(copy)))
}

fn copy(evaluator: &mut Evaluator<'_>, item: &Item) -> Result<Value, Fault> {
    evaluator.bounds.charge_items(1)?;
    if let Some(array) = item.as_array() {
        evaluator.bounds.charge(CONTAINER)?;
        return array.iter().map(|element| copy(evaluator, &element)).collect();
    }
    if let Some(object) = item.as_object() {
        evaluator.bounds.charge(CONTAINER + object.len().saturating_mul(MEMBER))?;
        let mut members = Vec::with_capacity(object.len());
        for (key, member) in object.iter() {
            evaluator.bounds.read_text(key.len())?;
            members.push((key.clone(), copy(evaluator, &member)?));
        }
        return Ok(Value::Object(members.into_iter().collect()));
    }
    if item.as_f64().is_some_and(|number| number.fract() != 0.0) {
        evaluator.bounds.spend(COST_OF_DIGITS)?;
    }
    Ok(match item {
        Item::Value(Value::Number(number)) => match Item::from(to_15_digits(number.as_f64())) {
            Item::Value(rounded) => rounded,
            _ => Value::Null,
        },
        Item::Value(value) => value.clone(),
        Item::Function(_) => Value::from(""),
        _ => Value::Null,
    })
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
