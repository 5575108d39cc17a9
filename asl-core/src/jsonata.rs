//! JSONata, the second query language.

pub(crate) mod picture;
