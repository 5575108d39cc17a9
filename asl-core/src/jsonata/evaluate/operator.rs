//! Operators.

use std::cmp::Ordering;

use super::super::ast::Span;
use super::super::compiled::{BinaryOperator, Kind, Node};
use super::super::error::Fault;
use super::super::functions::{self, Layout};
use super::super::item::Item;
use super::frame::FrameId;
use super::{Bounds, Evaluated, Evaluator};

/// The longest range that the reference makes.
const LONGEST_RANGE: f64 = 1e7;

impl<'e> Evaluator<'e> {
    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        operands: &'e (Node, Node),
        span: Span,
        input: Option<&Item>,
        frame: FrameId,
    ) -> Evaluated {
        if operator == BinaryOperator::Concatenate {
            let mut text = String::new();
            self.concatenate(operands, span, input, frame, &mut text)?;
            return Ok(Some(text.into()));
        }
        let left = self.evaluate(&operands.0, input, frame)?;
        if let BinaryOperator::And | BinaryOperator::Or = operator {
            let left = self.is_truthy(left.as_ref())?;
            if left == (operator == BinaryOperator::Or) {
                return Ok(Some(left.into()));
            }
            let right = self.evaluate(&operands.1, input, frame)?;
            return Ok(Some(self.is_truthy(right.as_ref())?.into()));
        }
        let right = self.evaluate(&operands.1, input, frame)?;
        self.apply_operator(operator, left, right).map_err(|fault| fault.with_span(span).with_token(operator.symbol()))
    }

    fn apply_operator(&mut self, operator: BinaryOperator, left: Option<Item>, right: Option<Item>) -> Evaluated {
        match operator {
            BinaryOperator::Add
            | BinaryOperator::Subtract
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Remainder => arithmetic(operator, left.as_ref(), right.as_ref()),
            BinaryOperator::Equal | BinaryOperator::NotEqual => {
                let (Some(left), Some(right)) = (left, right) else { return Ok(Some(false.into())) };
                let equal = self.deep_equals(&left, &right)?;
                Ok(Some((equal == (operator == BinaryOperator::Equal)).into()))
            }
            BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual => {
                self.bounds.read_text(left.as_ref().and_then(Item::as_str).map_or(0, str::len))?;
                comparison(operator, left.as_ref(), right.as_ref())
            }
            BinaryOperator::Range => self.range(left.as_ref(), right.as_ref()),
            BinaryOperator::In => {
                let (Some(left), Some(right)) = (left, right) else { return Ok(Some(false.into())) };
                let text = left.as_str().map_or(0, str::len);
                self.bounds.read_text(text)?;
                let found = match right.as_array() {
                    Some(array) => {
                        self.bounds.spend(array.len() as u64)?;
                        self.bounds.read_text(text.saturating_mul(array.len()))?;
                        array.iter().any(|item| item.is_identical(&left))
                    }
                    None => right.is_identical(&left),
                };
                Ok(Some(found.into()))
            }
            BinaryOperator::Concatenate | BinaryOperator::And | BinaryOperator::Or => Ok(None),
        }
    }

    pub(in super::super) fn deep_equals(&mut self, left: &Item, right: &Item) -> Result<bool, Fault> {
        let mut comparisons = 0;
        let equal = left.deep_equals(right, &mut comparisons);
        self.bounds.spend(comparisons)?;
        Ok(equal)
    }

    pub(super) fn negation(
        &mut self,
        operand: &'e Node,
        span: Span,
        input: Option<&Item>,
        frame: FrameId,
    ) -> Evaluated {
        let Some(operand) = self.evaluate(operand, input, frame)? else { return Ok(None) };
        match functions::finite_number(&operand).map_err(|fault| fault.with_span(span))? {
            Some(number) => Ok(Some((-number).into())),
            None => Err(Fault::at("D1002", span).with_token("-").with("value", functions::quote(&operand))),
        }
    }

    /// Appends `left & right` to `text`, which is empty; in a chain, each operand to what those before it made.
    fn concatenate(
        &mut self,
        (left, right): &'e (Node, Node),
        span: Span,
        input: Option<&Item>,
        frame: FrameId,
        text: &mut String,
    ) -> Result<(), Fault> {
        let blame = |fault: Fault| fault.with_span(span).with_token(BinaryOperator::Concatenate.symbol());
        let right = match &left.kind {
            Kind::Binary { operator: BinaryOperator::Concatenate, operands, .. } if left.is_bare() => {
                self.bounds.enter().map_err(|fault| fault.with_span(left.span))?;
                self.concatenate(operands, left.span, input, frame, text)?;
                self.bounds.leave();
                self.evaluate(right, input, frame)?
            }
            _ => {
                let left = self.evaluate(left, input, frame)?;
                let right = self.evaluate(right, input, frame)?;
                append(text, left.as_ref(), &mut self.bounds).map_err(blame)?;
                right
            }
        };
        append(text, right.as_ref(), &mut self.bounds).map_err(blame)?;
        self.bounds.charge_text(text.len()).map_err(blame)
    }

    /// The whole numbers from `left` to `right`, as a sequence.
    fn range(&mut self, left: Option<&Item>, right: Option<&Item>) -> Evaluated {
        let whole = |item: &Item| item.as_f64().filter(|number| number.fract() == 0.0);
        let bound = |item: Option<&Item>, code: &'static str| match item {
            None => Ok(None),
            Some(item) => whole(item).map(Some).ok_or_else(|| Fault::new(code).with("value", functions::quote(item))),
        };
        let (first, last) = (bound(left, "T2003")?, bound(right, "T2004")?);
        let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
        if first > last {
            return Ok(None);
        }
        let size = last - first + 1.0;
        if size > LONGEST_RANGE {
            return Err(Fault::new("D2014").with("value", functions::quote(&size.into())));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, and at most the longest range"
        )]
        let count = size as usize;
        self.bounds.charge_items(count)?;
        let mut items = Vec::with_capacity(count);
        let mut number = first;
        while number <= last && items.len() < count {
            items.push(Item::from(number));
            number += 1.0;
        }
        Ok(Some(Item::sequence(items)))
    }
}

fn append(text: &mut String, item: Option<&Item>, bounds: &mut Bounds) -> Result<(), Fault> {
    let Some(item) = item else { return Ok(()) };
    match item.as_str() {
        Some(part) => text.push_str(part),
        None => text.push_str(&functions::to_text(item, Layout::Compact, bounds)?),
    }
    Ok(())
}

fn arithmetic(operator: BinaryOperator, left: Option<&Item>, right: Option<&Item>) -> Evaluated {
    let operand = |item: Option<&Item>, code: &'static str| match item {
        None => Ok(None),
        Some(item) => match functions::finite_number(item)? {
            Some(number) => Ok(Some(number)),
            None => Err(Fault::new(code).with("value", functions::quote(item))),
        },
    };
    let (left, right) = (operand(left, "T2001")?, operand(right, "T2002")?);
    let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
    Ok(of_numbers(operator, left, right).map(Item::from))
}

/// What an operator yields for two numbers.
#[derive(Debug, Clone, Copy)]
pub(super) enum OfNumbers {
    Number(f64),
    Bool(bool),
}

impl From<OfNumbers> for Item {
    fn from(result: OfNumbers) -> Self {
        match result {
            OfNumbers::Number(number) => number.into(),
            OfNumbers::Bool(boolean) => boolean.into(),
        }
    }
}

/// What an arithmetic operator or a comparison makes of two finite numbers.
pub(super) fn of_numbers(operator: BinaryOperator, left: f64, right: f64) -> Option<OfNumbers> {
    Some(match operator {
        BinaryOperator::Add => OfNumbers::Number(left + right),
        BinaryOperator::Subtract => OfNumbers::Number(left - right),
        BinaryOperator::Multiply => OfNumbers::Number(left * right),
        BinaryOperator::Divide => OfNumbers::Number(left / right),
        BinaryOperator::Remainder => OfNumbers::Number(left % right),
        BinaryOperator::Less => OfNumbers::Bool(left < right),
        BinaryOperator::LessOrEqual => OfNumbers::Bool(left <= right),
        BinaryOperator::Greater => OfNumbers::Bool(left > right),
        BinaryOperator::GreaterOrEqual => OfNumbers::Bool(left >= right),
        _ => return None,
    })
}

fn comparison(operator: BinaryOperator, left: Option<&Item>, right: Option<&Item>) -> Evaluated {
    let is_comparable = |item: &&Item| item.as_f64().is_some() || item.as_str().is_some();
    if let Some(wrong) = [left, right].into_iter().flatten().find(|item| !is_comparable(item)) {
        return Err(Fault::new("T2010").with("value", functions::quote(wrong)));
    }
    let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
    let order = match (left.as_str(), right.as_str(), left.as_f64(), right.as_f64()) {
        (Some(left), Some(right), ..) => Some(compare_text(left, right)),
        (_, _, Some(left), Some(right)) => left.partial_cmp(&right),
        _ => {
            let fault = Fault::new("T2009").with("value", functions::quote(left));
            return Err(fault.with("value2", functions::quote(right)));
        }
    };
    let holds = order.is_some_and(|order| match operator {
        BinaryOperator::Less => order.is_lt(),
        BinaryOperator::LessOrEqual => order.is_le(),
        BinaryOperator::Greater => order.is_gt(),
        _ => order.is_ge(),
    });
    Ok(Some(holds.into()))
}

/// The order of two texts by UTF-16 code units, which is not quite that of their characters.
pub(in super::super) fn compare_text(left: &str, right: &str) -> Ordering {
    let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    let same = (0..=same).rev().find(|&at| left.is_char_boundary(at)).unwrap_or(0);
    let rest = |text: &str| text.get(same..).and_then(|rest| rest.chars().next());
    match (rest(left), rest(right)) {
        (Some(left), Some(right)) => left.encode_utf16(&mut [0; 2]).cmp(&right.encode_utf16(&mut [0; 2])),
        (left, right) => left.cmp(&right),
    }
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;
    use crate::jsonata::{Dialect, Environment, Expression, Outcome};
    use crate::value::Object;

    #[test]
    fn a_chain_of_texts_is_joined_as_if_two_by_two() {
        check("'a' & 1 & true & [2]", r#""a1true[2]""#);
        check("'a' & ('b' & 'c') & nope & ('d' & 'e')[0]", r#""abcde""#);
        check("nope & nope", r#""""#);
        check("1/0 & 'a' & $error('not reached')", "D3001");
        check("'a' & 'b' & 1/0", "D3001");
        check("$error('first') & 1/0", "D3137");
    }

    #[test]
    fn an_error_in_a_chain_names_the_operator_that_failed() {
        let chain = Expression::parse("'a' & 'b' & 1/0 & 'c'", Dialect::Reference).unwrap();
        let error = chain.evaluate(None, &(), &Environment::default()).unwrap_err();
        assert_eq!((error.code(), error.span()), ("D3001", 10..11));
    }

    #[test]
    fn variables_of_the_host_are_operands_unless_the_expression_binds_them() {
        let host: Object = [("n", 2)].into_iter().collect();
        for (text, expected) in [
            ("$n + 1", "3"),
            ("$n < $n", "false"),
            ("($n := 5; $n + 1)", "6"),
            ("function($n) { $n * 2 }(7)", "14"),
            ("$map([1, 2], function($x) { $x * $n })", "[2,4]"),
            ("$nope + $n", "undefined"),
        ] {
            let expression = Expression::parse(text, Dialect::Aws).unwrap();
            let outcome = match expression.evaluate(None, &host, &Environment::default()).unwrap() {
                Outcome::Value(value) => value.to_string(),
                _ => "undefined".to_owned(),
            };
            assert_eq!(outcome, expected, "{text}");
        }
    }
}
