//! What is known of an image: what `DescribeImages` tells, and what a manifest list refers to.

use std::collections::BTreeSet;
use std::fmt;

use asl_core::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::policy::StorageClass;

/// An image of a repository.
///
/// Its JSON form is an element of `imageDetails` in the response of `DescribeImages`, members that are not known being
/// passed over. Times are texts of RFC 3339, or seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// What the image is identified by: `sha256:…`.
    #[serde(rename = "imageDigest")]
    pub digest: String,
    /// Its tags, in no order.
    #[serde(rename = "imageTags", default)]
    pub tags: Vec<String>,
    /// When it was pushed last.
    #[serde(rename = "imagePushedAt", deserialize_with = "timestamp")]
    pub pushed_at: Timestamp,
    /// When it was pulled last, which ECR may take a day to record.
    #[serde(default, deserialize_with = "optional_timestamp")]
    pub last_recorded_pull_time: Option<Timestamp>,
    /// Whether it can be pulled.
    #[serde(rename = "imageStatus", default)]
    pub status: ImageStatus,
    /// When it was archived last.
    #[serde(default, deserialize_with = "optional_timestamp")]
    pub last_archived_at: Option<Timestamp>,
    /// When it was restored from the archive last.
    #[serde(default, deserialize_with = "optional_timestamp")]
    pub last_activated_at: Option<Timestamp>,
    /// The media type of its manifest.
    #[serde(rename = "imageManifestMediaType", default)]
    pub manifest_media_type: Option<String>,
    /// The image that this one is about, if it is a signature, an SBOM or another reference artifact.
    #[serde(default)]
    pub subject_manifest_digest: Option<String>,
    /// What a manifest list refers to, as the list itself has it: `[{"digest": "sha256:…"}, …]`.
    #[serde(default, deserialize_with = "digests")]
    pub manifests: Vec<String>,
}

/// Whether an image can be pulled: `imageStatus`; exhaustive, a new one must not be passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ImageStatus {
    /// It can.
    #[default]
    Active,
    /// It must be restored before.
    Archived,
    /// It is being restored.
    Activating,
}

/// The media type of OCI's manifest lists.
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The media types of manifests that refer to other manifests.
pub(crate) const MANIFEST_LISTS: [&str; 2] = ["application/vnd.docker.distribution.manifest.list.v2+json", OCI_INDEX];

impl Image {
    /// The image with this digest, without tags, pushed at `pushed_at`.
    pub fn new(digest: impl Into<String>, pushed_at: Timestamp) -> Self {
        Self {
            digest: digest.into(),
            tags: Vec::new(),
            pushed_at,
            last_recorded_pull_time: None,
            status: ImageStatus::Active,
            last_archived_at: None,
            last_activated_at: None,
            manifest_media_type: None,
            subject_manifest_digest: None,
            manifests: Vec::new(),
        }
    }

    /// Where the image is kept; `None` while it moves from the archive back.
    pub fn storage_class(&self) -> Option<StorageClass> {
        match self.status {
            ImageStatus::Active => Some(StorageClass::Standard),
            ImageStatus::Archived => Some(StorageClass::Archive),
            ImageStatus::Activating => None,
        }
    }

    /// The time that counts as that of its push: when it was restored last, if it ever was.
    pub fn effective_pushed_at(&self) -> Timestamp {
        self.last_activated_at.unwrap_or(self.pushed_at)
    }

    /// The time that counts as that of its last pull: when it was pulled or restored last, else when it was pushed.
    pub fn effective_pulled_at(&self) -> Timestamp {
        self.last_recorded_pull_time.max(self.last_activated_at).unwrap_or(self.pushed_at)
    }

    /// Whether the image is a list of manifests, such as one for several platforms.
    pub fn is_manifest_list(&self) -> bool {
        let media_type = self.manifest_media_type.as_deref();
        !self.manifests.is_empty() || media_type.is_some_and(|media_type| MANIFEST_LISTS.contains(&media_type))
    }
}

/// Why a text has no images.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidImages {
    /// It has not the form of a response of `DescribeImages`.
    #[error("{name}:{line}:{column}: {message}")]
    Malformed {
        /// What the text is called.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What does not fit.
        message: String,
    },
    /// It has an image twice.
    #[error("{name}: image `{digest}` is there twice")]
    Duplicate {
        /// What the text is called.
        name: String,
        /// The image.
        digest: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageDetails {
    image_details: Vec<Image>,
}

/// Reads what `aws ecr describe-images --output json` prints.
///
/// # Errors
///
/// When the text has not this form, or has an image twice.
pub fn read_images(name: &str, text: &str) -> Result<Vec<Image>, InvalidImages> {
    let details: ImageDetails = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        InvalidImages::Malformed { name: name.to_owned(), line: error.line(), column: error.column(), message }
    })?;
    let mut digests = BTreeSet::new();
    for image in &details.image_details {
        if !digests.insert(&image.digest) {
            return Err(InvalidImages::Duplicate { name: name.to_owned(), digest: image.digest.clone() });
        }
    }
    Ok(details.image_details)
}

/// A time, which version 1 of the AWS CLI prints as a number and version 2 as a text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a time such as `2026-01-31T09:30:00Z`, or seconds since 1970")]
enum Time {
    Text(String),
    Seconds(f64),
}

fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    to_timestamp(Time::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

fn optional_timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let time = Option::<Time>::deserialize(deserializer)?;
    time.map(to_timestamp).transpose().map_err(serde::de::Error::custom)
}

fn to_timestamp(time: Time) -> Result<Timestamp, impl fmt::Display> {
    match time {
        Time::Text(text) => text.parse().map_err(|error| format!("`{text}` is {error}")),
        Time::Seconds(seconds) => Ok(from_seconds(seconds)),
    }
}

/// To the millisecond; what is out of range becomes the nearest time that is not.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
pub(crate) fn from_seconds(seconds: f64) -> Timestamp {
    Timestamp::from_millis((seconds * 1000.0).round() as i64)
}

/// The digests of a list of OCI descriptors.
pub(crate) fn digests<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    struct Descriptor {
        digest: String,
    }
    let descriptors = Vec::<Descriptor>::deserialize(deserializer)?;
    Ok(descriptors.into_iter().map(|descriptor| descriptor.digest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_millis(number * DAY)
    }

    #[test]
    fn reads_what_either_version_of_the_aws_cli_prints() {
        let text = r#"{"imageDetails": [
            {"registryId": "111122223333", "repositoryName": "app", "imageDigest": "sha256:a", "imageTags": ["v1"],
             "imageSizeInBytes": 5, "imagePushedAt": "1970-01-02T02:00:00.000000+02:00", "imageStatus": "ARCHIVED"},
            {"imageDigest": "sha256:b", "imagePushedAt": 172800.25, "lastRecordedPullTime": null,
             "manifests": [{"digest": "sha256:a", "size": 5, "platform": {"os": "linux"}}]}
        ]}"#;
        let images = read_images("images.json", text).unwrap();
        assert_eq!(images[0].pushed_at, day(1));
        assert_eq!(images[0].storage_class(), Some(StorageClass::Archive));
        assert_eq!(images[1].pushed_at, Timestamp::from_millis(2 * DAY + 250));
        assert_eq!(images[1].manifests, ["sha256:a"]);
        assert!(images[1].is_manifest_list() && !images[0].is_manifest_list());
    }

    #[test]
    fn says_where_a_text_has_no_images() {
        let check = |text: &str, expected: &str| {
            assert_eq!(read_images("images.json", text).unwrap_err().to_string(), expected);
        };
        check("[", "images.json:1:1: EOF while parsing a list");
        check("{}", "images.json:1:2: missing field `imageDetails`");
        check(
            "{\"imageDetails\": [\n {\"imageDigest\": \"a\", \"imagePushedAt\": \"yesterday\"}]}",
            "images.json:2:51: `yesterday` is not an RFC 3339 timestamp such as `2016-03-14T01:59:00Z`",
        );
        let twice =
            r#"{"imageDetails": [{"imageDigest": "a", "imagePushedAt": 1}, {"imageDigest": "a", "imagePushedAt": 1}]}"#;
        check(twice, "images.json: image `a` is there twice");
    }

    #[test]
    fn the_last_of_pull_and_restoration_counts_or_else_the_push() {
        let image = |pulled: Option<i64>, activated: Option<i64>| Image {
            last_recorded_pull_time: pulled.map(day),
            last_activated_at: activated.map(day),
            ..Image::new("sha256:a", day(1))
        };
        for (image, pushed, pulled) in [
            (image(None, None), 1, 1),
            (image(Some(2), None), 1, 2),
            (image(None, Some(3)), 3, 3),
            (image(Some(2), Some(3)), 3, 3),
            (image(Some(4), Some(3)), 3, 4),
        ] {
            assert_eq!(image.effective_pushed_at(), day(pushed), "{image:?}");
            assert_eq!(image.effective_pulled_at(), day(pulled), "{image:?}");
        }
    }
}
