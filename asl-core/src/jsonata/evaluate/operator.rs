//! Operators.

use std::cmp::Ordering;

use super::super::ast::Span;
use super::super::compiled::{BinaryOperator, Node};
use super::super::error::Fault;
use super::super::functions;
use super::super::item::Item;
use super::frame::FrameId;
use super::{Evaluated, Evaluator};

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
        if let Some(result) = self.operator_at_a_look(operator, operands, input.and_then(Item::as_json))? {
            return Ok(Some(result));
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
            BinaryOperator::Concatenate => self.concatenation(left.as_ref(), right.as_ref()),
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
            BinaryOperator::And | BinaryOperator::Or => Ok(None),
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

    fn concatenation(&mut self, left: Option<&Item>, right: Option<&Item>) -> Evaluated {
        let mut text = String::new();
        for item in [left, right].into_iter().flatten() {
            match item.as_str() {
                Some(part) => text.push_str(part),
                None => text.push_str(&functions::to_text(item, false, &mut self.bounds)?),
            }
        }
        self.bounds.charge_text(text.len())?;
        Ok(Some(text.into()))
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
    Ok(of_numbers(operator, left, right))
}

/// What an arithmetic operator or a comparison makes of two finite numbers.
pub(super) fn of_numbers(operator: BinaryOperator, left: f64, right: f64) -> Option<Item> {
    Some(match operator {
        BinaryOperator::Add => (left + right).into(),
        BinaryOperator::Subtract => (left - right).into(),
        BinaryOperator::Multiply => (left * right).into(),
        BinaryOperator::Divide => (left / right).into(),
        BinaryOperator::Remainder => (left % right).into(),
        BinaryOperator::Less => (left < right).into(),
        BinaryOperator::LessOrEqual => (left <= right).into(),
        BinaryOperator::Greater => (left > right).into(),
        BinaryOperator::GreaterOrEqual => (left >= right).into(),
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
