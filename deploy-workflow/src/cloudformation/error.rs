//! The errors that CloudFormation answers with.

use std::fmt;

/// An error answer: a code for programs and a message for people, both as on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    code: ErrorCode,
    message: String,
}

impl ApiError {
    /// An error with a code and a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A `ValidationError`.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ValidationError, message)
    }

    /// The code.
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether this says that the stack asked for does not exist.
    ///
    /// The API has no code of its own for that: it is the one `ValidationError` that begins and ends so.
    /// Every other error says nothing about the stack.
    pub fn says_stack_does_not_exist(&self) -> bool {
        self.code == ErrorCode::ValidationError
            && self.message.starts_with("Stack ")
            && self.message.ends_with(" does not exist")
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

/// What kind of error it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The caller may not do this.
    AccessDenied,
    /// There is a stack or a change set of this name already.
    AlreadyExists,
    /// There is no such change set.
    ChangeSetNotFound,
    /// The template needs capabilities that were not acknowledged.
    InsufficientCapabilities,
    /// CloudFormation itself failed.
    InternalFailure,
    /// The change set's status does not allow this.
    InvalidChangeSetStatus,
    /// A quota is used up.
    LimitExceeded,
    /// CloudFormation cannot be reached for now.
    ServiceUnavailable,
    /// Too many calls; the same call may succeed later.
    Throttling,
    /// The client token was used before, for another request.
    TokenAlreadyExists,
    /// Anything wrong with the request, a missing stack included.
    ValidationError,
    /// Any other code.
    Other(String),
}

impl ErrorCode {
    /// The code of an answer on the wire.
    ///
    /// AWS's services and protocols spell the same thing in several ways, which become one here:
    /// it is the one that the machines retry by.
    pub fn of_wire(code: &str) -> Self {
        match code {
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Self::AccessDenied,
            "AlreadyExistsException" => Self::AlreadyExists,
            "ChangeSetNotFound" | "ChangeSetNotFoundException" => Self::ChangeSetNotFound,
            "InsufficientCapabilitiesException" => Self::InsufficientCapabilities,
            "InternalFailure" | "InternalError" | "InternalServerError" => Self::InternalFailure,
            "InvalidChangeSetStatus" | "InvalidChangeSetStatusException" => Self::InvalidChangeSetStatus,
            "LimitExceededException" => Self::LimitExceeded,
            "ServiceUnavailable" | "ServiceUnavailableException" | "RequestTimeout" | "RequestTimeoutException" => {
                Self::ServiceUnavailable
            }
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "SlowDown"
            | "BandwidthLimitExceeded" => Self::Throttling,
            "TokenAlreadyExistsException" => Self::TokenAlreadyExists,
            "ValidationError" => Self::ValidationError,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The code as on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::AlreadyExists => "AlreadyExistsException",
            Self::ChangeSetNotFound => "ChangeSetNotFound",
            Self::InsufficientCapabilities => "InsufficientCapabilitiesException",
            Self::InternalFailure => "InternalFailure",
            Self::InvalidChangeSetStatus => "InvalidChangeSetStatus",
            Self::LimitExceeded => "LimitExceededException",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::Throttling => "Throttling",
            Self::TokenAlreadyExists => "TokenAlreadyExistsException",
            Self::ValidationError => "ValidationError",
            Self::Other(code) => code,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_validation_error_means_that_the_stack_does_not_exist() {
        let missing = ApiError::validation("Stack with id prod-app does not exist");
        assert!(missing.says_stack_does_not_exist());
        for error in [
            ApiError::validation("Stack name must not be empty"),
            ApiError::validation("Role arn:aws:iam::111122223333:role/deploy does not exist"),
            ApiError::new(ErrorCode::Throttling, "Rate exceeded"),
            ApiError::new(ErrorCode::AccessDenied, "the role does not exist"),
            ApiError::new(ErrorCode::ChangeSetNotFound, "ChangeSet [x] does not exist"),
        ] {
            assert!(!error.says_stack_does_not_exist(), "{error}");
        }
    }

    #[test]
    fn every_spelling_of_a_code_is_the_one_that_machines_know() {
        let check = |codes: &[&str], expected: &str| {
            for code in codes {
                assert_eq!(ErrorCode::of_wire(code).as_str(), expected, "{code}");
                assert_eq!(ErrorCode::of_wire(expected).as_str(), expected);
            }
        };
        check(&["ThrottlingException", "RequestLimitExceeded", "SlowDown"], "Throttling");
        check(&["AccessDeniedException", "UnauthorizedOperation"], "AccessDenied");
        check(&["InternalError"], "InternalFailure");
        check(&["RequestTimeout"], "ServiceUnavailable");
        check(&["ChangeSetNotFoundException"], "ChangeSetNotFound");
        check(&["ExpiredToken"], "ExpiredToken");
    }
}
