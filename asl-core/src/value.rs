//! Shared, immutable JSON: the payloads that flow between states.
//!
//! A [`Value`] keeps the order of an object's keys, clones by bumping a reference count, and is changed by
//! copy-on-write along the changed path only, so a history can keep every state's input and output.
//! Its text size and depth are measured once per node and remembered: what comes from JSON while it is made, everything
//! else when a payload limit first asks.

mod array;
mod number;
mod object;
mod serde_form;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::array::Array;
pub use self::number::Number;
pub use self::object::{Iter as ObjectIter, Object};

/// A JSON value whose strings, arrays and objects are shared.
///
/// The enum is exhaustive: JSON has six kinds of value and will not get a seventh.
///
/// # Examples
///
/// Cloning shares, changing copies only what changes:
///
/// ```
/// use asl_core::Value;
///
/// let order: Value = serde_json::json!({"id": 7, "lines": ["tea", "milk"]}).into();
/// let mut shipped = order.as_object().cloned().unwrap_or_default();
/// shipped.insert("shipped", true);
/// assert_eq!(Value::from(shipped).to_string(), r#"{"id":7,"lines":["tea","milk"],"shipped":true}"#);
/// assert_eq!(order.to_string(), r#"{"id":7,"lines":["tea","milk"]}"#);
/// ```
// The tag takes a word, so that what follows it is aligned: a value that is moved twice in a row is read back in the
// pieces in which it was written, which processors do much faster than in others.
#[derive(Clone, Default, PartialEq)]
#[repr(u64)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, integers kept apart from floats.
    Number(Number),
    /// A string.
    String(Arc<str>),
    /// An array.
    Array(Array),
    /// An object, in the order its keys were written.
    Object(Object),
}

impl Value {
    /// An object without members.
    pub fn empty_object() -> Self {
        Self::Object(Object::default())
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(boolean) => Some(*boolean),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The number as an `i64`, if this is an integer in range.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_i64)
    }

    /// The number as an `f64`, if this is a number.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number().map(Number::as_f64)
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The array, if this is one.
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The object, if this is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The member called `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object().and_then(|object| object.get(key))
    }

    /// The element at `index`, if this is an array that has it.
    pub fn at(&self, index: usize) -> Option<&Self> {
        self.as_array().and_then(|array| array.get(index))
    }

    /// JSON's word for the kind of this value: `null`, `boolean`, `number`, `string`, `array` or `object`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// The length in bytes of this value's compact JSON text, which is what payload limits count.
    pub fn text_size(&self) -> usize {
        self.measure().size
    }

    /// How deep arrays and objects nest in this value: 0 for a scalar, 1 for `[]`.
    pub fn depth(&self) -> usize {
        self.measure().depth
    }

    /// Whether the compact JSON text has more than `bytes` bytes, or nests more than `depth` levels deep.
    ///
    /// Looks at little more than `bytes` of text, however much longer that of shared parts seen many times is,
    /// and no deeper than `depth`.
    pub(crate) fn exceeds(&self, bytes: usize, depth: usize) -> bool {
        let takes_no_walk = match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => false,
            Self::Array(array) => self.is_measured() || array.iter().all(Self::is_measured),
            Self::Object(object) => self.is_measured() || object.values().all(Self::is_measured),
        };
        if takes_no_walk {
            let measure = self.measure();
            return measure.size > bytes || measure.depth > depth;
        }
        self.fit_into(bytes, depth).is_none() || self.text_size() > bytes
    }

    /// What is left of `bytes` after the least that this value's text can take, if it nests at most `depth` levels deep.
    fn fit_into(&self, bytes: usize, depth: usize) -> Option<usize> {
        let measured = match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => return bytes.checked_sub(1),
            Self::String(text) => return bytes.checked_sub(text.len() + 2),
            Self::Array(array) => array.measured(),
            Self::Object(object) => object.measured(),
        };
        if let Some(measure) = measured {
            return bytes.checked_sub(measure.size).filter(|_| measure.depth <= depth);
        }
        let (left, depth) = (bytes.checked_sub(2)?, depth.checked_sub(1)?);
        match self {
            Self::Array(array) => array.iter().try_fold(left, |left, element| element.fit_into(left, depth)),
            Self::Object(object) => {
                object.iter().try_fold(left, |left, (key, value)| value.fit_into(left.checked_sub(key.len())?, depth))
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => Some(left),
        }
    }

    fn is_measured(&self) -> bool {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::Array(array) => array.measured().is_some(),
            Self::Object(object) => object.measured().is_some(),
        }
    }

    /// The measure, if it takes no walk to find out.
    fn measured(&self) -> Option<Measure> {
        match self {
            Self::Array(array) => array.measured(),
            Self::Object(object) => object.measured(),
            scalar => Some(scalar.measure()),
        }
    }

    fn measure(&self) -> Measure {
        match self {
            Self::Null => Measure::scalar(4),
            Self::Bool(boolean) => Measure::scalar(if *boolean { 4 } else { 5 }),
            Self::Number(number) => Measure::scalar(number.text_size()),
            Self::String(text) => Measure::scalar(quoted_size(text)),
            Self::Array(array) => array.measure(),
            Self::Object(object) => object.measure(),
        }
    }
}

/// Compact JSON text, as `serde_json` writes it.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        serde_form::write(self, formatter)
    }
}

/// The same as [`Display`](fmt::Display): JSON reads better than Rust here.
impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::str::FromStr for Value {
    type Err = InvalidJson;

    fn from_str(text: &str) -> Result<Self, InvalidJson> {
        let value = serde_json::from_str(text).map_err(|error| InvalidJson { message: error.to_string() })?;
        // As in Java, which knows no negative zero among integers.
        Ok(if text.trim() == "-0" { 0.into() } else { value })
    }
}

/// A text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidJson {
    message: String,
}

impl fmt::Display for InvalidJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "invalid JSON: {}", self.message)
    }
}

impl std::error::Error for InvalidJson {}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Self::Bool(boolean)
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

macro_rules! from_number {
    ($($kind:ty),*) => {
        $(impl From<$kind> for Value {
            fn from(number: $kind) -> Self {
                Self::Number(Number::from(number))
            }
        })*
    };
}

from_number!(i32, u32, i64, u64, usize);

/// A finite number, or `null` as JSON has no infinities.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Number::from_f64(number).map_or(Self::Null, Self::Number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::String(text)
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<Vec<Self>> for Value {
    fn from(elements: Vec<Self>) -> Self {
        Self::Array(elements.into())
    }
}

impl FromIterator<Self> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(elements: I) -> Self {
        Self::Array(elements.into_iter().collect::<Vec<_>>().into())
    }
}

/// What a node's JSON text weighs, remembered in the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Measure {
    size: usize,
    depth: usize,
}

impl Measure {
    fn scalar(size: usize) -> Self {
        Self { size, depth: 0 }
    }

    /// The measure of a container: brackets, commas and its parts, each part with the size of its key if it has one.
    fn container<'a>(parts: impl ExactSizeIterator<Item = (usize, &'a Value)>) -> Self {
        let mut whole = Self { size: 2 + parts.len().saturating_sub(1), depth: 0 };
        for (key_size, part) in parts {
            let part = part.measure();
            whole.size += key_size + part.size;
            whole.depth = whole.depth.max(part.depth);
        }
        whole.depth += 1;
        whole
    }
}

/// The length of `text` as a JSON string, with its quotes and escapes.
fn quoted_size(text: &str) -> usize {
    // Most texts have none, which is seen many bytes at a time.
    let is_escaped = |byte| u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
    if text.bytes().fold(0, |found, byte| found | is_escaped(byte)) == 0 {
        return text.len() + 2;
    }
    let escapes: usize = text
        .bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
            0x00..=0x1f => 5,
            _ => 0,
        })
        .sum();
    text.len() + escapes + 2
}

/// The shared body of an array or object, with its measure once somebody asked.
#[derive(Default)]
struct Node<T> {
    body: T,
    measure: Remembered,
}

/// A measure, or that there is none yet, in one word: 40 bits of size and 24 of depth.
///
/// What is larger is remembered as the largest, which is over every limit.
#[derive(Debug)]
struct Remembered(AtomicU64);

impl Remembered {
    const NOTHING: u64 = 0;
    const LARGEST_SIZE: u64 = (1 << 40) - 1;
    const LARGEST_DEPTH: u64 = (1 << 24) - 1;

    fn get(&self) -> Option<Measure> {
        let word = self.0.load(Ordering::Relaxed);
        let part = |bits: u64| usize::try_from(bits).unwrap_or(usize::MAX);
        (word != Self::NOTHING).then(|| Measure { size: part(word >> 24), depth: part(word & Self::LARGEST_DEPTH) })
    }

    fn set(&self, measure: Measure) {
        // An array or object takes two bytes at least, so that the word is not that for nothing.
        let (size, depth) = (measure.size as u64, measure.depth as u64);
        let word = (size.min(Self::LARGEST_SIZE) << 24) | depth.min(Self::LARGEST_DEPTH);
        self.0.store(word, Ordering::Relaxed);
    }

    fn get_or_init(&self, measure: impl FnOnce() -> Measure) -> Measure {
        self.get().unwrap_or_else(|| {
            let measure = measure();
            self.set(measure);
            measure
        })
    }

    fn take(&mut self) -> Option<Measure> {
        let measure = self.get();
        *self.0.get_mut() = Self::NOTHING;
        measure
    }
}

impl Default for Remembered {
    fn default() -> Self {
        Self(AtomicU64::new(Self::NOTHING))
    }
}

impl Clone for Remembered {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.0.load(Ordering::Relaxed)))
    }
}

impl<T> Node<T> {
    fn new(body: T) -> Arc<Self> {
        Arc::new(Self { body, measure: Remembered::default() })
    }
}

impl<T: Clone> Node<T> {
    /// The body to change: copied first if shared, its measure forgotten.
    fn change(node: &mut Arc<Self>) -> &mut T {
        Self::change_measured(node).0
    }

    /// The same, with the measure that it had.
    fn change_measured(node: &mut Arc<Self>) -> (&mut T, Option<Measure>) {
        let node = Arc::make_mut(node);
        let measure = node.measure.take();
        (&mut node.body, measure)
    }

    /// Remembers the measure of what was changed, where the change tells it.
    fn remember(node: &Arc<Self>, measure: Option<Measure>) {
        if let Some(measure) = measure {
            node.measure.set(measure);
        }
    }
}

/// A copy is about to be changed; who changes it knows whether its measure still holds.
impl<T: Clone> Clone for Node<T> {
    fn clone(&self) -> Self {
        Self { body: self.body.clone(), measure: self.measure.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Value {
        text.parse().unwrap()
    }

    #[test]
    fn text_size_and_depth_match_the_written_text() {
        for text in [
            "null",
            "-1.5",
            r#""a\"\\\n\u0001é""#,
            "[]",
            "{}",
            r#"[1,[2,[3]],{"a":null}]"#,
            r#"{"k\n":{"a":[true,false]},"b":1e300}"#,
        ] {
            let value = parse(text);
            assert_eq!(value.text_size(), value.to_string().len(), "{text}");
        }
        assert_eq!(parse("7").depth(), 0);
        assert_eq!(parse(r#"{"a":[[]]}"#).depth(), 3);
    }

    #[test]
    fn exceeding_needs_no_look_at_the_whole() {
        let text = Value::from("x".repeat(1_000));
        let mut shared = Value::from(vec![text.clone(), text]);
        for _ in 0..50 {
            shared = vec![shared.clone(), shared].into();
        }
        assert!(shared.exceeds(1_000_000, 1_000));
        for (text, bytes, depth, expected) in [
            ("[1,2]", 5, 1, false),
            ("[1,2]", 4, 1, true),
            ("[1,2]", 5, 0, true),
            (r#"{"a":"b"}"#, 9, 1, false),
            (r#"{"a":"b"}"#, 8, 1, true),
            ("12345", 4, 0, true),
        ] {
            assert_eq!(parse(text).exceeds(bytes, depth), expected, "{text} {bytes} {depth}");
        }
    }

    #[test]
    fn depth_is_checked_without_going_deeper() {
        let deep = |levels: usize| (0..levels).fold(Value::Null, |value, _| vec![value].into());
        for (levels, depth, exceeded) in [(3, 3, false), (4, 3, true), (5_000, 1_000, true)] {
            assert_eq!(deep(levels).exceeds(usize::MAX, depth), exceeded, "{levels} {depth}");
        }
    }

    #[test]
    fn a_change_forgets_the_measure() {
        let mut object = parse(r#"{"a":1}"#).as_object().cloned().unwrap();
        let before = Value::from(object.clone()).text_size();
        object.insert("b", 2);
        assert_eq!(Value::from(object).text_size(), before + 6);
    }

    #[test]
    fn duplicate_keys_keep_the_last_value_in_the_first_place() {
        assert_eq!(parse(r#"{"a":1,"b":2,"a":3}"#).to_string(), r#"{"a":3,"b":2}"#);
    }
}
