//! The least that a payload can be.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::execution::Limits;
use crate::jsonpath::PathStep;
use crate::source::Span;
use crate::value::Value;

/// From how many bytes on a part of the definition is followed along the way.
pub(super) const LARGE: usize = 8 * 1024;
/// How deep a literal is looked into.
const MAX_DEPTH: usize = 4;
/// How deep large members may be in each other; of what is deeper nothing is known.
const MAX_NESTING: usize = 16;
/// What stands beside the value of a member: two quotes, a colon and a comma.
const BESIDE: usize = 4;

/// How many bytes the JSON text of a payload has at least.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Least<'a> {
    /// Those of its large members.
    members: Rc<BTreeMap<&'a str, Self>>,
    /// All other bytes; no other member has [`LARGE`] of them.
    rest: usize,
    /// The literal that it is, if it is one.
    origin: Option<Span>,
}

impl<'a> Least<'a> {
    /// A literal.
    pub(super) fn of(value: &'a Value, origin: Span) -> Self {
        if origin.end - origin.start < LARGE {
            return Self { rest: value.text_size(), ..Self::default() };
        }
        Self::of_part(value, origin, MAX_DEPTH)
    }

    fn of_part(value: &'a Value, origin: Span, depth: usize) -> Self {
        let size = value.text_size();
        let whole = Self { members: Rc::default(), rest: size, origin: Some(origin) };
        let Some(object) = value.as_object() else { return whole };
        let Some(depth) = depth.checked_sub(1) else { return Self::default() };
        let large = object.iter().filter(|(_, value)| value.text_size() >= LARGE);
        let members: BTreeMap<&str, Self> =
            large.map(|(name, value)| (&**name, Self::of_part(value, origin, depth))).collect();
        let rest = size.saturating_sub(size_of(&members));
        Self { members: Rc::new(members), rest, ..whole }
    }

    pub(super) fn array(elements: impl Iterator<Item = Self>) -> Self {
        Self { rest: elements.fold(1, |size, element| size + element.size() + 1), ..Self::default() }
    }

    pub(super) fn object(members: impl Iterator<Item = (&'a str, Self)>) -> Self {
        members.fold(Self { rest: 1, ..Self::default() }, |mut object, (name, value)| {
            object.insert(name, value);
            object
        })
    }

    fn size(&self) -> usize {
        self.rest + size_of(&self.members)
    }

    /// How many large members are in each other.
    fn depth(&self) -> usize {
        self.members.values().map(|member| 1 + member.depth()).max().unwrap_or_default()
    }

    pub(super) fn is_large(&self) -> bool {
        self.size() >= LARGE
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.size() > Limits::default().payload_bytes
    }

    /// The large literals that it is made of.
    pub(super) fn origins(&self) -> Vec<Span> {
        let mut origins: Vec<Span> = self.origin.into_iter().collect();
        origins.extend(self.members.values().flat_map(Self::origins));
        origins.sort_by_key(|origin| origin.start);
        origins.dedup();
        origins
    }

    /// The least that is this or the other.
    pub(super) fn join(&self, other: &Self) -> Self {
        let origin = self.origin.filter(|origin| other.origin == Some(*origin));
        let rest = self.rest.min(other.rest);
        if Rc::ptr_eq(&self.members, &other.members) {
            return Self { members: self.members.clone(), rest, origin };
        }
        let theirs = &other.members;
        let both = self.members.iter().filter_map(|(name, least)| Some((*name, least.join(theirs.get(name)?))));
        Self { members: Rc::new(both.collect()), rest, origin }
    }

    /// What a path finds.
    pub(super) fn find<'p>(&self, mut steps: impl Iterator<Item = PathStep<'p>>) -> Self {
        let mut place = self;
        loop {
            match steps.next() {
                None => return place.clone(),
                Some(step) => match step.name().and_then(|name| place.members.get(name)) {
                    Some(member) => place = member,
                    None => return Self::default(),
                },
            }
        }
    }

    /// The same with `value` where a path leads.
    pub(super) fn with(mut self, path: &[PathStep<'a>], value: Self) -> Self {
        match path {
            [] => value,
            [PathStep::Name(name), path @ ..] => {
                let member = Rc::make_mut(&mut self.members).remove(name);
                if member.is_none() {
                    // It may have been one of the small ones.
                    self.rest = self.rest.saturating_sub(LARGE);
                }
                let is_followed = path.len() < MAX_NESTING;
                let member = member.unwrap_or_default();
                self.insert(name, if is_followed { member.with(path, value) } else { Self::default() });
                Self { origin: None, ..self }
            }
            // What else is in the array is not followed.
            [PathStep::Index(_) | PathStep::Other, ..] => Self { rest: value.size(), ..Self::default() },
        }
    }

    /// Adds a member that the object does not have.
    fn insert(&mut self, name: &'a str, value: Self) {
        let value = if value.depth() > MAX_NESTING { Self::default() } else { value };
        if value.is_large() {
            Rc::make_mut(&mut self.members).insert(name, value);
        } else {
            self.rest += name.len() + BESIDE + value.size();
        }
    }
}

fn size_of(members: &BTreeMap<&str, Least<'_>>) -> usize {
    members.iter().map(|(name, member)| name.len() + BESIDE + member.size()).sum()
}
