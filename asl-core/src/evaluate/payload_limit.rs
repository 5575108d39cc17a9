//! The limits of a payload's size and depth.

use crate::execution::Limits;
use crate::failure::{ErrorName, Failure};
use crate::value::Value;

/// Refuses what is too large or too deep to be a state's input, output or result.
///
/// `subject` is what the message names: the resource or service of a Task, or the state.
pub(crate) fn check_payload(payload: &Value, subject: &str, limits: &Limits) -> Result<(), Failure> {
    if !payload.exceeds(limits.payload_bytes, limits.payload_depth) {
        return Ok(());
    }
    Err(payload_limit_exceeded(subject))
}

/// The failure of a payload that is too large or too deep.
pub(crate) fn payload_limit_exceeded(subject: &str) -> Failure {
    Failure::new(
        ErrorName::DATA_LIMIT_EXCEEDED,
        format!(
            "The state/task '{subject}' returned a result with a size exceeding the maximum number of bytes service limit."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_depth_are_bounded() {
        let mut limits = Limits::default();
        (limits.payload_bytes, limits.payload_depth) = (9, 2);
        for (payload, fits) in [("[1,2,3,4]", true), ("[1,2,3,4,5]", false), ("[[1]]", true), ("[[[1]]]", false)] {
            let payload: Value = payload.parse().unwrap();
            assert_eq!(check_payload(&payload, "Ship", &limits).is_ok(), fits, "{payload}");
        }
    }
}
