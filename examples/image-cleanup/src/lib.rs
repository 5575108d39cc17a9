//! Cleans up repositories of container images by their lifecycle policies, as Amazon ECR does: a second reference
//! application of the workflow engine.
//!
//! A [`policy`] is read and validated, [`evaluate`] decides by it what becomes of each [`image`], and [`plan`] puts that
//! into an order which manifest lists allow. The [`machine`] carries the plan out on a [`registry`].
//!
//! | to change | look at |
//! |---|---|
//! | which policies are valid | `policy/` |
//! | which images a rule acts on | `evaluate.rs` |
//! | what is done before what, and at most how much | `plan.rs` |
//! | what the machine does, and when it retries or gives up | `definitions/image-cleanup.asl.json` |
//! | how the in-memory registry behaves, or ECR is called | `registry/` |
//! | what is printed | `cli/` |
//!
//! # Examples
//!
//! What a policy would do, without doing it:
//!
//! ```
//! use asl_core::Timestamp;
//! use image_cleanup::evaluate::evaluate;
//! use image_cleanup::image::read_images;
//! use image_cleanup::policy::Policy;
//!
//! let policy = r#"{"rules": [{
//!     "rulePriority": 1,
//!     "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
//!     "action": {"type": "expire"}
//! }]}"#;
//! let images = r#"{"imageDetails": [
//!     {"imageDigest": "sha256:old", "imagePushedAt": "2026-01-01T00:00:00Z"},
//!     {"imageDigest": "sha256:tagged", "imageTags": ["prod-1"], "imagePushedAt": "2026-01-01T00:00:00Z"}
//! ]}"#;
//!
//! let policy = Policy::parse("policy.json", policy)?;
//! let images = read_images("images.json", images)?;
//! let now: Timestamp = "2026-02-01T00:00:00Z".parse()?;
//! let digests: Vec<_> = evaluate(&policy, &images, now).iter().map(|decision| &*decision.image.digest).collect();
//! assert_eq!(digests, ["sha256:old"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod cli;
pub mod evaluate;
pub mod handlers;
pub mod image;
pub mod machine;
pub mod plan;
pub mod policy;
pub mod preview;
pub mod registry;
