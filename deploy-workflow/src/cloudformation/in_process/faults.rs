//! Failures that a person or a test asks for.

use super::Operation;
use crate::cloudformation::error::{ApiError, ErrorCode};

/// Something that is to go wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Refuse { operation: Operation, error: ApiError, calls: Option<u32> },
    LoseResponse { operation: Operation, calls: u32 },
    FailResource { logical_id: String, reason: String },
    HangResource { logical_id: String },
}

impl Fault {
    /// The next `calls` calls of `operation` are throttled.
    pub fn throttle(operation: Operation, calls: u32) -> Self {
        Self::refuse(operation, ApiError::new(ErrorCode::Throttling, "Rate exceeded"), calls)
    }

    /// The caller may not call `operation`, ever.
    pub fn deny(operation: Operation) -> Self {
        let message = format!(
            "User: arn:aws:sts::111122223333:assumed-role/deploy/session is not authorized to perform: \
             cloudformation:{operation}"
        );
        Self(Kind::Refuse { operation, error: ApiError::new(ErrorCode::AccessDenied, message), calls: None })
    }

    /// The next `calls` calls of `operation` are refused with `error`.
    pub fn refuse(operation: Operation, error: ApiError, calls: u32) -> Self {
        Self(Kind::Refuse { operation, error, calls: Some(calls) })
    }

    /// The next `calls` calls of `operation` do their work, but the caller gets `ServiceUnavailable`.
    pub fn lose_response(operation: Operation, calls: u32) -> Self {
        Self(Kind::LoseResponse { operation, calls })
    }

    /// The resource cannot be created or changed.
    pub fn fail_resource(logical_id: impl Into<String>, reason: impl Into<String>) -> Self {
        Self(Kind::FailResource { logical_id: logical_id.into(), reason: reason.into() })
    }

    /// Creating or changing the resource never comes to an end.
    pub fn hang_resource(logical_id: impl Into<String>) -> Self {
        Self(Kind::HangResource { logical_id: logical_id.into() })
    }
}

/// What is to become of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ResourceFault {
    Fail(String),
    Hang,
}

/// The failures that are still to come.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The error that a call of `operation` gets instead of being carried out.
    pub(super) fn refusal(&mut self, operation: Operation) -> Option<ApiError> {
        self.0.iter_mut().find_map(|Fault(kind)| match kind {
            Kind::Refuse { operation: refused, error, calls } if *refused == operation => {
                match calls {
                    Some(0) => return None,
                    Some(calls) => *calls -= 1,
                    None => {}
                }
                Some(error.clone())
            }
            _ => None,
        })
    }

    /// Whether the answer of a call of `operation`, which was carried out, gets lost.
    pub(super) fn loses_response(&mut self, operation: Operation) -> bool {
        self.0.iter_mut().any(|Fault(kind)| match kind {
            Kind::LoseResponse { operation: lost, calls } if *lost == operation && *calls > 0 => {
                *calls -= 1;
                true
            }
            _ => false,
        })
    }

    pub(super) fn of_resource(&self, logical_id: &str) -> Option<ResourceFault> {
        self.0.iter().find_map(|Fault(kind)| match kind {
            Kind::FailResource { logical_id: failing, reason } if failing == logical_id => {
                Some(ResourceFault::Fail(reason.clone()))
            }
            Kind::HangResource { logical_id: hanging } if hanging == logical_id => Some(ResourceFault::Hang),
            _ => None,
        })
    }
}
