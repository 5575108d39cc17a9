//! Names and ARNs as AWS forms them.

use std::sync::Arc;

use crate::error::Error;

/// Where an engine pretends to be: the region and account of its ARNs.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) region: Arc<str>,
    pub(crate) account: Arc<str>,
}

impl Names {
    pub(super) fn state_machine_arn(&self, name: &str) -> Arc<str> {
        format!("arn:aws:states:{}:{}:stateMachine:{name}", self.region, self.account).into()
    }

    pub(super) fn activity_arn(&self, name: &str) -> Arc<str> {
        format!("arn:aws:states:{}:{}:activity:{name}", self.region, self.account).into()
    }

    pub(crate) fn execution_arn(&self, state_machine_name: &str, name: &str) -> Arc<str> {
        format!("arn:aws:states:{}:{}:execution:{state_machine_name}:{name}", self.region, self.account).into()
    }

    pub(crate) fn express_arn(&self, state_machine_name: &str, name: &str, run: &str) -> Arc<str> {
        format!("arn:aws:states:{}:{}:express:{state_machine_name}:{name}:{run}", self.region, self.account).into()
    }

    pub(crate) fn role_arn(&self, state_machine_name: &str) -> Arc<str> {
        format!("arn:aws:iam::{}:role/{state_machine_name}", self.account).into()
    }
}

/// Refuses what AWS does not allow as the name of a machine or an execution.
///
/// See [CreateStateMachine](https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html).
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    const SPECIAL: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";
    let allowed =
        |character: char| !character.is_whitespace() && !character.is_control() && !SPECIAL.contains(character);
    if (1..=80).contains(&name.chars().count()) && name.chars().all(allowed) {
        Ok(())
    } else {
        Err(Error::InvalidName(name.into()))
    }
}

/// A name for an execution that was given none: a version 4 UUID.
pub(super) fn random_name(random: &mut fastrand::Rng) -> String {
    uuid(random.u128(..))
}

/// A version 4 UUID of these bits, but for those that say so.
pub(crate) fn uuid(bits: u128) -> String {
    let bits = bits & !(0xf << 76 | 0x3 << 62) | (0x4 << 76 | 0x2 << 62);
    let digits = format!("{bits:032x}");
    let mut rest = digits.as_str();
    let mut groups = [8, 4, 4, 4, 12].map(|length| {
        let (group, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = after;
        group
    });
    groups.as_mut_slice().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_as_aws_does() {
        for name in ["a", "order-7_B.c", "überweisung", &"x".repeat(80)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "a b", "a/b", "a:b", "a*", "a\u{7f}", "a\"", "a`", &"x".repeat(81)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn random_names_are_version_4_uuids() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..100 {
            let name = random_name(&mut random);
            let groups: Vec<_> = name.split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12], "{name}");
            assert_eq!(name.chars().nth(14), Some('4'), "{name}");
            assert!(name.chars().nth(19).is_some_and(|digit| "89ab".contains(digit)), "{name}");
        }
    }
}
