//! What a Choice asks for: a status, or what may count.

use super::super::loops::is_repeatable;
use super::places::Place;
use crate::definition::{Choice, Comparison, Computable, JsonataString, Test, TestKind};
use crate::evaluate::choice_rule::{self as evaluate, Kind, Operand, Relation};

/// What the rules of a Choice test.
#[derive(Debug)]
pub(super) struct Tested<'a> {
    pub(super) places: Vec<Place<'a>>,
    /// The texts that values are compared with.
    words: Vec<String>,
    /// Whether every rule compares a value with texts, and does nothing else.
    pub(super) is_status: bool,
    /// Whether the places are all that matters: neither time nor the Context object do.
    pub(super) is_known: bool,
}

/// How services say that a job goes on.
const UNFINISHED: [&str; 16] = [
    "RUNNING",
    "PENDING",
    "INPROGRESS",
    "QUEUED",
    "SUBMITTED",
    "RUNNABLE",
    "STARTING",
    "STARTED",
    "CREATING",
    "UPDATING",
    "DELETING",
    "PROVISIONING",
    "WAITING",
    "PROCESSING",
    "STOPPING",
    "MODIFYING",
];
/// How they say that it failed, and that it succeeded.
const FAILED: [&str; 3] = ["FAILED", "ERROR", "FAILURE"];
const SUCCEEDED: [&str; 7] = ["SUCCEEDED", "SUCCESS", "COMPLETED", "COMPLETE", "DONE", "AVAILABLE", "ACTIVE"];

impl<'a> Tested<'a> {
    pub(super) fn by(choice: &'a Choice<'a>) -> Self {
        let mut tested =
            Self { places: Vec::new(), words: Vec::new(), is_status: !choice.rules().is_empty(), is_known: true };
        for rule in choice.rules() {
            let mut parts = Parts::default();
            tested.add(&rule.test, &mut parts);
            tested.is_status &= parts.texts > 0 && parts.others == 0;
        }
        tested
    }

    /// Whether the texts are what is said of a job: that it goes on, or that it failed and that it succeeded.
    pub(super) fn is_job(&self) -> bool {
        let is_among = |words: &[&str]| self.words.iter().any(|word| words.contains(&word.as_str()));
        is_among(&UNFINISHED) || (is_among(&FAILED) && is_among(&SUCCEEDED))
    }

    fn add(&mut self, test: &'a Test<'a>, parts: &mut Parts) {
        match &test.kind {
            Some(TestKind::And(tests) | TestKind::Or(tests)) => {
                tests.value.iter().for_each(|test| self.add(test, parts));
            }
            Some(TestKind::Not(test)) => self.add(test, parts),
            Some(TestKind::Comparison(comparison)) => self.add_comparison(comparison, parts),
            Some(TestKind::Condition(Computable::Jsonata(condition))) => self.add_condition(condition, parts),
            Some(TestKind::Condition(Computable::Literal(_))) | None => parts.others += 1,
        }
    }

    fn add_comparison(&mut self, comparison: &'a Comparison, parts: &mut Parts) {
        let paths = comparison.variable.iter().map(|variable| &variable.value).chain(comparison.test.value.path());
        for path in paths {
            if let Some(place) = Place::of(path) {
                self.places.push(place);
            } else {
                self.is_known = false;
                parts.others += 1;
            }
        }
        match &comparison.test.value {
            evaluate::Test::String(Relation::Equals, Operand::Literal(text)) => {
                self.add_word(text);
                parts.texts += 1;
            }
            evaluate::Test::StringMatches(_) => parts.texts += 1,
            // Beside a comparison it only sees to it that there is something to compare.
            evaluate::Test::Is { kind: Kind::Present | Kind::String | Kind::Null, .. } => {}
            _ => parts.others += 1,
        }
    }

    fn add_condition(&mut self, condition: &'a JsonataString, parts: &mut Parts) {
        let references = condition.references();
        self.places.extend(Place::of_jsonata(condition));
        let is_plain = is_repeatable(references) && references.context.is_empty();
        self.is_known &= is_plain;
        let (texts, rest) = quoted(condition.query.expression().text());
        let harmless = ["exists", "not", "string", "uppercase", "lowercase", "trim", "boolean"];
        let compares = (rest.contains('=') || rest.contains(" in "))
            && !rest.contains(|letter: char| letter.is_ascii_digit() || "<>+*/".contains(letter))
            && !["null", "true", "false"].iter().any(|word| rest.contains(word))
            && references.functions.iter().all(|function| harmless.contains(&&*function.name));
        if is_plain && compares && !texts.is_empty() {
            parts.texts += 1;
            for text in texts {
                self.add_word(text);
            }
        } else {
            parts.others += 1;
        }
    }

    fn add_word(&mut self, text: &str) {
        const LONGEST: usize = 20;
        if text.len() <= LONGEST {
            let letters = text.chars().filter(|letter| letter.is_alphanumeric());
            self.words.push(letters.map(|letter| letter.to_ascii_uppercase()).collect());
        }
    }
}

/// How many parts of a rule compare with texts, and how many do something else.
#[derive(Default)]
struct Parts {
    texts: usize,
    others: usize,
}

/// The quoted parts of an expression, and what is left of it.
fn quoted(text: &str) -> (Vec<&str>, String) {
    let (mut texts, mut rest) = (Vec::new(), String::new());
    let mut left = text;
    while let Some((before, quoted)) = left.find(['\'', '"']).and_then(|quote| left.split_at_checked(quote)) {
        rest.push_str(before);
        let mut letters = quoted.chars();
        let Some((inside, after)) = letters.next().and_then(|quote| letters.as_str().split_once(quote)) else {
            left = quoted;
            break;
        };
        texts.push(inside);
        left = after;
    }
    rest.push_str(left);
    (texts, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_from_the_rest() {
        for (text, texts, rest) in [
            ("$a = 'x' or $a = \"y's\"", &["x", "y's"][..], "$a =  or $a = "),
            ("''", &[""], ""),
            ("$a = 'x", &[], "$a = 'x"),
            ("'\u{e9}'\u{e9}", &["\u{e9}"], "\u{e9}"),
        ] {
            assert_eq!(quoted(text), (texts.to_vec(), rest.to_owned()), "{text}");
        }
    }
}
