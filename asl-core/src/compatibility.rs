//! Where AWS and the published specification differ.

use serde::{Deserialize, Serialize};

/// Whose behaviour to follow where AWS and the published specification differ; AWS's by default.
///
/// | [`Difference`] | [`Compatibility::Aws`] | [`Compatibility::Specification`] |
/// |---|---|---|
/// | `NoChoiceMatched` | a Choice without a match fails with `States.Runtime` | with `States.NoChoiceMatched` |
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compatibility {
    /// What AWS Step Functions does.
    #[default]
    Aws,
    /// What <https://states-language.net/spec.html> says.
    Specification,
}
