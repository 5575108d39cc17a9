//! `$now`, `$millis`, `$fromMillis`, `$toMillis`.

use super::Arguments;
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::Item;

pub(super) fn now(_evaluator: &mut Evaluator<'_>, _arguments: Arguments) -> Evaluated {
    Err(Fault::new("D3110"))
}

pub(super) fn millis(evaluator: &mut Evaluator<'_>, _arguments: Arguments) -> Evaluated {
    Ok(Some(Item::Value(evaluator.environment.now_millis.into())))
}

pub(super) fn from_millis(_evaluator: &mut Evaluator<'_>, _arguments: Arguments) -> Evaluated {
    Err(Fault::new("D3110"))
}

pub(super) fn to_millis(_evaluator: &mut Evaluator<'_>, _arguments: Arguments) -> Evaluated {
    Err(Fault::new("D3110"))
}
