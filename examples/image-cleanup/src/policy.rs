//! Lifecycle policies: what they may say, and what they mean.
//!
//! A [`Policy`] is the proof that its text is valid.
//! See [Lifecycle policy properties](https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html).

mod fault;
mod read;
mod rules;
mod tag_matcher;

pub use self::fault::{Fault, InvalidPolicy};
pub use self::tag_matcher::{MAX_WILDCARDS, TagMatcher};
use crate::image::Image;

/// The fewest characters of a policy's text, ECR's own limit.
pub const MIN_TEXT_LENGTH: usize = 100;
/// The most characters of a policy's text, ECR's own limit.
pub const MAX_TEXT_LENGTH: usize = 30_720;
/// The most rules of a policy, a quota of ECR.
pub const MAX_RULES: usize = 50;
/// The fewest days that an image stays archived before a policy may expire it.
pub const MIN_ARCHIVED_DAYS: u32 = 90;

/// A valid lifecycle policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<Rule>,
}

impl Policy {
    /// Reads the policy `text`, which faults name as `name`.
    ///
    /// # Errors
    ///
    /// Every fault of the text, each with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, InvalidPolicy> {
        let mut rules = read::read(name, text)?;
        rules.sort_by_key(|rule| rule.priority);
        Ok(Self { rules })
    }

    /// The rules in the order in which they are applied: that of their priorities.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its `rulePriority`: 1 is applied before 2.
    pub priority: u32,
    /// What people should know of it.
    pub description: Option<String>,
    /// The images that it looks at, by their tags.
    pub tags: TagSelection,
    /// Which of those it marks: `countType` and `countNumber`.
    pub criterion: Criterion,
    /// What becomes of an image that it marks.
    pub action: Action,
}

impl Rule {
    /// Whether the rule looks at `image`, be it marked or not.
    ///
    /// An image that is being restored is in neither storage class, and no rule looks at it.
    pub fn selects(&self, image: &Image) -> bool {
        image.storage_class() == Some(self.criterion.storage_class()) && self.tags.selects(&image.tags)
    }
}

/// `tagStatus`, with the list that `tagged` needs; exhaustive, whoever evaluates a policy must know all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagSelection {
    /// Images with and without tags.
    Any,
    /// Images without tags.
    Untagged,
    /// Images of which each of these matches a tag; one tag may be matched by several.
    Tagged(Vec<TagMatcher>),
}

impl TagSelection {
    /// Whether an image with these tags is meant.
    pub fn selects(&self, tags: &[String]) -> bool {
        match self {
            Self::Any => true,
            Self::Untagged => tags.is_empty(),
            Self::Tagged(matchers) => matchers.iter().all(|matcher| tags.iter().any(|tag| matcher.matches(tag))),
        }
    }
}

/// `countType` with its `countNumber`; exhaustive, whoever evaluates a policy must know all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// All but so many of the youngest.
    ImageCountMoreThan(u32),
    /// Pushed, or restored from the archive, more than so many days ago.
    SinceImagePushed(u32),
    /// Pulled, restored or else pushed more than so many days ago.
    SinceImagePulled(u32),
    /// Archived more than so many days ago.
    SinceImageTransitioned(u32),
}

impl Criterion {
    /// The only storage class whose images the criterion is for.
    pub fn storage_class(self) -> StorageClass {
        match self {
            Self::ImageCountMoreThan(_) | Self::SinceImagePushed(_) | Self::SinceImagePulled(_) => {
                StorageClass::Standard
            }
            Self::SinceImageTransitioned(_) => StorageClass::Archive,
        }
    }
}

/// Where an image is kept; exhaustive, ECR has these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StorageClass {
    /// Where images are pushed to and pulled from.
    Standard,
    /// Where they cost less and must be restored before they are pulled.
    Archive,
}

/// What becomes of an image, under the name that the API has for it; exhaustive, a new one must not be passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    /// It is deleted.
    Expire,
    /// It is archived.
    Transition,
}
