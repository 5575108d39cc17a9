//! What a value can look like, as far as the definition tells: a lattice of bounded size.

use std::rc::Rc;

use crate::jsonpath::{JsonPath, PathStep};
use crate::source::Span;
use crate::value::Value;

/// How many parts a shape may have before it is given up.
const MAX_PARTS: usize = 128;
/// How deep a shape may be before it is given up.
const MAX_DEPTH: usize = 12;

/// All that a value can be: more than it is, never less.
#[derive(Debug, Clone)]
pub(super) enum Shape<'a> {
    /// No value at all: the member is not there.
    Nothing,
    Anything,
    /// A string, a number, a boolean or null.
    Scalar,
    Array(Rc<Array<'a>>),
    Object(Rc<Object<'a>>),
}

#[derive(Debug)]
pub(super) struct Array<'a> {
    elements: Elements<'a>,
    extent: Extent,
    /// What makes the array.
    pub(super) origin: Span,
}

#[derive(Debug)]
enum Elements<'a> {
    /// Each of a known number.
    Each(Vec<Shape<'a>>),
    /// All of any number.
    All(Shape<'a>),
}

#[derive(Debug)]
pub(super) struct Object<'a> {
    /// In the order of the names.
    members: Vec<(&'a str, Shape<'a>)>,
    rest: Rest,
    extent: Extent,
    /// What makes the object.
    pub(super) origin: Span,
}

/// What else an object can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rest {
    Nothing,
    /// Any other members.
    Members,
    /// Any other members; or it is no object.
    Anything,
}

/// How large a shape is.
#[derive(Debug, Clone, Copy)]
struct Extent {
    parts: usize,
    depth: usize,
}

/// Where a path ends that can never find anything.
#[derive(Debug, Clone)]
pub(super) struct Miss<'a> {
    /// The value that lacks what the path asks for.
    pub(super) holder: Shape<'a>,
    /// The member that is asked for, if it is one.
    pub(super) name: Option<String>,
    /// Whether the holder is the document itself.
    pub(super) is_top: bool,
}

impl<'a> Shape<'a> {
    /// An object of these members; no two of them have the same name.
    pub(super) fn object(mut members: Vec<(&'a str, Self)>, rest: Rest, origin: Span) -> Self {
        if rest != Rest::Nothing {
            members.retain(|(_, shape)| !matches!(shape, Self::Anything));
            if members.is_empty() && rest == Rest::Anything {
                return Self::Anything;
            }
        }
        if !members.is_sorted_by_key(|(name, _)| *name) {
            members.sort_unstable_by_key(|(name, _)| *name);
        }
        match Extent::around(members.iter().map(|(_, shape)| shape)) {
            Some(extent) => Self::Object(Rc::new(Object { members, rest, extent, origin })),
            None => Self::Anything,
        }
    }

    /// An array of these elements.
    pub(super) fn array_of(elements: Vec<Self>, origin: Span) -> Self {
        match Extent::around(elements.iter()) {
            Some(extent) => Self::Array(Rc::new(Array { elements: Elements::Each(elements), extent, origin })),
            None => Self::Anything,
        }
    }

    /// An array of any number of elements that all look like this.
    pub(super) fn array_all(element: Self, origin: Span) -> Self {
        match Extent::around(std::iter::once(&element)) {
            Some(extent) => Self::Array(Rc::new(Array { elements: Elements::All(element), extent, origin })),
            None => Self::Anything,
        }
    }

    /// The shape of a value that is known.
    pub(super) fn of(value: &'a Value, origin: Span) -> Self {
        let mut parts = MAX_PARTS;
        Self::of_value(value, origin, &mut parts, MAX_DEPTH)
    }

    fn of_value(value: &'a Value, origin: Span, parts: &mut usize, depth: usize) -> Self {
        let Some((left, deeper)) = parts.checked_sub(1).zip(depth.checked_sub(1)) else { return Self::Anything };
        *parts = left;
        match value {
            Value::Object(object) if object.len() <= *parts => {
                let members =
                    object.iter().map(|(name, value)| (&**name, Self::of_value(value, origin, parts, deeper)));
                Self::object(members.collect(), Rest::Nothing, origin)
            }
            Value::Array(array) if array.len() <= *parts => {
                let elements = array.iter().map(|value| Self::of_value(value, origin, parts, deeper));
                Self::array_of(elements.collect(), origin)
            }
            Value::Object(_) | Value::Array(_) => Self::Anything,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Self::Scalar,
        }
    }

    fn extent(&self) -> Extent {
        match self {
            Self::Nothing | Self::Anything | Self::Scalar => Extent { parts: 1, depth: 1 },
            Self::Array(array) => array.extent,
            Self::Object(object) => object.extent,
        }
    }

    /// What makes the value, if that is known.
    pub(super) fn origin(&self) -> Option<Span> {
        match self {
            Self::Array(array) => Some(array.origin),
            Self::Object(object) => Some(object.origin),
            Self::Nothing | Self::Anything | Self::Scalar => None,
        }
    }

    /// What the elements look like, if this is an array.
    pub(super) fn element(&self) -> Self {
        let Self::Array(array) = self else { return Self::Anything };
        match &array.elements {
            Elements::All(element) => element.clone(),
            Elements::Each(elements) => elements.iter().fold(Self::Nothing, |all, element| all.join(element)),
        }
    }

    /// Everything that is this or the other.
    pub(super) fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Nothing, shape) | (shape, Self::Nothing) => shape.clone(),
            (Self::Scalar, Self::Scalar) => Self::Scalar,
            (Self::Object(one), Self::Object(other)) if Rc::ptr_eq(one, other) => self.clone(),
            (Self::Object(one), Self::Object(other)) => one.join(other),
            (Self::Array(one), Self::Array(other)) if Rc::ptr_eq(one, other) => self.clone(),
            (Self::Array(one), Self::Array(other)) => match (&one.elements, &other.elements) {
                (Elements::Each(ones), Elements::Each(others)) if ones.len() == others.len() => {
                    let elements = ones.iter().zip(others).map(|(one, other)| one.join(other));
                    Self::array_of(elements.collect(), one.origin)
                }
                _ => Self::array_all(self.element().join(&other_element(other)), one.origin),
            },
            _ => Self::Anything,
        }
    }

    /// Whether everything that is the other is this, too.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Anything, _) | (_, Self::Nothing) | (Self::Scalar, Self::Scalar) => true,
            (Self::Object(one), Self::Object(other)) => Rc::ptr_eq(one, other) || one.covers(other),
            (Self::Array(one), Self::Array(other)) => {
                Rc::ptr_eq(one, other)
                    || match (&one.elements, &other.elements) {
                        (Elements::Each(ones), Elements::Each(others)) => {
                            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| one.covers(other))
                        }
                        (Elements::All(all), Elements::Each(others)) => others.iter().all(|other| all.covers(other)),
                        (Elements::All(one), Elements::All(other)) => one.covers(other),
                        (Elements::Each(_), Elements::All(_)) => false,
                    }
            }
            _ => false,
        }
    }

    /// What a path finds in a document of this shape.
    pub(super) fn find(&self, path: &JsonPath) -> Result<Self, Miss<'a>> {
        if !path.is_definite() {
            return Ok(Self::Anything);
        }
        let mut place = self.clone();
        let mut steps = path.plain_steps().enumerate().peekable();
        while let Some((position, step)) = steps.next() {
            let found = match step {
                PathStep::Name(name) => place.member(name),
                PathStep::Index(index) => place.at(index, steps.peek().is_none()),
                PathStep::Other => return Ok(Self::Anything),
            };
            match found {
                Self::Anything => return Ok(Self::Anything),
                Self::Nothing => {
                    let name = step.name().map(str::to_owned);
                    return Err(Miss { holder: place, name, is_top: position == 0 });
                }
                found => place = found,
            }
        }
        Ok(place)
    }

    /// What JSONata's `a.b` finds in a document of this shape: it looks into the elements of arrays.
    pub(super) fn find_names<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<Self, Miss<'a>> {
        let mut place = self.clone();
        let mut is_top = true;
        for name in names {
            while let Self::Array(_) = place {
                place = place.element();
            }
            match place.member(name) {
                Self::Nothing => return Err(Miss { holder: place, name: Some(name.to_owned()), is_top }),
                // What is found in an array may be an array or a single value.
                found => place = found,
            }
            is_top = false;
        }
        Ok(place)
    }

    fn member(&self, name: &str) -> Self {
        match self {
            Self::Anything => Self::Anything,
            Self::Object(object) => object.member(name),
            Self::Nothing | Self::Scalar | Self::Array(_) => Self::Nothing,
        }
    }

    /// The element at `index`; where an array ends, AWS finds null, but nothing inside of it.
    fn at(&self, index: i64, is_last: bool) -> Self {
        match self {
            Self::Anything => Self::Anything,
            Self::Object(object) if object.rest == Rest::Anything => Self::Anything,
            Self::Nothing | Self::Scalar | Self::Object(_) => Self::Nothing,
            Self::Array(array) => match (&array.elements, usize::try_from(index)) {
                (Elements::Each(elements), Ok(index)) => match elements.get(index) {
                    Some(element) => element.clone(),
                    None if is_last => Self::Scalar,
                    None => Self::Nothing,
                },
                (Elements::All(_), _) | (Elements::Each(_), Err(_)) => Self::Anything,
            },
        }
    }

    /// The document with a value placed where a Reference Path says.
    pub(super) fn place(&self, path: &'a JsonPath, value: Self, origin: Span) -> Self {
        if path.plain_steps().all(|step| step.name().is_some()) {
            self.place_at(&mut path.plain_steps().filter_map(PathStep::name), value, origin)
        } else {
            Self::Anything
        }
    }

    fn place_at(&self, names: &mut dyn Iterator<Item = &'a str>, value: Self, origin: Span) -> Self {
        let Some(name) = names.next() else { return value };
        let placed = self.member(name).place_at(names, value, origin);
        match self {
            Self::Object(object) => object.with(name, placed),
            Self::Nothing => Self::object(vec![(name, placed)], Rest::Nothing, origin),
            Self::Anything => Self::object(vec![(name, placed)], Rest::Members, origin),
            // There the state fails.
            Self::Scalar | Self::Array(_) => Self::Anything,
        }
    }

    /// The document where it is known that the path finds nothing.
    pub(super) fn without(&self, path: &'a JsonPath, origin: Span) -> Self {
        let mut steps = path.plain_steps().peekable();
        if steps.peek().is_some() && steps.all(|step| step.name().is_some()) {
            self.without_names(&mut path.plain_steps().filter_map(PathStep::name), origin)
        } else {
            self.clone()
        }
    }

    fn without_names(&self, names: &mut dyn Iterator<Item = &'a str>, origin: Span) -> Self {
        let Some(name) = names.next() else { return Self::Nothing };
        let below = self.member(name).without_names(names, origin);
        match self {
            Self::Object(object) => object.with(name, below),
            Self::Anything => Self::object(vec![(name, below)], Rest::Anything, origin),
            Self::Nothing | Self::Scalar | Self::Array(_) => self.clone(),
        }
    }
}

fn other_element<'a>(array: &Rc<Array<'a>>) -> Shape<'a> {
    Shape::Array(array.clone()).element()
}

impl<'a> Object<'a> {
    fn member(&self, name: &str) -> Shape<'a> {
        match self.position(name) {
            Ok(position) => self.members.get(position).map_or(Shape::Anything, |(_, shape)| shape.clone()),
            Err(_) if self.rest == Rest::Nothing => Shape::Nothing,
            Err(_) => Shape::Anything,
        }
    }

    /// The names of the members that the object can have, if it can have no others.
    pub(super) fn names(&self) -> Option<impl Iterator<Item = &'a str>> {
        let there = self.members.iter().filter(|(_, shape)| !matches!(shape, Shape::Nothing));
        (self.rest == Rest::Nothing).then(|| there.map(|(name, _)| *name))
    }

    fn with(&self, name: &'a str, shape: Shape<'a>) -> Shape<'a> {
        let mut members = Vec::with_capacity(self.members.len() + 1);
        let (before, after) = match self.position(name) {
            Ok(position) => (self.members.get(..position), self.members.get(position + 1..)),
            Err(position) => (self.members.get(..position), self.members.get(position..)),
        };
        members.extend_from_slice(before.unwrap_or_default());
        members.push((name, shape));
        members.extend_from_slice(after.unwrap_or_default());
        Shape::object(members, self.rest, self.origin)
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.members.binary_search_by_key(&name, |(known, _)| known)
    }

    /// Whether both are said to have the same members.
    fn is_like(&self, other: &Self) -> bool {
        self.members.len() == other.members.len()
            && self.members.iter().zip(&other.members).all(|((one, _), (other, _))| one == other)
    }

    fn join(&self, other: &Self) -> Shape<'a> {
        let mut members = Vec::with_capacity(self.members.len());
        if self.is_like(other) {
            let pairs = self.members.iter().zip(&other.members);
            members.extend(pairs.map(|((name, one), (_, other))| (*name, one.join(other))));
        } else {
            members.extend(self.members.iter().map(|(name, shape)| (*name, shape.join(&other.member(name)))));
            let news = other.members.iter().filter(|(name, _)| self.position(name).is_err());
            members.extend(news.map(|(name, shape)| (*name, shape.join(&self.member(name)))));
        }
        Shape::object(members, self.rest.max(other.rest), self.origin)
    }

    fn covers(&self, other: &Self) -> bool {
        if self.rest < other.rest {
            return false;
        }
        if self.is_like(other) {
            return self.members.iter().zip(&other.members).all(|((_, one), (_, other))| one.covers(other));
        }
        let news = || other.members.iter().filter(|(name, _)| self.position(name).is_err());
        self.members.iter().all(|(name, shape)| shape.covers(&other.member(name)))
            && (self.rest != Rest::Nothing || news().all(|(_, shape)| matches!(shape, Shape::Nothing)))
    }
}

impl Extent {
    /// That of a value with these parts, if it is small enough.
    fn around<'s, 'a: 's>(parts: impl Iterator<Item = &'s Shape<'a>>) -> Option<Self> {
        let around = parts.map(Shape::extent).fold(Self { parts: 1, depth: 1 }, |sum, part| Self {
            parts: sum.parts + part.parts,
            depth: sum.depth.max(part.depth + 1),
        });
        (around.parts <= MAX_PARTS && around.depth <= MAX_DEPTH).then_some(around)
    }
}
