//! The parts of an event that every reader of histories needs.

use serde_json::{Map, Value};

/// The type of an event.
pub(crate) fn event_type(event: &Value) -> &str {
    text(event.get("type")).unwrap_or_default()
}

/// The details of an event: the member that is named after its type.
pub(crate) fn details(event: &Value) -> Option<&Map<String, Value>> {
    event.as_object()?.iter().find(|(name, _)| name.ends_with("EventDetails"))?.1.as_object()
}

/// A text among the details of an event.
pub(crate) fn detail_text<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    text(details(event)?.get(name))
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}
