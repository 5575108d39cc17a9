//! `$now`, `$millis`, `$fromMillis`, `$toMillis`.

use super::Arguments;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::Item;
use crate::jsonata::picture;

pub(super) fn now(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of all calendar years fit a double exactly")]
    let now = evaluator.environment.now_millis as f64;
    Ok(Some(picture::from_millis(now, arguments.text(0).as_deref(), arguments.text(1).as_deref())?.into()))
}

pub(super) fn millis(evaluator: &mut Evaluator<'_>, _arguments: &mut Arguments) -> Evaluated {
    Ok(Some(Item::Value(evaluator.environment.now_millis.into())))
}

pub(super) fn from_millis(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(millis) = arguments.number(0) else { return Ok(None) };
    let (picture, timezone) = (arguments.text(1), arguments.text(2));
    evaluator.bounds.spend(picture.as_ref().map_or(0, |picture| picture.len()) as u64)?;
    let text = picture::from_millis(millis, picture.as_deref(), timezone.as_deref())?;
    evaluator.bounds.charge_text(text.len())?;
    Ok(Some(text.into()))
}

pub(super) fn to_millis(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let picture = arguments.text(1);
    evaluator.bounds.spend((text.len() / 4 + picture.as_ref().map_or(0, |picture| picture.len())) as u64)?;
    let millis = picture::to_millis(&text, picture.as_deref(), evaluator.environment.now_millis)?;
    Ok(millis.map(Item::from))
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn times_are_those_of_the_environment() {
        check("$millis()", "0");
        check("$now()", r#""1970-01-01T00:00:00.000Z""#);
        check("$now('[Y]-[M01]', '-0100')", r#""1969-12""#);
    }

    #[test]
    fn times_to_text_and_back() {
        check("$fromMillis(1510067557121)", r#""2017-11-07T15:12:37.121Z""#);
        check("$toMillis('2017-11-07T15:12:37.121Z')", "1510067557121");
        check("$toMillis('nonsense')", "D3110");
    }
}
