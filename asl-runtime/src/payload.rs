//! Payloads that come from outside, refused when they are too long.

use asl_core::Value;
use asl_core::execution::Limits;

use crate::error::Error;

/// Refuses a payload whose text is longer than the limits allow, in the words of AWS's APIs; `member` is its name there.
pub(crate) fn check(member: &str, payload: &Value, limits: &Limits) -> Result<(), Error> {
    let longest = limits.payload_bytes;
    if payload.text_size() <= longest {
        return Ok(());
    }
    let reason = format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: \
         Member must have length less than or equal to {longest}"
    );
    Err(Error::Validation(reason.into()))
}
