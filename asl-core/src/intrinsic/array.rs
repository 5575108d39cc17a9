//! Functions of arrays and objects.

use super::arguments::Arguments;
use super::java_set;
use crate::expression::java_text;
use crate::value::Value;

/// The longest array that `States.ArrayRange` makes.
const MAX_RANGE: i64 = 1_000;

/// `States.ArrayPartition(array, size)`: the array in chunks.
pub(super) fn array_partition(arguments: &Arguments<'_>) -> Result<Value, String> {
    let array = arguments.array(0)?;
    match usize::try_from(arguments.integer(1)?) {
        Ok(size @ 1..) => Ok(array.chunks(size).map(|chunk| Value::from(chunk.to_vec())).collect()),
        _ => Err(arguments.invalid()),
    }
}

/// `States.ArrayContains(array, value)`; AWS compares what Java prints, so `1` is found in `["1"]`.
pub(super) fn array_contains(arguments: &Arguments<'_>) -> Result<Value, String> {
    let array = arguments.array(0)?;
    let wanted = java_text(arguments.value(1)?);
    Ok(array.iter().any(|element| java_text(element) == wanted).into())
}

/// `States.ArrayRange(first, last, step)`, both ends included.
pub(super) fn array_range(arguments: &Arguments<'_>) -> Result<Value, String> {
    let first = i64::from(arguments.integer(0)?);
    let last = i64::from(arguments.integer(1)?);
    let step = i64::from(arguments.integer(2)?);
    let steps = (last - first).checked_div(step).ok_or_else(|| arguments.invalid())?;
    let leads_there = (last - first).signum() * step.signum() >= 0;
    if !leads_there {
        return Ok(Vec::new().into());
    }
    if steps >= MAX_RANGE {
        return Err(arguments.invalid());
    }
    Ok((0..=steps).map(|count| Value::from(first + count * step)).collect())
}

/// `States.ArrayGetItem(array, index)`; of an empty array AWS gives `null`, whatever the index.
pub(super) fn array_get_item(arguments: &Arguments<'_>) -> Result<Value, String> {
    let array = arguments.array(0)?;
    let index = usize::try_from(arguments.integer(1)?).map_err(|_| arguments.invalid())?;
    if array.is_empty() {
        return Ok(Value::Null);
    }
    array.get(index).cloned().ok_or_else(|| arguments.invalid())
}

/// `States.ArrayUnique(array)`, in the order of Java's hash set.
pub(super) fn array_unique(arguments: &Arguments<'_>) -> Result<Value, String> {
    arguments.array(0).map(|array| java_set::unique(array).into())
}

/// `States.JsonMerge(first, second, false)`: the members of both, the second's before the first's.
pub(super) fn json_merge(arguments: &Arguments<'_>) -> Result<Value, String> {
    let (first, second) = (arguments.object(0)?, arguments.object(1)?);
    if arguments.value(2)? == &Value::Bool(true) {
        return Err(arguments.invalid_because("deep merge is not supported, the third argument must be false"));
    }
    Ok(Value::Object(first.iter().chain(second).map(|(key, value)| (key.clone(), value.clone())).collect()))
}
