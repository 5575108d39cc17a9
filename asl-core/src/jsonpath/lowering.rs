//! Selectors in `jsonpath-rust`'s query model.
//!
//! A filter becomes a query over a document of its own, made of references: the candidates, the document that `$`
//! means, and the filter's literals. Jayway's operators become extension functions, called by how they are written.

use jsonpath_rust::parser::model::{
    Filter as ModelFilter, FilterAtom, FnArg, JpQuery, Literal, Segment, Selector as ModelSelector, Test, TestFunction,
};
use jsonpath_rust::query::js_path_process;

use super::filter::{Anchor, Comparison, Filter, FilterPath, FilterPathEnd, Operand, Operator};
use super::step::{Selector, Step};
use crate::value::{Array, Object, Value};

const CANDIDATES: &str = "candidates";
const DOCUMENT: &str = "document";
const LITERALS: &str = "literals";

/// A selector, ready to be run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Query {
    /// Runs over the value itself.
    Elements(JpQuery),
    /// Runs over candidates, the whole document and these literals.
    Filter { query: JpQuery, literals: Value },
}

impl Query {
    pub(super) fn new(selector: &Selector) -> Self {
        match selector {
            Selector::Wildcard => Self::Elements(JpQuery::new(vec![Segment::Selector(ModelSelector::Wildcard)])),
            Selector::Slice { from, to } => Self::Elements(JpQuery::new(vec![slice(*from, *to)])),
            Selector::Filter(filter) => {
                let mut literals = Vec::new();
                let filter = ModelSelector::Filter(lower(filter, &mut literals));
                let query = JpQuery::new(vec![Segment::name(CANDIDATES), Segment::Selector(filter)]);
                Self::Filter { query, literals: literals.into() }
            }
        }
    }

    /// What a wildcard or a slice selects of `value`.
    pub(super) fn elements(&self, value: &Value) -> Vec<Value> {
        match self {
            Self::Elements(query) => run(query, value),
            Self::Filter { .. } => Vec::new(),
        }
    }

    /// The candidates that a filter accepts.
    pub(super) fn accepted(&self, candidates: Array, document: &Value) -> Vec<Value> {
        match self {
            Self::Elements(_) => Vec::new(),
            Self::Filter { query, literals } => {
                let world: Object = [
                    (CANDIDATES, Value::Array(candidates)),
                    (DOCUMENT, document.clone()),
                    (LITERALS, literals.clone()),
                ]
                .into_iter()
                .collect();
                run(query, &Value::Object(world))
            }
        }
    }
}

fn run(query: &JpQuery, value: &Value) -> Vec<Value> {
    js_path_process(query, value)
        .map_or_else(|_| Vec::new(), |found| found.into_iter().map(|one| one.val.clone()).collect())
}

/// Jayway counts both ends of a slice one by one: `[1:-1]` is empty, and `[-1:2]` goes from the end over to the start.
fn slice(from: Option<i64>, to: Option<i64>) -> Segment {
    let slice = |from, to| ModelSelector::Slice(from, to, None);
    match (from, to) {
        (Some(from @ 0..), Some(..0)) => Segment::Selector(slice(Some(from), Some(from))),
        (Some(from @ ..0), Some(to @ 0..)) => Segment::Selectors(vec![slice(Some(from), None), slice(None, Some(to))]),
        (from, to) => Segment::Selector(slice(from, to)),
    }
}

fn lower(filter: &Filter, literals: &mut Vec<Value>) -> ModelFilter {
    match filter {
        Filter::Or(parts) => ModelFilter::Or(parts.iter().map(|part| lower(part, literals)).collect()),
        Filter::And(parts) => ModelFilter::And(parts.iter().map(|part| lower(part, literals)).collect()),
        Filter::Not(part) => ModelFilter::Atom(FilterAtom::filter(lower(part, literals), true)),
        Filter::Exists(path) => ModelFilter::Atom(FilterAtom::test(path_test(path), false)),
        Filter::Compare(comparison) => compare(comparison, literals),
    }
}

fn compare(comparison: &Comparison, literals: &mut Vec<Value>) -> ModelFilter {
    let Comparison { left, operator, right } = comparison;
    let (operator, negated) = operator.negated().map_or((*operator, false), |negated| (negated, true));
    let (left, right) = match (left, right) {
        // The query model wants the pattern second.
        (pattern @ Operand::Pattern(_), text) => (text, pattern),
        other => other,
    };
    let (left, right) = (operand(left, literals), operand(right, literals));
    let function = if operator == Operator::Matches {
        TestFunction::Match(left, right)
    } else {
        TestFunction::Custom(operator.text().into(), vec![left, right])
    };
    ModelFilter::Atom(FilterAtom::test(Test::Function(Box::new(function)), negated))
}

fn operand(operand: &Operand, literals: &mut Vec<Value>) -> FnArg {
    match operand {
        Operand::Path(path) => {
            let value = FnArg::Test(Box::new(path_test(path)));
            match path.end {
                FilterPathEnd::Value => value,
                FilterPathEnd::Length => {
                    FnArg::Test(Box::new(Test::Function(Box::new(TestFunction::Length(Box::new(value))))))
                }
            }
        }
        Operand::Literal(literal) => {
            let index = i64::try_from(literals.len()).unwrap_or(i64::MAX);
            literals.push(literal.clone());
            let segments = vec![Segment::name(LITERALS), Segment::Selector(ModelSelector::Index(index))];
            FnArg::Test(Box::new(Test::AbsQuery(JpQuery::new(segments))))
        }
        Operand::Pattern(pattern) => FnArg::Literal(Literal::String(pattern.clone())),
    }
}

fn path_test(path: &FilterPath) -> Test {
    let steps = path.steps.iter().filter_map(singular);
    match path.anchor {
        Anchor::Candidate => Test::RelQuery(steps.collect()),
        Anchor::Document => {
            Test::AbsQuery(JpQuery::new(std::iter::once(Segment::name(DOCUMENT)).chain(steps).collect()))
        }
    }
}

/// A name or an index as a segment of the query model.
pub(super) fn singular(step: &Step) -> Option<Segment> {
    match step {
        Step::Name(name) => Some(Segment::name(name)),
        Step::Index(index) => Some(Segment::Selector(ModelSelector::Index(*index))),
        _ => None,
    }
}
