//! What the SDK's errors are to the handlers.

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use crate::artifact::StoreError;
use crate::cloudformation::{ApiError, ErrorCode};
use crate::trigger::PipelineError;

/// The code of errors that lie with the caller, before AWS has seen the request.
const CLIENT: &str = "SdkClientException";

/// In the codes of errors whose messages quote the signed request, and with it the session token.
const QUOTING: &str = "Signature";

/// The service's own code and message; of an error before or without an answer only its kind.
///
/// Whether a call was carried out that got no answer is not known: `ServiceUnavailable`, which the machines retry,
/// with the same client token.
pub(super) fn code_and_message<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> (ErrorCode, String) {
    if let SdkError::ServiceError(service) = error {
        // Such as a gateway's page in place of the service's answer.
        let Some(code) = service.err().code() else {
            return (ErrorCode::ServiceUnavailable, "the answer could not be read".to_owned());
        };
        let message = match service.err().message() {
            Some(_) if code.contains(QUOTING) => "the signature is refused: look at the credentials and the clock",
            Some(message) => message,
            None => "the service gave no reason",
        };
        return (ErrorCode::of_wire(code), message.to_owned());
    }
    let client = || ErrorCode::Other(CLIENT.to_owned());
    let (code, message) = match error {
        SdkError::ConstructionFailure(_) => (client(), "the request could not be made"),
        SdkError::TimeoutError(_) => (ErrorCode::ServiceUnavailable, "there was no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            (ErrorCode::ServiceUnavailable, "there was no connection in time")
        }
        // A connection that is closed before the answer is of the other kind, but has a kind of error beside it.
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.as_other().is_some() => {
            (ErrorCode::ServiceUnavailable, "the service could not be reached")
        }
        SdkError::DispatchFailure(_) => {
            (client(), "the request was not sent: look at credentials, region and endpoint")
        }
        SdkError::ResponseError(_) => (ErrorCode::ServiceUnavailable, "the answer could not be read"),
        _ => (client(), "the call did not succeed"),
    };
    (code, message.to_owned())
}

/// An answer that is not what the API promises.
pub(super) fn unusable(operation: &str, what: &str) -> ApiError {
    ApiError::new(ErrorCode::Other(CLIENT.to_owned()), format!("the answer to {operation} {what}"))
}

impl<E: ProvideErrorMetadata, R> From<SdkError<E, R>> for ApiError {
    fn from(error: SdkError<E, R>) -> Self {
        let (code, message) = code_and_message(&error);
        Self::new(code, message)
    }
}

impl<E: ProvideErrorMetadata, R> From<SdkError<E, R>> for PipelineError {
    fn from(error: SdkError<E, R>) -> Self {
        let (code, message) = code_and_message(&error);
        Self::new(code.as_str(), message)
    }
}

impl<E: ProvideErrorMetadata, R> From<SdkError<E, R>> for StoreError {
    fn from(error: SdkError<E, R>) -> Self {
        let (code, message) = code_and_message(&error);
        Self::new(code.as_str(), message)
    }
}
