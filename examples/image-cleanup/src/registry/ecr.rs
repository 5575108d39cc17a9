//! Amazon ECR itself, through the AWS SDK.

use std::time::Duration;

use asl_core::Timestamp;
use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_ecr::Client;
use aws_sdk_ecr::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ecr::primitives::DateTime;
use aws_sdk_ecr::types::{
    DescribeImagesFilter, ImageDetail, ImageIdentifier, ImageStatus as EcrImageStatus, ImageStatusFilter,
    TargetStorageClass,
};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde::Deserialize;

use super::{ContainerRegistry, ImageFailure, ImagePage, ManifestList, RegistryError, SelectImages};
use crate::image::{Image, ImageStatus, MANIFEST_LISTS, digests as descriptors};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one attempt of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a call may take with all its attempts: less than the Tasks of the machine that make it.
const CALL_TIMEOUT: Duration = Duration::from_secs(50);
/// How often a call is attempted; the machine tries again later.
const ATTEMPTS: u32 = 3;
/// How many images a page has, the most that ECR gives.
const PAGE: i32 = 1000;

/// The repositories of an account and region in ECR.
#[derive(Debug, Clone)]
pub struct EcrRegistry {
    client: Client,
}

impl EcrRegistry {
    /// The registry that the environment names.
    ///
    /// Credentials come from the SDK's usual places (variables, profiles, web identity, containers, instances), the
    /// region likewise; `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_ECR` names another endpoint than AWS's.
    pub async fn from_env() -> Self {
        let http_client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(CALL_TIMEOUT)
            .build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .load()
            .await;
        Self { client: Client::new(&config) }
    }
}

#[async_trait]
impl ContainerRegistry for EcrRegistry {
    async fn get_lifecycle_policy(&self, repository_name: &str) -> Result<String, RegistryError> {
        let output = self.client.get_lifecycle_policy().repository_name(repository_name).send().await?;
        output.lifecycle_policy_text.ok_or_else(|| unusable("GetLifecyclePolicy", "has no lifecyclePolicyText"))
    }

    async fn describe_images(&self, repository_name: &str, select: SelectImages) -> Result<ImagePage, RegistryError> {
        let any = DescribeImagesFilter::builder().image_status(ImageStatusFilter::Any).build();
        let request = self.client.describe_images().repository_name(repository_name).filter(any);
        let request = match select {
            SelectImages::All => request.max_results(PAGE),
            SelectImages::After(token) => request.max_results(PAGE).next_token(token),
            SelectImages::Digest(digest) => request.image_ids(image_id(&digest)),
        };
        let output = request.send().await?;
        let images = output.image_details.unwrap_or_default().into_iter().map(image).collect::<Result<_, _>>()?;
        Ok(ImagePage { images, next_token: output.next_token })
    }

    async fn batch_get_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ManifestList>, RegistryError> {
        let request = self
            .client
            .batch_get_image()
            .repository_name(repository_name)
            .set_image_ids(Some(digests.iter().map(|digest| image_id(digest)).collect()))
            .set_accepted_media_types(Some(MANIFEST_LISTS.map(str::to_owned).to_vec()));
        let output = request.send().await?;
        let lists = output.images.unwrap_or_default().into_iter().map(|list| {
            let digest = list.image_id.and_then(|id| id.image_digest);
            let (Some(digest), Some(manifest)) = (digest, list.image_manifest) else {
                return Err(unusable("BatchGetImage", "has an image without digest or manifest"));
            };
            let index: Index = serde_json::from_str(&manifest)
                .map_err(|_| unusable("BatchGetImage", &format!("has a manifest that cannot be read, of {digest}")))?;
            Ok(ManifestList { digest, manifests: index.manifests })
        });
        lists.collect()
    }

    async fn batch_delete_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ImageFailure>, RegistryError> {
        let ids = digests.iter().map(|digest| image_id(digest)).collect();
        let request = self.client.batch_delete_image().repository_name(repository_name).set_image_ids(Some(ids));
        let failures = request.send().await?.failures.unwrap_or_default();
        Ok(failures
            .into_iter()
            .map(|failure| ImageFailure {
                digest: failure.image_id.and_then(|id| id.image_digest).unwrap_or_default(),
                failure_code: failure.failure_code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
                failure_reason: failure.failure_reason.unwrap_or_default(),
            })
            .collect())
    }

    async fn update_image_storage_class(&self, repository_name: &str, digest: &str) -> Result<(), RegistryError> {
        let request = self
            .client
            .update_image_storage_class()
            .repository_name(repository_name)
            .image_id(image_id(digest))
            .target_storage_class(TargetStorageClass::Archive);
        request.send().await?;
        Ok(())
    }
}

/// A manifest list, of which only the references matter.
#[derive(Deserialize)]
struct Index {
    #[serde(default, deserialize_with = "descriptors")]
    manifests: Vec<String>,
}

fn image_id(digest: &str) -> ImageIdentifier {
    ImageIdentifier::builder().image_digest(digest).build()
}

fn image(detail: ImageDetail) -> Result<Image, RegistryError> {
    let (Some(digest), Some(pushed_at)) = (detail.image_digest, detail.image_pushed_at) else {
        return Err(unusable("DescribeImages", "has an image without digest or time of its push"));
    };
    let status = match detail.image_status {
        None | Some(EcrImageStatus::Active) => ImageStatus::Active,
        Some(EcrImageStatus::Archived) => ImageStatus::Archived,
        // Whatever ECR may add is left alone, as an image that is being restored is.
        Some(_) => ImageStatus::Activating,
    };
    Ok(Image {
        tags: detail.image_tags.unwrap_or_default(),
        last_recorded_pull_time: detail.last_recorded_pull_time.map(timestamp),
        status,
        last_archived_at: detail.last_archived_at.map(timestamp),
        last_activated_at: detail.last_activated_at.map(timestamp),
        manifest_media_type: detail.image_manifest_media_type,
        subject_manifest_digest: detail.subject_manifest_digest,
        ..Image::new(digest, timestamp(pushed_at))
    })
}

fn timestamp(time: DateTime) -> Timestamp {
    let milliseconds = time.secs().saturating_mul(1000).saturating_add(i64::from(time.subsec_nanos() / 1_000_000));
    Timestamp::from_millis(milliseconds)
}

/// An answer that is not what the API promises.
fn unusable(operation: &str, what: &str) -> RegistryError {
    RegistryError::new(RegistryError::CLIENT, format!("the answer to {operation} {what}"))
}

/// In the codes of errors whose messages quote the signed request, and with it the session token.
const QUOTING: &str = "Signature";

/// The service's own code and message; of an error before or without an answer only its kind, since what lies under it
/// may name more than anybody should read in a history.
impl<E: ProvideErrorMetadata, R> From<SdkError<E, R>> for RegistryError {
    fn from(error: SdkError<E, R>) -> Self {
        if let SdkError::ServiceError(service) = &error {
            let code = service.err().code().unwrap_or("EcrException");
            let message = match service.err().message() {
                Some(_) if code.contains(QUOTING) => "the signature is refused: look at the credentials and the clock",
                Some(message) => message,
                None => "the service gave no reason",
            };
            return Self::new(code, message);
        }
        let kind = match &error {
            SdkError::ConstructionFailure(_) => "the request could not be made",
            SdkError::TimeoutError(_) => "there was no answer in time",
            SdkError::DispatchFailure(failure) if failure.is_timeout() => "there was no connection in time",
            SdkError::DispatchFailure(failure) if failure.is_io() => "the service could not be reached",
            SdkError::DispatchFailure(_) => "the request was not sent: look at credentials, region and endpoint",
            SdkError::ResponseError(_) => "the answer could not be read",
            _ => "the call did not succeed",
        };
        Self::new(Self::CLIENT, kind)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use aws_sdk_ecr::config::{Credentials, Region};
    use aws_sdk_ecr::error::ErrorMetadata;
    use aws_sdk_ecr::operation::get_lifecycle_policy::GetLifecyclePolicyError;

    use super::*;

    fn mapped(error: SdkError<GetLifecyclePolicyError, ()>) -> String {
        RegistryError::from(error).to_string()
    }

    #[test]
    fn errors_of_the_service_keep_their_code_and_message() {
        let error = ErrorMetadata::builder().code("ThrottlingException").message("Rate exceeded").build();
        let error = SdkError::service_error(GetLifecyclePolicyError::generic(error), ());
        assert_eq!(mapped(error), "ThrottlingException: Rate exceeded");
    }

    /// Answers a call on loopback with an error that quotes the head of the request.
    fn quote(code: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let code = code.to_owned();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let message = format!("The Canonical String should have been {}", String::from_utf8(head).unwrap());
            let body = serde_json::json!({"__type": code, "message": message}).to_string();
            let length = body.len();
            write!(stream, "HTTP/1.1 403 Forbidden\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
                .unwrap();
        });
        endpoint
    }

    #[tokio::test]
    async fn the_message_of_a_refused_signature_is_not_told() {
        for code in ["InvalidSignatureException", "IncompleteSignatureException", "SignatureDoesNotMatch"] {
            let credentials =
                Credentials::new("AKIDEXAMPLE", "SECRETEXAMPLE", Some("TOKENEXAMPLE".to_owned()), None, "test");
            let config = aws_config::defaults(BehaviorVersion::latest())
                .http_client(Builder::new().build_http())
                .endpoint_url(quote(code))
                .region(Region::new("eu-west-1"))
                .credentials_provider(credentials)
                .load()
                .await;
            let registry = EcrRegistry { client: Client::new(&config) };
            let error = registry.get_lifecycle_policy("app").await.unwrap_err();
            let expected = format!("{code}: the signature is refused: look at the credentials and the clock");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn nothing_of_what_lies_under_other_errors_is_told() {
        let secret = "secret_access_key=wJalrXUtnFEMI";
        for error in [SdkError::construction_failure(secret), SdkError::timeout_error(secret)] {
            let text = mapped(error);
            assert!(text.starts_with("SdkClientException: ") && !text.contains("wJalr"), "{text}");
        }
    }

    #[test]
    fn times_are_kept_to_the_millisecond() {
        assert_eq!(timestamp(DateTime::from_millis(1_732_266_000_123)), Timestamp::from_millis(1_732_266_000_123));
        assert_eq!(timestamp(DateTime::from_nanos(-1).unwrap()), Timestamp::from_millis(-1));
    }
}
