//! `InputType` `JSON`: the elements of an array, or the members of an object, of which only one is held at a time.

use std::sync::Arc;

use asl_core::{Failure, Value};

use super::super::failure;
use super::dataset::JsonPointer;
use super::records::{Buffer, Progress, Records, json};

/// AWS's cause where items are to be made of a string, a number, a boolean or a null.
const NOT_ITERABLE: &str = "Attempting to map over non-iterable node.";
/// AWS's cause where an `ItemsPointer` leads nowhere.
const NO_SUCH_PATH: &str =
    "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.";

/// The items of a JSON text.
///
/// Only as much as is needed to find where items begin and end is read here; an item is parsed when it is whole.
#[derive(Debug)]
pub(super) struct JsonItems {
    pointer: JsonPointer,
    /// How many of the pointer's segments have been followed.
    level: usize,
    state: State,
    container: Container,
    /// The index of the element that comes next, in an array that the pointer leads through.
    index: u64,
    key: Buffer,
    value: Buffer,
    scan: Scan,
    /// How many bytes came before, for places in causes.
    offset: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the value that the pointer leads into, or to.
    Value,
    /// Before a key; the first may be missing.
    FirstKey,
    Key,
    InKey,
    InKeyEscaped,
    Colon,
    /// Before the value of a member that is passed over, or is an item.
    Member,
    /// Before an element; the first may be missing.
    FirstElement,
    Element,
    /// In a value that is passed over, or is an item.
    Scanning,
    AfterValue,
    /// After the whole text: nothing may follow.
    End,
    /// After the items that a pointer leads to: what follows does not matter.
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Array,
    Object,
}

impl JsonItems {
    pub(super) fn new(pointer: JsonPointer, limit: usize) -> Self {
        Self {
            pointer,
            level: 0,
            state: State::Value,
            container: Container::Array,
            index: 0,
            key: Buffer::new(limit),
            value: Buffer::new(limit),
            scan: Scan::default(),
            offset: 0,
        }
    }

    /// The segment that leads on from here; `None` where the items are.
    fn segment(&self) -> Option<&str> {
        self.pointer.segment(self.level)
    }

    fn invalid(&self, expected: &str) -> Failure {
        failure::item_reader(format!("the object is not valid JSON: expected {expected} at byte {}", self.offset))
    }

    /// Takes one byte outside of the values that are scanned; whether it is taken, or comes again in another state.
    fn take(&mut self, byte: u8) -> Result<Taken, Failure> {
        if byte.is_ascii_whitespace() && !matches!(self.state, State::InKey | State::InKeyEscaped) {
            return Ok(Taken::Yes);
        }
        match (self.state, byte) {
            (State::Value, b'{') => self.open(Container::Object, State::FirstKey),
            (State::Value, b'[') => self.open(Container::Array, State::FirstElement),
            (State::Value, b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                let cause = if self.segment().is_some() { NO_SUCH_PATH } else { NOT_ITERABLE };
                return Err(failure::item_reader(cause));
            }
            (State::Value, _) => return Err(self.invalid("a value")),

            (State::FirstKey | State::Key, b'"') => {
                self.key.clear();
                self.key.extend(b"\"")?;
                self.state = State::InKey;
            }
            (State::FirstKey, b'}') | (State::FirstElement, b']') => self.close()?,
            (State::FirstKey | State::Key, _) => return Err(self.invalid("a key")),
            (State::InKey | State::InKeyEscaped, _) => {
                self.key.extend(&[byte])?;
                self.state = match (self.state, byte) {
                    (State::InKey, b'"') => State::Colon,
                    (State::InKey, b'\\') => State::InKeyEscaped,
                    _ => State::InKey,
                };
            }
            (State::Colon, b':') => {
                self.state = match self.segment() {
                    Some(segment) if json(self.key.bytes()).is_ok_and(|key| key.as_str() == Some(segment)) => {
                        self.level += 1;
                        State::Value
                    }
                    _ => State::Member,
                };
            }
            (State::Colon, _) => return Err(self.invalid("`:`")),

            (State::FirstElement | State::Element, _) if self.is_at_segment() => {
                self.level += 1;
                self.state = State::Value;
                return Ok(Taken::No);
            }
            (State::Member | State::FirstElement | State::Element, b']' | b'}' | b',' | b':') => {
                return Err(self.invalid("a value"));
            }
            (State::Member | State::FirstElement | State::Element | State::Scanning, _) => {
                self.value.clear();
                self.scan = Scan::default();
                self.state = State::Scanning;
                return Ok(Taken::No);
            }

            (State::AfterValue, b',') => {
                self.state = match self.container {
                    Container::Array => State::Element,
                    Container::Object => State::Key,
                };
            }
            (State::AfterValue, b']') if self.container == Container::Array => self.close()?,
            (State::AfterValue, b'}') if self.container == Container::Object => self.close()?,
            (State::AfterValue, _) => return Err(self.invalid("`,` or the end")),

            (State::End, _) => return Err(self.invalid("nothing after the end")),
            (State::Done, _) => {}
        }
        Ok(Taken::Yes)
    }

    fn open(&mut self, container: Container, state: State) {
        (self.container, self.state, self.index) = (container, state, 0);
    }

    fn close(&mut self) -> Result<(), Failure> {
        if self.segment().is_some() {
            return Err(failure::item_reader(NO_SUCH_PATH));
        }
        self.state = if self.level == 0 { State::End } else { State::Done };
        Ok(())
    }

    /// Whether the element that comes is the one that the pointer leads into.
    fn is_at_segment(&self) -> bool {
        self.segment().is_some_and(|segment| segment == self.index.to_string())
    }

    /// Takes bytes of a value up to its end; whether it ended and is an item.
    fn scan(&mut self, input: &mut &[u8]) -> Result<Progress, Failure> {
        let is_item = self.segment().is_none();
        let (taken, ended) = self.scan.take(input);
        let (value, rest) = input.split_at(taken);
        *input = rest;
        self.offset += taken as u64;
        if is_item {
            self.value.extend(value)?;
        }
        if ended {
            self.index += 1;
            self.state = State::AfterValue;
        }
        Ok(if ended && is_item { Progress::Record } else { Progress::End })
    }
}

/// What became of a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Yes,
    No,
}

impl Records for JsonItems {
    fn read(&mut self, input: &mut &[u8]) -> Result<Progress, Failure> {
        while let Some((byte, rest)) = input.split_first() {
            match self.state {
                State::Done => *input = &[],
                State::Scanning => {
                    if self.scan(input)? == Progress::Record {
                        return Ok(Progress::Record);
                    }
                }
                _ => {
                    if self.take(*byte)? == Taken::Yes {
                        *input = rest;
                        self.offset += 1;
                    }
                }
            }
        }
        Ok(Progress::End)
    }

    fn finish(&mut self) -> Result<Progress, Failure> {
        match self.state {
            State::End | State::Done => Ok(Progress::End),
            _ => Err(self.invalid("more, but the object ends")),
        }
    }

    fn item(&self) -> Result<(Option<Arc<str>>, Value), String> {
        let key = match self.container {
            Container::Array => None,
            Container::Object => json(self.key.bytes())?.as_str().map(Arc::from),
        };
        Ok((key, json(self.value.bytes())?))
    }

    fn buffered(&self) -> usize {
        self.key.bytes().len() + self.value.bytes().len()
    }
}

/// Finds the end of a value.
#[derive(Debug, Default)]
struct Scan {
    kind: Option<Kind>,
    depth: u64,
    in_string: bool,
    escaped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scalar,
    String,
    Container,
}

impl Scan {
    /// How many of `bytes` are part of the value, and whether it ends there.
    fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (index, byte) in bytes.iter().enumerate() {
            let kind = *self.kind.get_or_insert(match byte {
                b'"' => Kind::String,
                b'[' | b'{' => Kind::Container,
                _ => Kind::Scalar,
            });
            if kind == Kind::Scalar {
                // Only what follows a number ends it.
                if byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'}') {
                    return (index, true);
                }
                continue;
            }
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' => self.depth -= 1,
                _ => {}
            }
            if self.depth == 0 && !self.in_string {
                return (index + 1, true);
            }
        }
        (bytes.len(), false)
    }
}
