//! Functions that call functions: `$map`, `$filter`, `$single`, `$reduce`, `$sift`, `$each`, `$sort`.

use super::Arguments;
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Evaluated, Evaluator, Function, compare_text, merge_sort};
use crate::jsonata::item::{Item, Record};
use crate::value::Value;

pub(super) fn map(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(items), Some(function)) = (arguments.elements(0, evaluator)?, arguments.function(1)) else {
        return Ok(None);
    };
    let mut results = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        results.extend(call(evaluator, function, item, index.into(), arguments.item(0))?);
    }
    evaluator.bounds.charge_items(results.len())?;
    Ok(Some(Item::sequence(results)))
}

pub(super) fn filter(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(items), Some(function)) = (arguments.elements(0, evaluator)?, arguments.function(1)) else {
        return Ok(None);
    };
    let mut kept = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let accepted = call(evaluator, function, item.clone(), index.into(), arguments.item(0))?;
        if evaluator.is_truthy(accepted.as_ref())? {
            kept.push(item);
        }
    }
    evaluator.bounds.charge_items(kept.len())?;
    Ok(Some(Item::sequence(kept)))
}

/// The one element that a function accepts.
pub(super) fn single(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(items) = arguments.elements(0, evaluator)? else { return Ok(None) };
    let mut found = None;
    for (index, item) in items.into_iter().enumerate() {
        let is_accepted = match arguments.function(1) {
            Some(function) => {
                let accepted = call(evaluator, function, item.clone(), index.into(), arguments.item(0))?;
                evaluator.is_truthy(accepted.as_ref())?
            }
            None => true,
        };
        if is_accepted && found.replace(item).is_some() {
            return Err(Fault::new("D3138"));
        }
    }
    found.map(Some).ok_or_else(|| Fault::new("D3139"))
}

pub(super) fn reduce(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(items), Some(function)) = (arguments.elements(0, evaluator)?, arguments.function(1)) else {
        return Ok(None);
    };
    let arity = evaluator.arity(function);
    if arity < 2 {
        return Err(Fault::new("D3050"));
    }
    let initial = arguments.take(2);
    let mut items = items.into_iter().enumerate();
    let mut result = match initial {
        Some(initial) => Some(initial),
        None => items.next().map(|(_, first)| first),
    };
    for (index, item) in items {
        let mut given = vec![result, Some(item)];
        if arity >= 3 {
            given.push(Some(index.into()));
        }
        if arity >= 4 {
            given.push(arguments.item(0).cloned());
        }
        result = evaluator.call(function, given, Some(&Item::Value(Value::Null)))?;
    }
    Ok(result)
}

/// The members that a function accepts.
pub(super) fn sift(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(object) = arguments.item(0).and_then(Item::as_object) else { return Ok(None) };
    let mut kept = Record::default();
    for (key, value) in object.iter() {
        let function = arguments.function(1).ok_or_else(|| Fault::new("T1006"))?;
        let accepted = call(evaluator, function, value.clone(), key.clone().into(), arguments.item(0))?;
        if evaluator.is_truthy(accepted.as_ref())? {
            evaluator.bounds.charge_items(2)?;
            evaluator.bounds.read_text(key.len().saturating_mul(4))?;
            kept.insert(key.clone(), value);
        }
    }
    Ok((kept.len() > 0).then(|| Item::object(kept)))
}

pub(super) fn each(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(function) = arguments.function(1) else { return Ok(None) };
    let mut results = Vec::new();
    if let Some(object) = arguments.item(0).and_then(Item::as_object) {
        for (key, value) in object.iter() {
            results.extend(call(evaluator, function, value, key.clone().into(), arguments.item(0))?);
        }
    }
    evaluator.bounds.charge_items(results.len())?;
    Ok(Some(Item::sequence(results)))
}

pub(super) fn sort(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(items) = arguments.elements(0, evaluator)?.filter(|items| items.len() > 1) else {
        return Ok(arguments.take(0));
    };
    evaluator.bounds.charge_items(items.len())?;
    if let Some(function) = arguments.function(1) {
        let sorted = merge_sort(items, &mut |left: &mut Item, right: &mut Item| {
            let given = vec![Some(left.clone()), Some(right.clone())];
            let order = evaluator.call(function, given, Some(&Item::Value(Value::Null)))?;
            let is_container = order.as_ref().is_some_and(|order| order.is_array() || order.as_object().is_some());
            Ok(is_container || evaluator.is_truthy(order.as_ref())?)
        })?;
        return Ok(Some(Item::array(sorted)));
    }
    let all_numbers = items.iter().all(|item| item.as_f64().is_some());
    if !all_numbers && !items.iter().all(|item| item.as_str().is_some()) {
        return Err(Fault::new("D3070"));
    }
    let sorted = merge_sort(items, &mut |left: &mut Item, right: &mut Item| {
        evaluator.bounds.spend(1 + left.as_str().map_or(0, str::len) as u64 / 64)?;
        Ok(match (left.as_f64(), right.as_f64(), left.as_str(), right.as_str()) {
            (Some(left), Some(right), ..) => left > right,
            (_, _, Some(left), Some(right)) => compare_text(left, right).is_gt(),
            _ => false,
        })
    })?;
    Ok(Some(Item::array(sorted)))
}

/// Calls a function with as many of an item, its key or index, and what holds it, as it declares parameters.
fn call(evaluator: &mut Evaluator<'_>, function: Function, item: Item, key: Item, whole: Option<&Item>) -> Evaluated {
    let arity = evaluator.arity(function);
    let mut given = vec![Some(item)];
    if arity >= 2 {
        given.push(Some(key));
    }
    if arity >= 3 {
        given.push(whole.cloned());
    }
    evaluator.call(function, given, Some(&Item::Value(Value::Null)))
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn functions_get_as_much_as_they_declare() {
        check("$map(['a', 'b'], function($v, $i, $a) { $v & $i & $count($a) })", r#"["a02","b12"]"#);
        check("$filter([1, 2, 3], function($v, $i) { $i > 0 })", "[2,3]");
        check("$each({'a': 1, 'b': 2}, function($v, $k) { $k & $v })", r#"["a1","b2"]"#);
        check("$sift({'a': 1, 'b': 2}, function($v, $k) { $k = 'b' })", r#"{"b":2}"#);
        check("$sift({'a': 1}, function($v) { false })", "undefined");
    }

    #[test]
    fn folding_and_choosing() {
        check("$reduce([1, 2, 3], function($a, $b) { $a * 10 + $b })", "123");
        check("$reduce([1], function($a, $b) { $a + $b }, 5)", "6");
        check("$reduce([1, 2], function($a) { $a })", "D3050");
        check("$single([1, 2], function($v) { $v = 2 })", "2");
        check("$single([1, 1])", "D3138");
        check("$single([1], function($v) { false })", "D3139");
    }

    #[test]
    fn sorting_is_stable_and_by_one_kind() {
        check("$sort(['b', 'a'])", r#"["a","b"]"#);
        check("$sort([{'a': 2, 'b': 1}, {'a': 1}, {'a': 2, 'b': 0}], function($l, $r) { $l.a > $r.a }).b", "[1,0]");
        check("$sort([1, 'a'])", "D3070");
    }
}
