//! `$append`, `$reverse`, `$shuffle`, `$distinct`, `$zip`.

use std::collections::BTreeSet;

use super::Arguments;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::{ArrayRef, Item};

pub(super) fn append(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    match (arguments.take(0), arguments.take(1)) {
        (first, None) => Ok(first),
        (None, second) => Ok(second),
        (Some(first), Some(second)) => {
            let mut items = first.elements();
            items.extend(second.elements());
            evaluator.bounds.charge_items(items.len())?;
            Ok(Some(Item::array(items)))
        }
    }
}

pub(super) fn reverse(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(mut items) = arguments.elements(0, evaluator)?.filter(|items| items.len() > 1) else {
        return Ok(arguments.take(0));
    };
    evaluator.bounds.charge_items(items.len())?;
    items.reverse();
    Ok(Some(Item::array(items)))
}

pub(super) fn shuffle(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(mut items) = arguments.elements(0, evaluator)?.filter(|items| items.len() > 1) else {
        return Ok(arguments.take(0));
    };
    evaluator.bounds.charge_items(items.len())?;
    for last in (1..items.len()).rev() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a random number below 1 times a length is below that length"
        )]
        let chosen = (evaluator.environment.random.number() * (last + 1) as f64) as usize;
        items.swap(last, chosen.min(last));
    }
    Ok(Some(Item::array(items)))
}

/// The elements of an array, each once; what is not an array stays as it is.
pub(super) fn distinct(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(items) = arguments.elements(0, evaluator)?.filter(|items| items.len() > 1) else {
        return Ok(arguments.take(0));
    };
    let is_sequence = arguments.item(0).and_then(Item::as_array).is_some_and(ArrayRef::is_sequence);
    evaluator.bounds.charge_items(items.len())?;
    let mut texts = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let mut others: Vec<Item> = Vec::new();
    let mut kept = Vec::new();
    for item in items {
        evaluator.bounds.read_text(item.as_str().map_or(0, str::len))?;
        let is_new = match (item.as_text(), item.as_f64()) {
            (Some(text), _) => texts.insert(text.clone()),
            (None, Some(number)) => numbers.insert((number + 0.0).to_bits()),
            (None, None) => {
                let mut is_new = true;
                for other in &others {
                    if evaluator.deep_equals(&item, other)? {
                        is_new = false;
                        break;
                    }
                }
                if is_new {
                    others.push(item.clone());
                }
                is_new
            }
        };
        if is_new {
            kept.push(item);
        }
    }
    Ok(Some(if is_sequence { Item::sequence(kept) } else { Item::array(kept) }))
}

/// Arrays of the first elements, of the second, and so on, as far as the shortest goes.
pub(super) fn zip(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let arrays: Vec<Option<ArrayRef<'_>>> =
        (0..arguments.0.len()).map(|position| arguments.item(position).and_then(Item::as_array)).collect();
    let length = arrays.iter().map(|array| array.map_or(0, ArrayRef::len)).min().unwrap_or(0);
    evaluator.bounds.charge_items(length.saturating_mul(arrays.len() + 1))?;
    let rows =
        (0..length).map(|index| Item::array(arrays.iter().flatten().filter_map(|array| array.get(index)).collect()));
    Ok(Some(Item::array(rows.collect())))
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn arrays_are_joined_turned_and_zipped() {
        check("$append(1, [2, 3])", "[1,2,3]");
        check("$append(nothing, 1)", "1");
        check("$reverse([1, 2, 3])", "[3,2,1]");
        check("$zip([1, 2], ['a', 'b', 'c'])", r#"[[1,"a"],[2,"b"]]"#);
        check("$zip([1], nothing)", "[]");
        check("$sort($shuffle([3, 1, 2]))", "[1,2,3]");
    }

    #[test]
    fn what_equals_in_depth_is_not_distinct() {
        check("$distinct([1, '1', 1.0, {'a': [1]}, {'a': [1]}, null, null])", r#"[1,"1",{"a":[1]},null]"#);
        check("$distinct('a')", r#""a""#);
        check("$distinct([0, -0])", "[0]");
    }
}
