//! For programs: one object in the form of `GetLifecyclePolicyPreview`, with what it does not know beside it.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::Preview;
use crate::machine::Report;
use crate::plan::Step;
use crate::policy::{Action, StorageClass};

pub(super) fn print(out: &mut dyn Write, preview: &Preview<'_>, report: Option<&Report>) -> io::Result<()> {
    let plan = &preview.plan;
    let steps = || plan.waves.iter().enumerate().flat_map(|(wave, steps)| steps.iter().map(move |step| (wave, step)));
    let count = |action| steps().filter(|(_, step)| step.action == action).count();
    let results: Vec<_> = steps().map(|(wave, step)| result(step, "wave", wave + 1)).collect();
    let held_back: Vec<_> = plan
        .held_back
        .iter()
        .map(|held_back| result(&held_back.step, "referencedBy", held_back.referenced_by))
        .collect();
    let object = json!({
        "now": preview.now.to_string(),
        "previewResults": results,
        "heldBack": held_back,
        "summary": {
            "expiringImageTotalCount": count(Action::Expire),
            "transitioningImageTotalCounts":
                [{ "targetStorageClass": "ARCHIVE", "imageTotalCount": count(Action::Transition) }],
        },
        "report": report,
    });
    writeln!(out, "{object}")
}

/// One of the `previewResults`, with a member that is not ECR's.
fn result(step: &Step<'_>, more: &str, value: impl Into<Json>) -> Json {
    let action = match step.action {
        Action::Expire => json!({ "type": "EXPIRE" }),
        Action::Transition => json!({ "type": "TRANSITION", "targetStorageClass": "ARCHIVE" }),
    };
    let storage_class = match step.image.storage_class() {
        Some(StorageClass::Archive) => "ARCHIVE",
        Some(StorageClass::Standard) | None => "STANDARD",
    };
    json!({
        "imageTags": step.image.tags,
        "imageDigest": step.image.digest,
        "imagePushedAt": step.image.pushed_at.to_string(),
        "action": action,
        "appliedRulePriority": step.rule_priority,
        "storageClass": storage_class,
        more: value.into(),
    })
}
