//! `$sum`, `$count`, `$max`, `$min`, `$average`.

use super::Arguments;
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::{ArrayRef, Item};

pub(super) fn sum(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let numbers = numbers(evaluator, arguments)?;
    Ok(numbers.map(|numbers| numbers.sum::<f64>().into()))
}

pub(super) fn count(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let length = arguments.item(0).and_then(Item::as_array).map_or(0, ArrayRef::len);
    Ok(Some(length.into()))
}

pub(super) fn max(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let numbers = numbers(evaluator, arguments)?;
    Ok(numbers.and_then(|numbers| numbers.reduce(f64::max)).map(Item::from))
}

pub(super) fn min(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let numbers = numbers(evaluator, arguments)?;
    Ok(numbers.and_then(|numbers| numbers.reduce(f64::min)).map(Item::from))
}

pub(super) fn average(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(numbers) = numbers(evaluator, arguments)? else { return Ok(None) };
    let numbers: Vec<f64> = numbers.collect();
    if numbers.is_empty() {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "sequences are far shorter than 2⁵³")]
    let count = numbers.len() as f64;
    Ok(Some((numbers.iter().sum::<f64>() / count).into()))
}

fn numbers(evaluator: &mut Evaluator<'_>, arguments: &Arguments) -> Result<Option<impl Iterator<Item = f64>>, Fault> {
    let Some(array) = arguments.item(0).and_then(Item::as_array) else { return Ok(None) };
    evaluator.bounds.spend(array.len() as u64 / 4)?;
    Ok(Some(array.numbers()))
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn aggregates_take_numbers_only() {
        check("[$sum([1, 2.5]), $max([1, 3, 2]), $min([2, 1]), $average([1, 2])]", "[3.5,3,1,1.5]");
        check("$sum('a')", "T0412");
    }

    #[test]
    fn aggregates_of_nothing() {
        check("[$sum([]), $count([]), $count(nothing)]", "[0,0,0]");
        check("$sum(nothing)", "undefined");
        check("$max([])", "undefined");
        check("$average([])", "undefined");
    }
}
