//! What a look at JSON suffices for, without the walk: paths that only look names up, and arithmetic on what they find.
//!
//! Nothing is copied on the way. What takes more is left to the walk, which comes to the same.

use super::super::compiled::{BinaryOperator, Kind, Look, Node, Symbol};
use super::super::error::Fault;
use super::Evaluator;
use super::operator::{OfNumbers, of_numbers};
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
    pub(super) fn at_a_look(&mut self, node: &Node, input: &Value) -> Result<Option<OfNumbers>, Fault> {
        match &node.kind {
            _ if !node.is_unfiltered() => Ok(None),
            Kind::Binary { operator, looks, .. } => self.operator_at_a_look(*operator, looks.as_deref(), Some(input)),
            Kind::Block { parts, binds: false } => match parts.as_slice() {
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
        looks: Option<&(Look, Look)>,
        input: Option<&Value>,
    ) -> Result<Option<OfNumbers>, Fault> {
        let Some((left, right)) = looks else { return Ok(None) };
        let Some(left) = self.number_at_a_look(left, input)? else { return Ok(None) };
        let Some(right) = self.number_at_a_look(right, input)? else { return Ok(None) };
        Ok(of_numbers(operator, left, right))
    }

    fn number_at_a_look(&mut self, look: &Look, input: Option<&Value>) -> Result<Option<f64>, Fault> {
        let (from, names) = match look {
            Look::Number(number) => return Ok(Some(*number)),
            Look::Path { from, names } => (from, names.as_slice()),
        };
        self.bounds.spend(1 + names.len() as u64)?;
        let start = match (from, names) {
            (None, names) => input.map(|input| (input, names)),
            (Some(symbol), []) => {
                self.host_variable(*symbol).and_then(|name| Some((self.bindings.known(name)?, names)))
            }
            (Some(symbol), [member, rest @ ..]) => {
                self.host_variable(*symbol).and_then(|name| Some((self.bindings.member(name, member)?, rest)))
            }
        };
        let found = start.and_then(|(start, names)| names.iter().try_fold(start, |value, name| value.get(name)));
        Ok(found.and_then(Value::as_f64))
    }

    /// What `$variable.member` is, if the host can tell.
    fn member_of_variable(&self, variable: &Node, member: &Node) -> Option<&'e Value> {
        let Kind::Variable(symbol) = variable.kind else { return None };
        let name = if variable.is_bare() { self.host_variable(symbol)? } else { return None };
        self.bindings.member(name, member.name_looked_up()?)
    }

    /// The name of a variable that only the host can have.
    fn host_variable(&self, symbol: Symbol) -> Option<&'e str> {
        if self.compiled.is_bound.get(symbol.0).copied().unwrap_or(true) {
            return None;
        }
        self.compiled.names.get(symbol.0).map(|name| &**name).filter(|name| *name != "$")
    }
}
