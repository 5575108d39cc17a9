//! Shared arrays.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::{Measure, Node, Value};

/// A shared array; reads as a slice of [`Value`].
#[derive(Clone, Default)]
pub struct Array(Arc<Node<Vec<Value>>>);

impl Array {
    /// The elements to change: copied first if the array is shared.
    pub fn make_mut(&mut self) -> &mut Vec<Value> {
        Node::change(&mut self.0)
    }

    /// The elements in the form that `jsonpath-rust` asks for.
    pub(crate) fn as_vec(&self) -> &Vec<Value> {
        &self.0.body
    }

    /// Whether both are one array in memory, not only equal.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn measured(&self) -> Option<Measure> {
        self.0.measure.get()
    }

    pub(super) fn measure(&self) -> Measure {
        self.0.measure.get_or_init(|| Measure::container(self.iter().map(|element| (0, element))))
    }
}

impl Deref for Array {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0.body
    }
}

impl From<Vec<Value>> for Array {
    fn from(elements: Vec<Value>) -> Self {
        Self(Node::new(elements))
    }
}

impl<'a> IntoIterator for &'a Array {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.body == other.0.body
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}
