//! `^(…)`: order by terms.

use std::cmp::Ordering;

use super::super::ast::Span;
use super::super::compiled::SortTerm;
use super::super::error::Fault;
use super::super::functions;
use super::super::item::{ArrayRef, Item};
use super::frame::FrameId;
use super::operator::compare_text;
use super::path::Sequence;
use super::{Evaluated, Evaluator, Tuple};

/// Something to sort, and those of its keys that were needed so far.
struct Sortable<T> {
    element: T,
    keys: Vec<Option<Item>>,
}

impl<'e> Evaluator<'e> {
    /// The elements of a sequence in order.
    pub(super) fn sort_items(
        &mut self,
        terms: &'e [SortTerm],
        span: Span,
        array: &Item,
        frame: FrameId,
    ) -> Result<Sequence, Fault> {
        let mut items = array.as_array().map(ArrayRef::to_vec).unwrap_or_default();
        if items.len() <= 1 {
            return Ok(items.pop().map_or(Sequence::Empty, |item| Sequence::One(Some(item))));
        }
        self.bounds.charge_items(items.len())?;
        let sorted = self.sort_by_terms(terms, span, items, |evaluator, term, item| {
            evaluator.evaluate(&term.expression, Some(item), frame)
        })?;
        Ok(Sequence::Many(Item::array(sorted)))
    }

    pub(super) fn sort_tuples(
        &mut self,
        terms: &'e [SortTerm],
        span: Span,
        tuples: Vec<Tuple>,
        frame: FrameId,
    ) -> Result<Vec<Tuple>, Fault> {
        if tuples.len() <= 1 {
            return Ok(tuples);
        }
        self.sort_by_terms(terms, span, tuples, |evaluator, term, tuple| {
            evaluator.evaluate_for(&term.expression, tuple, frame)
        })
    }

    fn sort_by_terms<T>(
        &mut self,
        terms: &'e [SortTerm],
        span: Span,
        elements: Vec<T>,
        mut key: impl FnMut(&mut Self, &'e SortTerm, &T) -> Evaluated,
    ) -> Result<Vec<T>, Fault> {
        let sortable = elements.into_iter().map(|element| Sortable { element, keys: Vec::new() }).collect();
        let sorted = merge_sort(sortable, &mut |left: &mut Sortable<T>, right: &mut Sortable<T>| {
            self.bounds.spend(1)?;
            for (position, term) in terms.iter().enumerate() {
                for side in [&mut *left, &mut *right] {
                    if side.keys.len() == position {
                        let found = key(self, term, &side.element)?;
                        side.keys.push(found);
                    }
                }
                let key_of = |side: &Sortable<T>| side.keys.get(position).cloned().flatten();
                let left = key_of(left);
                self.bounds.read_text(left.as_ref().and_then(Item::as_str).map_or(0, str::len))?;
                let order = compare_keys(left.as_ref(), key_of(right).as_ref(), span)?;
                match (order, term.descending) {
                    (KeyOrder::Known(Ordering::Equal), _) => {}
                    (KeyOrder::Known(order), false) | (KeyOrder::Missing(order), _) => return Ok(order.is_gt()),
                    (KeyOrder::Known(order), true) => return Ok(order.is_lt()),
                }
            }
            Ok(false)
        })?;
        Ok(sorted.into_iter().map(|sortable| sortable.element).collect())
    }
}

enum KeyOrder {
    Known(Ordering),
    /// One has no key: it comes last, be the order descending or not.
    Missing(Ordering),
}

fn compare_keys(left: Option<&Item>, right: Option<&Item>, span: Span) -> Result<KeyOrder, Fault> {
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (None, None) => return Ok(KeyOrder::Known(Ordering::Equal)),
        (None, Some(_)) => return Ok(KeyOrder::Missing(Ordering::Greater)),
        (Some(_), None) => return Ok(KeyOrder::Missing(Ordering::Less)),
    };
    match (left.as_str(), right.as_str(), left.as_f64(), right.as_f64()) {
        (Some(left), Some(right), ..) => Ok(KeyOrder::Known(compare_text(left, right))),
        (_, _, Some(left), Some(right)) => Ok(KeyOrder::Known(left.partial_cmp(&right).unwrap_or(Ordering::Greater))),
        (None, _, None, _) => Err(Fault::at("T2008", span).with("value", functions::quote(left))),
        (_, None, _, None) => Err(Fault::at("T2008", span).with("value", functions::quote(right))),
        _ => {
            let fault = Fault::at("T2007", span).with("value", functions::quote(left));
            Err(fault.with("value2", functions::quote(right)))
        }
    }
}

/// A stable sort whose comparison may fail: `is_after` says whether its first argument belongs after its second.
pub(in super::super) fn merge_sort<T>(
    mut elements: Vec<T>,
    is_after: &mut impl FnMut(&mut T, &mut T) -> Result<bool, Fault>,
) -> Result<Vec<T>, Fault> {
    if elements.len() <= 1 {
        return Ok(elements);
    }
    let right = elements.split_off(elements.len() / 2);
    let mut left = merge_sort(elements, is_after)?.into_iter();
    let mut right = merge_sort(right, is_after)?.into_iter();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut next_left, mut next_right) = (left.next(), right.next());
    while let (Some(first), Some(second)) = (&mut next_left, &mut next_right) {
        if is_after(first, second)? {
            merged.extend(std::mem::replace(&mut next_right, right.next()));
        } else {
            merged.extend(std::mem::replace(&mut next_left, left.next()));
        }
    }
    merged.extend(next_left);
    merged.extend(left);
    merged.extend(next_right);
    merged.extend(right);
    Ok(merged)
}
