//! Where AWS and the published specification differ.
//!
//! Every difference is one row of the table at [`Compatibility`] and one method here; nothing else asks which is followed.

use serde::{Deserialize, Serialize};

use crate::failure::{ErrorName, Failure};

/// Whose behaviour to follow where AWS and the published specification differ; AWS's by default.
///
/// | what happens | [`Aws`](Self::Aws) | [`Specification`](Self::Specification) |
/// |---|---|---|
/// | a Choice has no match and no `Default` | `States.Runtime` | `States.NoChoiceMatched` |
/// | a path in a payload template finds nothing | `States.Runtime` | `States.ParameterPathFailure` |
/// | an intrinsic function refuses its arguments | `States.Runtime` | `States.IntrinsicFailure` |
/// | a Task's heartbeat stays out | recorded as `States.Timeout` | `States.HeartbeatTimeout` |
/// | a Task without `TimeoutSeconds` stays silent | times out after 99,999,999 seconds | after 60 seconds |
/// | a Parallel's branch fails | the branch's own error | `States.BranchFailed` |
///
/// AWS itself has changed, too:
///
/// | what happens | [`Aws`](Self::Aws) | [`EarlierAws`](Self::EarlierAws) |
/// |---|---|---|
/// | `MapStateExited` of a Distributed Map | follows `MapRunStarted` | follows `MapRunSucceeded` |
///
/// In everything else `EarlierAws` is as `Aws`, and in this row `Specification`, which knows no histories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compatibility {
    /// What AWS Step Functions does.
    #[default]
    Aws,
    /// What AWS Step Functions did until it got variables and JSONata, on 22 November 2024.
    ///
    /// It is for histories that were recorded before.
    EarlierAws,
    /// What <https://states-language.net/spec.html> says.
    Specification,
}

impl Compatibility {
    /// A failure of the interpreter, which has the specification's name.
    pub(crate) fn interpreter_failure(self, failure: Failure) -> Failure {
        const RUNTIME_ON_AWS: [&str; 3] =
            [ErrorName::NO_CHOICE_MATCHED, ErrorName::PARAMETER_PATH_FAILURE, ErrorName::INTRINSIC_FAILURE];
        match self {
            Self::Aws | Self::EarlierAws if RUNTIME_ON_AWS.iter().any(|name| failure.is(name)) => {
                failure.renamed(ErrorName::RUNTIME)
            }
            Self::Aws | Self::EarlierAws | Self::Specification => failure,
        }
    }

    /// The failure of a Task whose heartbeat stays out; `States.HeartbeatTimeout` matches it in either case.
    pub(crate) fn heartbeat_timeout(self) -> Failure {
        match self {
            Self::Aws | Self::EarlierAws => Failure::heartbeat_timeout(),
            Self::Specification => Failure::named(ErrorName::HEARTBEAT_TIMEOUT),
        }
    }

    /// The `TimeoutSeconds` of a Task that has none.
    pub(crate) fn default_timeout_seconds(self) -> u64 {
        match self {
            Self::Aws | Self::EarlierAws => 99_999_999,
            Self::Specification => 60,
        }
    }

    /// The failure of a Parallel one of whose branches failed.
    pub(crate) fn branch_failed(self, failure: Failure) -> Failure {
        match self {
            Self::Aws | Self::EarlierAws => failure,
            Self::Specification => failure.renamed(ErrorName::BRANCH_FAILED),
        }
    }

    /// Whether what follows a Distributed Map follows the event that its Map Run succeeded.
    pub(crate) fn map_run_success_is_followed(self) -> bool {
        match self {
            Self::Aws | Self::Specification => false,
            Self::EarlierAws => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_the_table_differs() {
        let (aws, specification) = (Compatibility::Aws, Compatibility::Specification);
        for name in [ErrorName::NO_CHOICE_MATCHED, ErrorName::PARAMETER_PATH_FAILURE, ErrorName::INTRINSIC_FAILURE] {
            let failure = Failure::new(name, "as the specification has it");
            assert!(aws.interpreter_failure(failure.clone()).is(ErrorName::RUNTIME));
            assert_eq!(specification.interpreter_failure(failure.clone()), failure);
        }
        assert_ne!(aws.heartbeat_timeout(), specification.heartbeat_timeout());
        assert_ne!(aws.default_timeout_seconds(), specification.default_timeout_seconds());
        let failure = || Failure::new("Refused", "by the branch");
        assert_ne!(aws.branch_failed(failure()), specification.branch_failed(failure()));
    }

    #[test]
    fn earlier_aws_is_as_aws_but_for_what_it_changed() {
        let (aws, earlier) = (Compatibility::Aws, Compatibility::EarlierAws);
        assert_ne!(aws.map_run_success_is_followed(), earlier.map_run_success_is_followed());
        assert_eq!(aws.heartbeat_timeout(), earlier.heartbeat_timeout());
        assert_eq!(aws.default_timeout_seconds(), earlier.default_timeout_seconds());
        let failure = || Failure::new(ErrorName::NO_CHOICE_MATCHED, "none");
        assert_eq!(aws.interpreter_failure(failure()), earlier.interpreter_failure(failure()));
        assert_eq!(aws.branch_failed(failure()), earlier.branch_failed(failure()));
    }

    #[test]
    fn other_failures_keep_their_name() {
        let failure = Failure::new(ErrorName::RESULT_PATH_MATCH_FAILURE, "no");
        assert_eq!(Compatibility::Aws.interpreter_failure(failure.clone()), failure);
    }
}
