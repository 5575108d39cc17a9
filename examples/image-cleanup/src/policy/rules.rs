//! What the rules of a policy must be to each other; rules with a fault of their own take no part.

use super::read::{PlacedRule, Reader};
use super::{Rule, TagMatcher, TagSelection};

/// Reports the rules that cannot stand beside an earlier one of the text, or behind a rule for any tag.
pub(super) fn check_together(rules: &[PlacedRule<'_>], reader: &mut Reader<'_>) {
    for (index, later) in rules.iter().enumerate() {
        let earlier = || rules.iter().take(index);
        if earlier().any(|earlier| earlier.rule.priority == later.rule.priority) {
            let message = format!("another rule has the `rulePriority` {} too", later.rule.priority);
            reader.fault(&later.priority, message, Some("give each rule a priority of its own".into()));
        }
        let mut peers = earlier().filter(|earlier| are_peers(&earlier.rule, &later.rule));
        match &later.rule.tags {
            TagSelection::Untagged if peers.any(|peer| peer.rule.tags == TagSelection::Untagged) => {
                reader.fault(&later.tags, "Only one rule can select Untagged images per storage class", None);
            }
            TagSelection::Tagged(list) if peers.any(|peer| is_same_set(&peer.rule.tags, list)) => {
                let message = "another rule of this storage class has the same list of tags";
                reader.fault(&later.tags, message, Some("an image is only subject to the first of the two".into()));
            }
            _ => {}
        }
        if later.rule.tags == TagSelection::Any
            && rules.iter().enumerate().any(|(other, rule)| other != index && comes_after(&rule.rule, &later.rule))
        {
            let help = "give it the highest `rulePriority` of the rules of its storage class".to_owned();
            let message = "Rule for tagStatus=ANY must have the lowest priority per storage class";
            reader.fault(&later.priority, message, Some(help));
        }
    }
}

fn are_peers(one: &Rule, other: &Rule) -> bool {
    one.criterion.storage_class() == other.criterion.storage_class()
}

/// Whether `rule` is applied after the rule `any`, to which it would come too late.
fn comes_after(rule: &Rule, any: &Rule) -> bool {
    are_peers(rule, any) && rule.priority > any.priority
}

fn is_same_set(tags: &TagSelection, list: &[TagMatcher]) -> bool {
    let TagSelection::Tagged(other) = tags else { return false };
    list.iter().all(|entry| other.contains(entry)) && other.iter().all(|entry| list.contains(entry))
}
