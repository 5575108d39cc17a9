//! For people: a table of what would be done, and what came of it.

use std::io::{self, Write};

use super::Preview;
use crate::machine::{FailedImages, Report};
use crate::plan::Step;
use crate::policy::Action;

/// How many characters of a digest are shown: its algorithm, and what is unique in practice.
const DIGEST: usize = 19;
/// How many characters of the tags are shown.
const TAGS: usize = 32;

pub(super) fn preview(out: &mut dyn Write, preview: &Preview<'_>) -> io::Result<()> {
    let Preview { policy_name, now, images, plan } = preview;
    writeln!(out, "The policy {policy_name} on {} at {now}:", images_of(images.len()))?;
    if !plan.is_empty() || !plan.held_back.is_empty() {
        writeln!(out, "\nACTION     RULE  PUSHED                {:TAGS$}  DIGEST", "TAGS")?;
    }
    for (number, wave) in plan.waves.iter().enumerate() {
        for step in wave {
            let after = if number == 0 { String::new() } else { format!("  in wave {}", number + 1) };
            row(out, verb(step.action), step, &after)?;
        }
    }
    for held_back in &plan.held_back {
        row(out, "held back", &held_back.step, &format!("  referenced by {}", start(held_back.referenced_by, DIGEST)))?;
    }
    let count = |action| plan.waves.iter().flatten().filter(|step| step.action == action).count();
    let (expire, archive, held_back) = (count(Action::Expire), count(Action::Transition), plan.held_back.len());
    let kept = images.len().saturating_sub(expire + archive);
    writeln!(out, "\n{expire} to expire, {archive} to archive, {kept} to keep, of which {held_back} held back.")
}

fn row(out: &mut dyn Write, verb: &str, step: &Step<'_>, note: &str) -> io::Result<()> {
    let pushed = step.image.pushed_at.to_string();
    let pushed = format!("{}Z", pushed.split('.').next().unwrap_or_default());
    let tags = start(&step.image.tags.join(", "), TAGS);
    let digest = start(&step.image.digest, DIGEST);
    writeln!(out, "{verb:<9}  {:>4}  {pushed:<20}  {tags:<TAGS$}  {digest}{note}", step.rule_priority)
}

pub(super) fn outcome(out: &mut dyn Write, report: Option<&Report>) -> io::Result<()> {
    let Some(report) = report else {
        return writeln!(out, "This was a dry run, and nothing was changed; --execute does it.");
    };
    let (expired, archived) = (report.expired_image_total_count, report.archived_image_total_count);
    writeln!(out, "Done: {expired} expired, {archived} archived.")?;
    for FailedImages { failure_code, failure_reason, image_digests } in &report.failures {
        writeln!(out, "FAILED with {failure_code} ({failure_reason}): {}", images_of(image_digests.len()))?;
        for digest in image_digests {
            writeln!(out, "  {}", start(digest, usize::MAX))?;
        }
    }
    if report.remaining_image_total_count > 0 {
        writeln!(out, "{} left for the next run.", images_of(report.remaining_image_total_count))?;
    }
    Ok(())
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Expire => "expire",
        Action::Transition => "archive",
    }
}

fn images_of(count: usize) -> String {
    if count == 1 { "1 image".to_owned() } else { format!("{count} images") }
}

/// The first characters of a text from outside, `…` for the rest, and nothing that a terminal would act on.
fn start(text: &str, characters: usize) -> String {
    let clean = |character: char| if character.is_control() { '\u{FFFD}' } else { character };
    if text.chars().count() <= characters {
        return text.chars().map(clean).collect();
    }
    text.chars().take(characters.saturating_sub(1)).map(clean).chain(['…']).collect()
}
