//! The names of stacks and change sets that an execution makes.
//!
//! They depend on the execution alone: a retried Task finds what its first attempt made,
//! and no other execution can take the name of this one's change set.

use asl_core::Failure;
use sha2::{Digest as _, Sha256};

use crate::handlers::INVALID_INPUT;

/// The longest name of a stack or a change set, in characters.
const MAX_NAME: usize = 128;

/// The full name of a stack, `environmentName-stackName`.
///
/// # Errors
///
/// `InvalidInput` when CloudFormation would refuse the name.
pub(crate) fn full_stack_name(environment_name: &str, stack_name: &str) -> Result<String, Failure> {
    let name = format!("{environment_name}-{stack_name}");
    let is_valid = name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_valid {
        return Ok(name);
    }
    Err(Failure::new(
        INVALID_INPUT,
        format!(
            "`{name}`, made of environmentName and stackName, is no name for a stack: \
             it must begin with a letter, have letters, digits and hyphens only, and at most {MAX_NAME} of them"
        ),
    ))
}

/// The name of the change set that the execution of this ARN makes for a stack.
pub(crate) fn change_set_name(full_stack_name: &str, execution_arn: &str) -> String {
    let stack: String = full_stack_name.chars().take(100).collect();
    format!("{stack}-change-set-{:016x}", fingerprint(execution_arn))
}

/// The name, without the environment, of the stack that is to take over from `stack_name`.
pub(crate) fn new_stack_name(environment_name: &str, stack_name: &str, execution_arn: &str) -> String {
    let suffix = format!("-{:08x}", fingerprint(execution_arn) >> 32);
    let room = MAX_NAME.saturating_sub(environment_name.len() + "-".len() + suffix.len());
    let base: String = stack_name.chars().take(room).collect();
    format!("{base}{suffix}")
}

/// A client token for one request of the execution of this ARN, the same for every attempt.
pub(crate) fn client_token(execution_arn: &str, request: &str) -> String {
    format!("{request}-{:016x}", fingerprint(execution_arn))
}

/// The first eight bytes of the text's SHA-256.
fn fingerprint(text: &str) -> u64 {
    Sha256::digest(text).iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str =
        "a-very-long-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-x";

    #[test]
    fn names_fit_into_what_cloudformation_allows() {
        let full = full_stack_name("prod", LONG).unwrap();
        assert!(change_set_name(&full, "arn:1").len() <= MAX_NAME);
        let new = new_stack_name("production", &LONG.repeat(2), "arn:1");
        assert!(full_stack_name("production", &new).is_ok());
        for (environment, stack) in [("1prod", "app"), ("prod_1", "app"), ("", "app"), ("prod", &LONG.repeat(2))] {
            let failure = full_stack_name(environment, stack).unwrap_err();
            assert!(failure.is(INVALID_INPUT), "{environment} {stack}");
        }
    }

    #[test]
    fn names_differ_between_executions_and_not_between_attempts() {
        assert_eq!(change_set_name("prod-app", "arn:1"), change_set_name("prod-app", "arn:1"));
        assert_ne!(change_set_name("prod-app", "arn:1"), change_set_name("prod-app", "arn:2"));
        assert_ne!(new_stack_name("prod", "app", "arn:1"), new_stack_name("prod", "app", "arn:2"));
    }
}
