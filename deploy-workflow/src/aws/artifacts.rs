//! Artifacts in S3.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Credentials};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_types::service_config::ServiceConfigKey;

use crate::artifact::{ArtifactStore, MAX_ARCHIVE_BYTES, StoreError};

/// The buckets of an account.
///
/// To tell a missing object from a forbidden one, S3 wants `s3:ListBucket` beside `s3:GetObject`.
#[derive(Clone)]
pub struct S3Artifacts {
    client: Client,
    /// Never asks anything: it only knows where objects are.
    locator: Client,
}

impl S3Artifacts {
    /// The buckets at the configured endpoint: where it is not AWS's own, a bucket is in the path and not in the host.
    pub fn new(config: &SdkConfig) -> Self {
        let builder = Builder::from(config).force_path_style(names_an_endpoint(config));
        // What is signed is logged with its session token, so an address is made with credentials that are none.
        let nobody = Credentials::new("nobody", "nobody", None, None, "nobody");
        let locator = Client::from_conf(builder.clone().credentials_provider(nobody).build());
        Self { client: Client::from_conf(builder.build()), locator }
    }
}

/// Whether there is an endpoint for S3: one for every service, or one for S3 alone, where the client looks for it, too.
fn names_an_endpoint(config: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_s3 = config.service_config().zip(key.ok()).and_then(|(services, key)| services.load_config(key));
    config.endpoint_url().is_some() || of_s3.is_some()
}

/// The configuration names an access key.
impl fmt::Debug for S3Artifacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("S3Artifacts").finish_non_exhaustive()
    }
}

#[async_trait]
impl ArtifactStore for S3Artifacts {
    async fn get_object(&self, bucket: &str, key: &str) -> Result<Arc<[u8]>, StoreError> {
        let too_large = || StoreError::new("EntityTooLarge", format!("the object has over {MAX_ARCHIVE_BYTES} bytes"));
        let output = self.client.get_object().bucket(bucket).key(key).send().await?;
        let length = output.content_length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        if length > MAX_ARCHIVE_BYTES {
            return Err(too_large());
        }
        let mut body = output.body;
        let mut bytes = Vec::with_capacity(length);
        while let Some(chunk) = body.next().await {
            let chunk =
                chunk.map_err(|_| StoreError::new("ServiceUnavailable", "the object was not read to its end"))?;
            if bytes.len() + chunk.len() > MAX_ARCHIVE_BYTES {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.into())
    }

    async fn put_object(&self, bucket: &str, key: &str, bytes: Arc<[u8]>) -> Result<(), StoreError> {
        let body = ByteStream::from(bytes.to_vec());
        self.client.put_object().bucket(bucket).key(key).body(body).send().await?;
        Ok(())
    }

    /// The address without a signature: CloudFormation reads the object with the caller's permissions.
    async fn template_url(&self, bucket: &str, key: &str) -> Result<String, StoreError> {
        let unused = PresigningConfig::expires_in(Duration::from_secs(1))
            .map_err(|_| StoreError::new("SdkClientException", "the template's address could not be made"))?;
        let request = self.locator.get_object().bucket(bucket).key(key).presigned(unused).await?;
        let address = request.uri().split_once('?').map_or(request.uri(), |(address, _)| address);
        Ok(address.to_owned())
    }
}
