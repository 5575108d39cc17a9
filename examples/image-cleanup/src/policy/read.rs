//! From the text of a policy to its rules, or to all that is wrong with it.

use asl_core::diagnostic::Location;
use asl_core::source::{JsonPointer, Source, Span};
use asl_core::suggestion::nearest;
use asl_core::syntax::{Member, Node, NodeKind, duplicate_keys, parse};

use super::fault::{Fault, InvalidPolicy};
use super::rules::check_together;
use super::{
    Action, Criterion, MAX_RULES, MAX_TEXT_LENGTH, MAX_WILDCARDS, MIN_ARCHIVED_DAYS, MIN_TEXT_LENGTH, Rule, TagMatcher,
    TagSelection,
};

const RULE: &[&str] = &["rulePriority", "description", "selection", "action"];
const SELECTION: &[&str] =
    &["tagStatus", "tagPatternList", "tagPrefixList", "storageClass", "countType", "countUnit", "countNumber"];
const ACTION: &[&str] = &["type", "targetStorageClass"];
const COUNT_TYPES: &[&str] = &["imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"];

/// The rules in the order of the text.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<Rule>, InvalidPolicy> {
    let source = Source::new(name, text);
    let mut reader = Reader { faults: Vec::new(), source };
    if text.trim().is_empty() {
        reader.fault_at(Span::empty(0), JsonPointer::default(), "the text is empty, and a policy is an object", None);
        return Err(InvalidPolicy::new(name, reader.faults));
    }
    let (root, diagnostics) = parse(text);
    let root_duplicates = root.as_ref().map(|root| duplicate_keys(root, &reader.source)).unwrap_or_default();
    for diagnostic in diagnostics.iter().chain(root_duplicates.iter()) {
        let (message, location) = (diagnostic.message.clone(), diagnostic.location.clone());
        reader.faults.push(Fault { message, location, help: diagnostic.help.clone() });
    }
    // What the text lacks would only be told a second time.
    if let (Some(root), true) = (&root, reader.faults.is_empty()) {
        let rules = reader.policy(&At { node: root, pointer: JsonPointer::default() });
        if reader.faults.is_empty() {
            reader.length(text, root.span);
        }
        if reader.faults.is_empty() {
            return Ok(rules);
        }
    }
    Err(InvalidPolicy::new(name, reader.faults))
}

/// A value and where it is.
#[derive(Clone)]
pub(super) struct At<'n> {
    node: &'n Node<'n>,
    pointer: JsonPointer,
}

impl At<'_> {
    /// The member `key` of an object.
    fn member(&self, key: &str) -> Option<Self> {
        self.node.get(key).map(|node| Self { node, pointer: self.pointer.member(key) })
    }

    fn elements(&self) -> Option<impl Iterator<Item = Self>> {
        let elements = self.node.as_array()?.iter().enumerate();
        Some(elements.map(|(index, node)| Self { node, pointer: self.pointer.element(index) }))
    }
}

/// A rule with the places that rules are compared by.
pub(super) struct PlacedRule<'n> {
    pub(super) rule: Rule,
    pub(super) priority: At<'n>,
    pub(super) tags: At<'n>,
}

pub(super) struct Reader<'t> {
    source: Source<'t>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, at: &At<'_>, message: impl Into<String>, help: Option<String>) {
        self.fault_at(at.node.span, at.pointer.clone(), message, help);
    }

    fn fault_at(&mut self, span: Span, pointer: JsonPointer, message: impl Into<String>, help: Option<String>) {
        let location: Location = self.source.location(pointer, span);
        self.faults.push(Fault { message: message.into(), location, help });
    }

    fn length(&mut self, text: &str, root: Span) {
        let characters = text.chars().count();
        if !(MIN_TEXT_LENGTH..=MAX_TEXT_LENGTH).contains(&characters) {
            let message = format!(
                "a policy has from {MIN_TEXT_LENGTH} to {MAX_TEXT_LENGTH} characters, and this one has {characters}"
            );
            self.fault_at(root, JsonPointer::default(), message, None);
        }
    }

    fn policy(&mut self, root: &At<'_>) -> Vec<Rule> {
        if self.object(root, &["rules"]).is_none() {
            return Vec::new();
        }
        let Some(rules) = self.required(root, "rules") else { return Vec::new() };
        let Some(elements) = rules.elements() else {
            self.wrong_kind(&rules, "an array of rules");
            return Vec::new();
        };
        let elements: Vec<_> = elements.collect();
        if !(1..=MAX_RULES).contains(&elements.len()) {
            let message = format!("a policy has from 1 to {MAX_RULES} rules, and this one has {}", elements.len());
            self.fault(&rules, message, None);
        }
        let placed: Vec<_> = elements.iter().filter_map(|rule| self.rule(rule)).collect();
        check_together(&placed, self);
        placed.into_iter().map(|placed| placed.rule).collect()
    }

    fn rule<'n>(&mut self, rule: &At<'n>) -> Option<PlacedRule<'n>> {
        self.object(rule, RULE)?;
        let priority = self.required(rule, "rulePriority");
        let priority = priority.and_then(|at| Some((self.positive(&at)?, at)));
        let description = match rule.member("description") {
            Some(at) => self.string(&at, "a string").map(|text| Some(text.to_owned())),
            None => Some(None),
        };
        let selection = self.required(rule, "selection");
        let selection = selection.and_then(|at| self.object(&at, SELECTION).map(|()| at));
        let tags = selection.as_ref().and_then(|selection| self.tags(selection));
        let criterion = selection.as_ref().and_then(|selection| self.criterion(selection));
        let action = self.required(rule, "action").and_then(|action| Some((self.action(&action)?, action)));
        if let (Some(criterion), Some((action, at))) = (criterion, &action) {
            self.legal(criterion, *action, at);
        }
        let ((priority, priority_at), (tags, tags_at)) = (priority?, tags?);
        let rule = Rule { priority, description: description?, tags, criterion: criterion?, action: action?.0 };
        Some(PlacedRule { rule, priority: priority_at, tags: tags_at })
    }

    fn tags<'n>(&mut self, selection: &At<'n>) -> Option<(TagSelection, At<'n>)> {
        let status = self.required(selection, "tagStatus")?;
        let patterns = selection.member("tagPatternList");
        let prefixes = selection.member("tagPrefixList");
        let lists = patterns.iter().chain(&prefixes);
        let tags = match self.one_of(&status, &["tagged", "untagged", "any"])? {
            "tagged" => match (&patterns, &prefixes) {
                (Some(at), None) => Some(TagSelection::Tagged(self.patterns(at)?)),
                (None, Some(at)) => Some(TagSelection::Tagged(self.prefixes(at)?)),
                (Some(_), Some(prefixes)) => {
                    self.fault(
                        prefixes,
                        "a rule has `tagPatternList` or `tagPrefixList`, not both",
                        Some("write the prefix `prod` as the pattern `prod*`".into()),
                    );
                    None
                }
                (None, None) => {
                    let help = "the pattern `*` matches every tag".to_owned();
                    self.fault(
                        &status,
                        "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.",
                        Some(help),
                    );
                    None
                }
            },
            other => {
                for at in lists.clone() {
                    let message = format!("a list of tags is for `tagStatus` `tagged` only, and here it is `{other}`");
                    self.fault(at, message, None);
                }
                let tags = if other == "any" { TagSelection::Any } else { TagSelection::Untagged };
                lists.clone().next().is_none().then_some(tags)
            }
        };
        let at = lists.clone().next().cloned().unwrap_or(status);
        Some((tags?, at))
    }

    fn patterns(&mut self, list: &At<'_>) -> Option<Vec<TagMatcher>> {
        let entries = self.entries(list)?;
        let mut is_valid = true;
        for (at, text) in &entries {
            let wildcards = text.matches('*').count();
            if wildcards > MAX_WILDCARDS {
                is_valid = false;
                let message = format!("a pattern has at most {MAX_WILDCARDS} `*`, and `{text}` has {wildcards}");
                self.fault(at, message, None);
            }
        }
        is_valid.then(|| entries.into_iter().map(|(_, text)| TagMatcher::Pattern(text.to_owned())).collect())
    }

    fn prefixes(&mut self, list: &At<'_>) -> Option<Vec<TagMatcher>> {
        let entries = self.entries(list)?;
        let mut is_valid = true;
        for (at, text) in &entries {
            if text.contains('*') {
                is_valid = false;
                let help = "name the list `tagPatternList`".to_owned();
                self.fault(at, format!("the prefix `{text}` has a `*`, which no tag has"), Some(help));
            }
        }
        is_valid.then(|| entries.into_iter().map(|(_, text)| TagMatcher::Prefix(text.to_owned())).collect())
    }

    /// The strings of a list, of which there must be one at least, and none empty.
    fn entries<'n>(&mut self, list: &At<'n>) -> Option<Vec<(At<'n>, &'n str)>> {
        let Some(elements) = list.elements() else {
            self.wrong_kind(list, "an array of strings");
            return None;
        };
        let elements: Vec<_> = elements.collect();
        if elements.is_empty() {
            self.fault(list, "the list is empty, and would select every image", None);
            return None;
        }
        let mut entries = Vec::new();
        for at in &elements {
            match self.string(at, "a string") {
                Some("") => self.fault(at, "an empty string matches no tag, or each of them", None),
                Some(text) => entries.push((at.clone(), text)),
                None => {}
            }
        }
        (entries.len() == elements.len()).then_some(entries)
    }

    fn criterion(&mut self, selection: &At<'_>) -> Option<Criterion> {
        let number = self.required(selection, "countNumber");
        let number = number.and_then(|at| Some((self.positive(&at)?, at)));
        let class = match selection.member("storageClass") {
            None => Some(None),
            Some(at) => self.one_of(&at, &["standard", "archive"]).map(|class| Some((class, at))),
        };
        let count_type = self.required(selection, "countType");
        let count_type = count_type.and_then(|at| Some((self.one_of(&at, COUNT_TYPES)?, at)));
        let (count_type, type_at) = count_type?;
        let unit_is_valid = self.unit(selection, count_type);
        let class_is_valid = self.storage_class(class?, count_type, &type_at);
        let (number, number_at) = number?;
        let criterion = match count_type {
            "imageCountMoreThan" => Criterion::ImageCountMoreThan(number),
            "sinceImagePushed" => Criterion::SinceImagePushed(number),
            "sinceImagePulled" => Criterion::SinceImagePulled(number),
            _ => Criterion::SinceImageTransitioned(number),
        };
        if matches!(criterion, Criterion::SinceImageTransitioned(days) if days < MIN_ARCHIVED_DAYS) {
            let message = format!(
                "`countNumber` is at least {MIN_ARCHIVED_DAYS} for `sinceImageTransitioned`: an archived image stays so long"
            );
            self.fault(&number_at, message, None);
            return None;
        }
        (unit_is_valid && class_is_valid).then_some(criterion)
    }

    fn unit(&mut self, selection: &At<'_>, count_type: &str) -> bool {
        match (selection.member("countUnit"), count_type) {
            (None, "imageCountMoreThan") => true,
            (Some(at), "imageCountMoreThan") => {
                self.fault(
                    &at,
                    "`countUnit` is for the count types that count days, not for `imageCountMoreThan`",
                    None,
                );
                false
            }
            (None, _) => {
                let help = "write `\"countUnit\": \"days\"`".to_owned();
                self.fault(selection, format!("`countUnit` is missing, which `{count_type}` needs"), Some(help));
                false
            }
            (Some(at), _) => self.one_of(&at, &["days"]).is_some(),
        }
    }

    fn storage_class(&mut self, class: Option<(&str, At<'_>)>, count_type: &str, type_at: &At<'_>) -> bool {
        match (class, count_type) {
            (Some(("archive", _)), "sinceImageTransitioned") => true,
            (None, "sinceImageTransitioned") => {
                let help = "write `\"storageClass\": \"archive\"` beside it".to_owned();
                self.fault(type_at, "`sinceImageTransitioned` needs the `storageClass` `archive`", Some(help));
                false
            }
            (Some((_, at)), "sinceImageTransitioned") => {
                self.fault(&at, "`sinceImageTransitioned` needs the `storageClass` `archive`", None);
                false
            }
            (Some(("archive", at)), _) => {
                self.fault(&at, format!("`{count_type}` is for the `storageClass` `standard` only"), None);
                false
            }
            _ => true,
        }
    }

    fn action(&mut self, action: &At<'_>) -> Option<Action> {
        self.object(action, ACTION)?;
        let kind = self.required(action, "type")?;
        let target = action.member("targetStorageClass");
        match (self.one_of(&kind, &["expire", "transition"])?, target) {
            ("expire", None) => Some(Action::Expire),
            ("expire", Some(at)) => {
                self.fault(&at, "`targetStorageClass` is for the action `transition` only", None);
                None
            }
            (_, Some(at)) => self.one_of(&at, &["archive"]).map(|_| Action::Transition),
            (_, None) => {
                let help = "write `\"targetStorageClass\": \"archive\"`".to_owned();
                self.fault(action, "`targetStorageClass` is missing, which `transition` needs", Some(help));
                None
            }
        }
    }

    /// Pulled images can only be archived, archived ones only be expired.
    fn legal(&mut self, criterion: Criterion, action: Action, at: &At<'_>) {
        match (criterion, action) {
            (Criterion::SinceImagePulled(_), Action::Expire) => {
                let help = "archive by `sinceImagePulled`, and expire by `sinceImageTransitioned` in another rule";
                self.fault(at, "`sinceImagePulled` is for the action `transition` only", Some(help.into()));
            }
            (Criterion::SinceImageTransitioned(_), Action::Transition) => {
                self.fault(at, "`sinceImageTransitioned` is for the action `expire` only", None);
            }
            _ => {}
        }
    }

    /// `None` if the value is no object; members that are not `known` are faults, but do not stop anything.
    fn object(&mut self, at: &At<'_>, known: &[&str]) -> Option<()> {
        let Some(members) = at.node.as_object() else {
            self.wrong_kind(at, "an object");
            return None;
        };
        for Member { key, key_span, .. } in members {
            if !known.contains(&&**key) {
                let help = match nearest(key, known.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("what is known here: `{}`", known.join("`, `")),
                };
                let message = format!("`{key}` is no property of a lifecycle policy in this place");
                self.fault_at(*key_span, at.pointer.member(key), message, Some(help));
            }
        }
        Some(())
    }

    fn required<'n>(&mut self, object: &At<'n>, key: &str) -> Option<At<'n>> {
        let member = object.member(key);
        if member.is_none() {
            self.fault(object, format!("`{key}` is missing"), None);
        }
        member
    }

    /// One of the words `known`, as it is written there.
    fn one_of<'k>(&mut self, at: &At<'_>, known: &[&'k str]) -> Option<&'k str> {
        let text = self.string(at, "a string")?;
        let found = known.iter().find(|known| **known == text).copied();
        if found.is_none() {
            let help = nearest(text, known.iter().copied()).map(|nearest| format!("did you mean `{nearest}`?"));
            self.fault(at, format!("`{text}` is none of `{}`", known.join("`, `")), help);
        }
        found
    }

    fn string<'n>(&mut self, at: &At<'n>, expected: &str) -> Option<&'n str> {
        let text = at.node.as_str();
        if text.is_none() {
            self.wrong_kind(at, expected);
        }
        text
    }

    fn positive(&mut self, at: &At<'_>) -> Option<u32> {
        let NodeKind::Number(number) = &at.node.kind else {
            self.wrong_kind(at, "a whole number");
            return None;
        };
        let positive = number.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number >= 1);
        if positive.is_none() {
            let message = format!("`{number}` is not a whole number from 1 to {}", u32::MAX);
            self.fault(at, message, None);
        }
        positive
    }

    fn wrong_kind(&mut self, at: &At<'_>, expected: &str) {
        let found = at.node.kind_name();
        self.fault(at, format!("expected {expected}, found {found}"), None);
    }
}
