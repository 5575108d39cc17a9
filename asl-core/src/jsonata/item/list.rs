//! Arrays that the expression built.

use std::rc::Rc;

use super::{Extent, Item, signature_letter_of};
use crate::value::Value;

/// An array, and the part it plays in a result.
#[derive(Debug, Clone)]
pub(in super::super) struct List {
    items: Vec<Item>,
    role: Role,
    extent: Extent,
}

/// What becomes of an array when a result holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Role {
    /// It stays an array; in a path its elements join the sequence.
    Plain,
    /// Of no items it is undefined, of one it is the item.
    Sequence,
    /// A sequence that stays an array even of one item.
    KeptSequence,
    /// Written as `[…]` at an end of a path: it joins a sequence as one element.
    Constructed,
    /// The sequence of one that wraps an input array.
    InputWrapper,
}

impl List {
    pub(in super::super) fn new(items: Vec<Item>, role: Role) -> Self {
        let mut extent = Extent { depth: 1, size: 32 };
        for item in &items {
            extent.add(item.extent());
        }
        Self { items, role, extent }
    }

    pub(in super::super) fn items(&self) -> &[Item] {
        &self.items
    }

    /// The items, copied only if the list is shared.
    pub(in super::super) fn take_items(list: Rc<Self>) -> Vec<Item> {
        Rc::try_unwrap(list).map_or_else(|shared| shared.items.clone(), |list| list.items)
    }

    pub(in super::super) fn role(&self) -> Role {
        self.role
    }

    pub(in super::super) fn set_role(&mut self, role: Role) {
        self.role = role;
    }

    pub(in super::super) fn is_sequence(&self) -> bool {
        matches!(self.role, Role::Sequence | Role::KeptSequence | Role::InputWrapper)
    }

    pub(in super::super) fn extent(&self) -> Extent {
        self.extent
    }
}

/// An array of either form.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum ArrayRef<'a> {
    Json(&'a [Value]),
    List(&'a List),
}

impl<'a> ArrayRef<'a> {
    pub(in super::super) fn len(self) -> usize {
        match self {
            Self::Json(values) => values.len(),
            Self::List(list) => list.items.len(),
        }
    }

    pub(in super::super) fn get(self, index: usize) -> Option<Item> {
        match self {
            Self::Json(values) => values.get(index).cloned().map(Item::Value),
            Self::List(list) => list.items.get(index).cloned(),
        }
    }

    pub(in super::super) fn iter(self) -> impl Iterator<Item = Item> + 'a {
        (0..self.len()).filter_map(move |index| self.get(index))
    }

    /// The elements by reference.
    pub(in super::super) fn elements(self) -> impl Iterator<Item = ElementRef<'a>> {
        (0..self.len()).filter_map(move |index| match self {
            Self::Json(values) => values.get(index).map(ElementRef::Json),
            Self::List(list) => list.items.get(index).map(ElementRef::Item),
        })
    }

    /// The letter that signatures use for the kind of each element.
    pub(in super::super) fn signature_letters(self) -> impl Iterator<Item = char> + 'a {
        (0..self.len()).filter_map(move |index| match self {
            Self::Json(values) => values.get(index).map(signature_letter_of),
            Self::List(list) => list.items.get(index).map(Item::signature_letter),
        })
    }

    /// The numbers among the elements.
    pub(in super::super) fn numbers(self) -> impl Iterator<Item = f64> + 'a {
        (0..self.len()).filter_map(move |index| match self {
            Self::Json(values) => values.get(index).and_then(Value::as_f64),
            Self::List(list) => list.items.get(index).and_then(Item::as_f64),
        })
    }

    pub(in super::super) fn to_vec(self) -> Vec<Item> {
        match self {
            Self::Json(values) => values.iter().cloned().map(Item::Value).collect(),
            Self::List(list) => list.items.clone(),
        }
    }

    /// Whether this array joins a sequence element by element.
    pub(in super::super) fn is_flattened(self) -> bool {
        !matches!(self, Self::List(list) if list.role == Role::Constructed)
    }

    pub(in super::super) fn is_sequence(self) -> bool {
        matches!(self, Self::List(list) if list.is_sequence())
    }
}

/// An element of an array of either form.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum ElementRef<'a> {
    Json(&'a Value),
    Item(&'a Item),
}

impl<'a> ElementRef<'a> {
    /// The element, if it is JSON that the expression did not build.
    pub(in super::super) fn as_json(self) -> Option<&'a Value> {
        match self {
            Self::Json(value) => Some(value),
            Self::Item(item) => item.as_json(),
        }
    }

    pub(in super::super) fn to_item(self) -> Item {
        match self {
            Self::Json(value) => Item::Value(value.clone()),
            Self::Item(item) => item.clone(),
        }
    }
}
