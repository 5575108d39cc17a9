//! What changes between two deployments, as a change set tells it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::deployment::{Deployment, Resource};
use super::resource_types::{NESTED_STACK, requires_recreation};
use super::template::Policy;
use crate::cloudformation::api::{ChangeDetail, Evaluation, ResourceChange};
use crate::cloudformation::error::ApiError;
use crate::cloudformation::status::{ChangeAction, PolicyAction, Replacement, RequiresRecreation};

/// A change, and for a nested stack what changes in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlannedChange {
    pub(super) change: ResourceChange,
    pub(super) nested: Vec<Self>,
}

/// The changes that make `new` of `old`, which is nothing for a new stack.
///
/// A property that refers to a resource which is replaced, or may be, changes as well:
/// what it becomes only shows then, so its evaluation is `Dynamic`.
pub(super) fn diff(old: Option<&Deployment>, new: &Deployment) -> Result<Vec<PlannedChange>, ApiError> {
    let retyped: Vec<_> = new
        .resources
        .iter()
        .filter(|resource| {
            let before = old.and_then(|old| old.resource(&resource.logical_id));
            before.is_some_and(|before| before.resource_type != resource.resource_type)
        })
        .map(|resource| resource.logical_id.as_str())
        .collect();
    if !retyped.is_empty() {
        let names = retyped.join(", ");
        return Err(ApiError::validation(format!(
            "Update of resource type is not permitted. \
             The new template modifies resource type of the following resources: [{names}]"
        )));
    }
    let mut changes = Vec::new();
    let mut replaced = BTreeSet::new();
    for resource in &new.resources {
        let planned = match old.and_then(|old| old.resource(&resource.logical_id)) {
            None => Some(addition(resource)?),
            Some(before) => modification(before, resource, &replaced)?,
        };
        let Some(planned) = planned else { continue };
        if matches!(planned.change.replacement, Some(Replacement::True | Replacement::Conditional)) {
            replaced.insert(resource.logical_id.as_str());
        }
        changes.push(planned);
    }
    let removed = old.iter().flat_map(|old| old.resources.iter().rev());
    changes.extend(removed.filter(|resource| new.resource(&resource.logical_id).is_none()).map(removal));
    Ok(changes)
}

fn addition(resource: &Resource) -> Result<PlannedChange, ApiError> {
    let nested = resource.nested.as_ref().map_or(Ok(Vec::new()), |nested| diff(None, nested))?;
    Ok(PlannedChange { change: change(ChangeAction::Add, resource), nested })
}

fn removal(resource: &Resource) -> PlannedChange {
    let nested = resource.nested.iter().flat_map(|nested| nested.resources.iter().rev()).map(removal).collect();
    let policy_action = Some(match resource.deletion_policy {
        Policy::Delete => PolicyAction::Delete,
        Policy::Retain => PolicyAction::Retain,
        Policy::Snapshot => PolicyAction::Snapshot,
    });
    PlannedChange { change: ResourceChange { policy_action, ..change(ChangeAction::Remove, resource) }, nested }
}

fn modification(
    before: &Resource,
    after: &Resource,
    replaced: &BTreeSet<&str>,
) -> Result<Option<PlannedChange>, ApiError> {
    let nested = match (&before.nested, &after.nested) {
        (Some(before), Some(after)) => diff(Some(before), after)?,
        _ => Vec::new(),
    };
    let mut details = changed_properties(before, after, replaced);
    if !same(&before.metadata, &after.metadata) {
        details.push(attribute("Metadata"));
    }
    if before.deletion_policy != after.deletion_policy {
        details.push(attribute("DeletionPolicy"));
    }
    if before.update_replace_policy != after.update_replace_policy {
        details.push(attribute("UpdateReplacePolicy"));
    }
    if details.is_empty() && nested.is_empty() {
        return Ok(None);
    }
    let replacement = replacement(&details);
    let policy_action = (replacement == Replacement::True).then_some(match before.update_replace_policy {
        Policy::Delete => PolicyAction::ReplaceAndDelete,
        Policy::Retain => PolicyAction::ReplaceAndRetain,
        Policy::Snapshot => PolicyAction::ReplaceAndSnapshot,
    });
    let change = ResourceChange {
        replacement: Some(replacement),
        policy_action,
        details,
        ..change(ChangeAction::Modify, after)
    };
    Ok(Some(PlannedChange { change, nested }))
}

fn changed_properties(before: &Resource, after: &Resource, replaced: &BTreeSet<&str>) -> Vec<ChangeDetail> {
    let names: BTreeSet<_> = before.properties.keys().chain(after.properties.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let (old, new) = (before.properties.get(name), after.properties.get(name));
            let refers_to_replaced = after.references_of(name).iter().any(|id| replaced.contains(id.as_str()));
            let unchanged = match (old, new) {
                (Some(old), Some(new)) => same(old, new),
                _ => false,
            };
            let evaluation = match (unchanged, refers_to_replaced) {
                (true, false) => return None,
                (true, true) => Evaluation::Dynamic,
                (false, _) => Evaluation::Static,
            };
            let requires_recreation = match after.resource_type.as_str() {
                NESTED_STACK => RequiresRecreation::Never,
                resource_type => requires_recreation(resource_type, name),
            };
            Some(ChangeDetail {
                attribute: "Properties".to_owned(),
                name: Some(name.clone()),
                requires_recreation,
                evaluation,
            })
        })
        .collect()
}

/// A property that surely changes and always needs a new resource replaces it; if either is open, so is the whole.
fn replacement(details: &[ChangeDetail]) -> Replacement {
    let needs = |detail: &ChangeDetail| match (detail.requires_recreation, detail.evaluation) {
        (RequiresRecreation::Never, _) => Replacement::False,
        (RequiresRecreation::Always, Evaluation::Static) => Replacement::True,
        _ => Replacement::Conditional,
    };
    let all: Vec<_> = details.iter().map(needs).collect();
    [Replacement::True, Replacement::Conditional]
        .into_iter()
        .find(|replacement| all.contains(replacement))
        .unwrap_or(Replacement::False)
}

fn change(action: ChangeAction, resource: &Resource) -> ResourceChange {
    ResourceChange {
        action,
        logical_resource_id: resource.logical_id.clone(),
        physical_resource_id: resource.physical_name().map(str::to_owned),
        resource_type: resource.resource_type.clone(),
        replacement: None,
        policy_action: None,
        details: Vec::new(),
        change_set_id: None,
    }
}

fn attribute(attribute: &str) -> ChangeDetail {
    let requires_recreation = RequiresRecreation::Never;
    ChangeDetail { attribute: attribute.to_owned(), name: None, requires_recreation, evaluation: Evaluation::Static }
}

/// Whether two property values are the same to CloudFormation, for which `128` and `"128"` are.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (left, right) => match (scalar_text(left), scalar_text(right)) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        },
    }
}

fn scalar_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::deployment::{Library, Site};
    use super::super::template::Template;
    use super::*;

    fn deployment(resources: &str) -> Deployment {
        let template = Template::parse(&format!("Resources: {{{resources}}}")).unwrap();
        let site = Site { stack_name: "prod-app", stack_id: "arn:s", region: "us-east-1", account_id: "1" };
        Deployment::plan(&Arc::new(template), &[], None, site, &Library::new()).unwrap()
    }

    /// One word per change: `Modify Table True ReplaceAndDelete`.
    fn check(old: &str, new: &str, expected: &[&str]) {
        let changes = diff(Some(&deployment(old)), &deployment(new)).unwrap();
        let found: Vec<_> = changes
            .iter()
            .map(|PlannedChange { change, .. }| {
                let replacement = change.replacement.map(|replacement| format!(" {replacement}")).unwrap_or_default();
                let policy = change.policy_action.map(|action| format!(" {action}")).unwrap_or_default();
                format!("{} {}{replacement}{policy}", change.action, change.logical_resource_id)
            })
            .collect();
        assert_eq!(found, expected, "{old} => {new}");
    }

    #[test]
    fn tells_additions_modifications_and_removals_apart() {
        let topic = "T: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}";
        check(topic, topic, &[]);
        check(topic, &format!("{topic}, Q: {{Type: AWS::SQS::Queue}}"), &["Add Q"]);
        check(topic, "T: {Type: AWS::SNS::Topic, Properties: {DisplayName: b}}", &["Modify T False"]);
        check(topic, "T: {Type: AWS::SNS::Topic}", &["Modify T False"]);
        check(topic, "Q: {Type: AWS::SQS::Queue}", &["Add Q", "Remove T Delete"]);
        check(
            "T: {Type: AWS::SNS::Topic}",
            "T: {Type: AWS::SNS::Topic, Properties: {TopicName: b}}",
            &["Modify T True ReplaceAndDelete"],
        );
        check(
            "I: {Type: AWS::EC2::Instance, Properties: {InstanceType: a}}",
            "I: {Type: AWS::EC2::Instance, Properties: {InstanceType: b}}",
            &["Modify I Conditional"],
        );
        check(
            "F: {Type: AWS::Lambda::Function, Properties: {MemorySize: 128}}",
            "F: {Type: AWS::Lambda::Function, Properties: {MemorySize: '128'}}",
            &[],
        );
    }

    #[test]
    fn policies_say_what_becomes_of_the_old_resource() {
        let bucket = |policies: &str, name: &str| {
            format!(
                "B: {{Type: AWS::S3::Bucket, {policies} Properties: {{BucketName: {name}}}}}, T: {{Type: AWS::SNS::Topic}}"
            )
        };
        let topic = "T: {Type: AWS::SNS::Topic}";
        check(&bucket("DeletionPolicy: Retain,", "a"), topic, &["Remove B Retain"]);
        check(&bucket("DeletionPolicy: Snapshot,", "a"), topic, &["Remove B Snapshot"]);
        let retained = bucket("UpdateReplacePolicy: Retain,", "a");
        check(&retained, &bucket("UpdateReplacePolicy: Retain,", "b"), &["Modify B True ReplaceAndRetain"]);
        check(&bucket("", "a"), &bucket("DeletionPolicy: Retain,", "a"), &["Modify B False"]);
    }

    #[test]
    fn what_refers_to_a_replaced_resource_may_be_replaced_too() {
        let stack = |name: &str| {
            format!(
                "R: {{Type: AWS::IAM::Role, Properties: {{RoleName: {name}}}}},
                 F: {{Type: AWS::Lambda::Function, Properties: {{Role: !GetAtt R.Arn}}}},
                 P: {{Type: AWS::Lambda::Permission, Properties: {{Principal: !Sub '${{R.Arn}}'}}}}"
            )
        };
        check(&stack("a"), &stack("b"), &["Modify R True ReplaceAndDelete", "Modify F False", "Modify P Conditional"]);
    }

    #[test]
    fn a_resource_cannot_change_its_type() {
        let error = diff(Some(&deployment("A: {Type: AWS::SNS::Topic}")), &deployment("A: {Type: AWS::SQS::Queue}"));
        assert!(error.unwrap_err().message().ends_with("the following resources: [A]"));
    }
}
