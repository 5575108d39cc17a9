//! What a look at JSON suffices for, without the walk: paths that only look names up, and arithmetic on what they find.
//!
//! Nothing is copied on the way. What takes more is left to the walk, which comes to the same.

use super::super::compiled::{BinaryOperator, Kind, Node};
use super::super::error::Fault;
use super::operator::of_numbers;
use super::{Evaluated, Evaluator};
use crate::value::Value;

/// How far a path could be followed.
pub(super) enum Followed<'v> {
    /// To a value, with this many steps taken.
    To { value: &'v Value, taken: usize },
    /// To a name that an object does not have.
    Nowhere,
    /// Not at all: it starts from something else than a JSON object.
    NotAtAll,
}

impl<'e> Evaluator<'e> {
    /// Follows the first steps of a path, as far as they look names up in JSON objects.
    pub(super) fn follow<'v>(&mut self, steps: &'v [Node], input: Option<&'v Value>) -> Result<Followed<'v>, Fault>
    where
        'e: 'v,
    {
        let (mut value, mut taken) = match (steps, input) {
            ([variable, member, ..], _) if let Some(value) = self.member_of_variable(variable, member) => (value, 2),
            ([first, ..], Some(value)) if matches!(first.kind, Kind::Name(_)) => (value, 0),
            _ => return Ok(Followed::NotAtAll),
        };
        let mut is_defined = true;
        while let Value::Object(object) = value
            && let Some(name) = steps.get(taken).and_then(Node::name_looked_up)
        {
            taken += 1;
            let Some(found) = object.get(name) else {
                is_defined = false;
                break;
            };
            value = found;
        }
        self.bounds.spend(taken as u64)?;
        Ok(match taken {
            _ if !is_defined => Followed::Nowhere,
            0 => Followed::NotAtAll,
            _ => Followed::To { value, taken },
        })
    }

    /// What `node` yields, if it is an operator between numbers, be it in parentheses or not.
    pub(super) fn at_a_look(&mut self, node: &'e Node, input: &Value) -> Evaluated {
        match &node.kind {
            Kind::Binary { operator, operands } if node.is_unfiltered() => {
                self.operator_at_a_look(*operator, operands, Some(input))
            }
            Kind::Block { parts, binds: false } if node.is_unfiltered() => match parts.as_slice() {
                [only] => self.at_a_look(only, input),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// What an operator yields, if a look shows both of its operands to be numbers.
    pub(super) fn operator_at_a_look(
        &mut self,
        operator: BinaryOperator,
        operands: &'e (Node, Node),
        input: Option<&Value>,
    ) -> Evaluated {
        let Some(left) = self.number_at_a_look(&operands.0, input)? else { return Ok(None) };
        let Some(right) = self.number_at_a_look(&operands.1, input)? else { return Ok(None) };
        Ok(of_numbers(operator, left, right))
    }

    fn number_at_a_look(&mut self, node: &'e Node, input: Option<&Value>) -> Result<Option<f64>, Fault> {
        match &node.kind {
            Kind::Literal(value) if node.is_unfiltered() => Ok(value.as_f64()),
            Kind::Path { steps, keep_singleton: false } if node.is_unfiltered() => match self.follow(steps, input)? {
                Followed::To { value, taken } if taken == steps.len() => Ok(value.as_f64()),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// What `$variable.member` is, if the host can tell.
    fn member_of_variable(&self, variable: &Node, member: &Node) -> Option<&'e Value> {
        let Kind::Variable(symbol) = variable.kind else { return None };
        if !variable.is_bare() || self.compiled.is_bound.get(symbol.0).copied().unwrap_or(true) {
            return None;
        }
        let name = self.compiled.names.get(symbol.0).filter(|name| &***name != "$")?;
        self.bindings.member(name, member.name_looked_up()?)
    }
}

impl Node {
    /// Whether nothing is done with what this yields.
    pub(super) fn is_bare(&self) -> bool {
        !self.is_tuple && self.is_unfiltered() && self.stages.is_empty()
    }

    /// Whether what this yields has yet to go through its stages at most.
    pub(super) fn is_unfiltered(&self) -> bool {
        !self.keep_array && self.predicates.is_empty() && self.group.is_none()
    }

    /// The name that this step looks up, if it does nothing else.
    fn name_looked_up(&self) -> Option<&str> {
        match &self.kind {
            Kind::Name(name) if self.is_bare() => Some(name),
            _ => None,
        }
    }
}
