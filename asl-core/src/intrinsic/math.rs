//! Functions of numbers.

use super::arguments::{Arguments, rounded, truncated};
use super::java_random::JavaRandom;
use crate::random::Random;
use crate::value::Value;

/// `States.MathAdd(a, b)`: the sum of two numbers, each rounded first; all of 32 bits.
pub(super) fn math_add(arguments: &Arguments<'_>) -> Result<Value, String> {
    let operand = |position| rounded(arguments.number(position)?).ok_or_else(|| arguments.invalid());
    operand(0)?.checked_add(operand(1)?).map(Value::from).ok_or_else(|| arguments.invalid())
}

/// `States.MathRandom(start, end)` or `(start, end, seed)`: an integer from start (inclusive) to end (exclusive).
///
/// The same seed gives the same number.
pub(super) fn math_random(arguments: &Arguments<'_>, random: &Random) -> Result<Value, String> {
    let (start, end) = (i64::from(arguments.integer(0)?), i64::from(arguments.integer(1)?));
    let width = u64::try_from(end - start).map_err(|_| arguments.invalid())?;
    if width == 0 {
        return Err(arguments.invalid());
    }
    let Some(seed) = arguments.get(2) else {
        let offset = random.next_u64() % width;
        return Ok(start.saturating_add_unsigned(offset).into());
    };
    let seed = seed.as_number().ok_or_else(|| arguments.invalid())?;
    let seed = seed.as_i64().or_else(|| truncated(seed).map(i64::from)).ok_or_else(|| arguments.invalid())?;
    Ok(JavaRandom::seeded(seed).between(start, end).into())
}
