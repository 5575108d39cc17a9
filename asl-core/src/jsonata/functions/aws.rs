//! The functions that AWS Step Functions adds.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-step-functions>

use sha1::Digest as _;

use super::{Arguments, quote};
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::Item;
use crate::value::Value;

/// The elements of an array in arrays of a size.
pub(super) fn partition(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(items), Some(size)) = (arguments.elements(0, evaluator)?, arguments.number(1)) else { return Ok(None) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not below 1; too large saturates")]
    let size = if size >= 1.0 {
        size as usize
    } else {
        return Err(refused("the size of a partition must be a positive number"));
    };
    evaluator.bounds.charge_items(items.len() * 2)?;
    Ok(Some(Item::array(items.chunks(size).map(|chunk| Item::array(chunk.to_vec())).collect())))
}

/// The numbers from one to another, that included if the step lands on it.
pub(super) fn range(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(first), Some(last), Some(step)) = (arguments.number(0), arguments.number(1), arguments.number(2)) else {
        return Ok(None);
    };
    let (first, last, step) = (first.trunc(), last.trunc(), step.trunc());
    if step == 0.0 || !(first.is_finite() && last.is_finite() && step.is_finite()) {
        return Err(refused("the step of a range must be a number other than 0"));
    }
    let count = ((last - first) / step).floor() + 1.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; too large saturates")]
    let count = count.max(0.0) as usize;
    evaluator.bounds.charge_items(count)?;
    #[expect(clippy::cast_precision_loss, reason = "sequences are far shorter than 2⁵³")]
    let numbers = (0..count).map(|index| Item::from(first + step * index as f64));
    Ok(Some(Item::array(numbers.collect())))
}

/// The digest of a text, in hexadecimal.
pub(super) fn hash(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(text), Some(algorithm)) = (arguments.text(0), arguments.text(1)) else { return Ok(None) };
    evaluator.bounds.spend(text.len() as u64 / 4)?;
    let digest = match &*algorithm {
        "MD5" => md5::Md5::digest(text.as_bytes()).to_vec(),
        "SHA-1" => sha1::Sha1::digest(text.as_bytes()).to_vec(),
        "SHA-256" => sha2::Sha256::digest(text.as_bytes()).to_vec(),
        "SHA-384" => sha2::Sha384::digest(text.as_bytes()).to_vec(),
        "SHA-512" => sha2::Sha512::digest(text.as_bytes()).to_vec(),
        _ => return Err(refused(&format!("unknown hash algorithm {}", quote(&Item::from(algorithm))))),
    };
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Ok(Some(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect::<String>().into()))
}

/// A random number; with a seed the first that `java.util.Random` gives for it.
pub(super) fn random(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let number = match arguments.number(0) {
        #[expect(clippy::cast_possible_truncation, reason = "saturates as Java's conversion does")]
        Some(seed) => first_java_random(seed as i64),
        None => evaluator.environment.random.number(),
    };
    Ok(Some(number.into()))
}

/// `new java.util.Random(seed).nextDouble()`
fn first_java_random(seed: i64) -> f64 {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;
    let mut state = (seed.cast_unsigned() ^ MULTIPLIER) & MASK;
    let mut next = |bits: u32| {
        state = state.wrapping_mul(MULTIPLIER).wrapping_add(0xB) & MASK;
        state >> (48 - bits)
    };
    let (high, low) = (next(26), next(27));
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    let number = ((high << 27) + low) as f64 / (1_u64 << 53) as f64;
    number
}

pub(super) fn uuid(evaluator: &mut Evaluator<'_>, _arguments: &mut Arguments) -> Evaluated {
    Ok(Some(evaluator.environment.random.uuid().into()))
}

/// The value of a JSON text.
pub(super) fn parse(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    evaluator.bounds.charge_text(text.len().saturating_mul(8))?;
    let value: Value = text.parse().map_err(|invalid: crate::value::InvalidJson| refused(&invalid.to_string()))?;
    Ok(Some(Item::Value(value)))
}

fn refused(message: &str) -> Fault {
    Fault::new("D3137").with("message", message)
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check_aws as check;

    #[test]
    fn arrays_in_parts_and_ranges() {
        check("$partition([1..5], 2)", "[[1,2],[3,4],[5]]");
        check("$partition([1], -1)", "D3137");
        check("$range(0, 6, 3)", "[0,3,6]");
        check("$range(5, 1.9, -2)", "[5,3,1]");
        check("$range(0, 5, 0)", "D3137");
        check("$range(1, 2000, 1)[-1]", "2000");
    }

    #[test]
    fn digests_and_seeds_are_those_of_java() {
        check(r#"$hash("input", "SHA-1")"#, r#""140f86aae51ab9e1cda9b4254fe98a74eb54c1a1""#);
        check("$random(42)", "0.7275636800328681");
        check("$random(0)", "0.730967787376657");
        check("$random()", "0");
        check("$uuid()", r#""00000000-0000-4000-8000-000000000000""#);
    }

    #[test]
    fn parsing_json() {
        check(r#"$parse('{"a":[1,2.5]}').a"#, "[1,2.5]");
        check(r#"$parse("{")"#, "D3137");
        check("1/0", r#""Infinity""#);
        check("$eval('1')", "T1006");
    }
}
