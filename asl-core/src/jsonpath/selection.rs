//! Indefinite paths: every value that the steps lead to, in Jayway's order, within a budget of work.

use super::NotFound;
use super::lowering::Query;
use super::step::{Function, Selector, Step};
use super::walk;
use crate::value::{Array, Object, Value};

/// How much one selection may look at: values visited and comparisons made.
const BUDGET: usize = 2_000_000;

/// The array of all values that `steps` lead to, or their number where a function asks for it.
pub(super) fn select(steps: &[Step], document: &Value) -> Result<Value, NotFound> {
    let mut search = Search { document, budget: BUDGET };
    let mut found = vec![document.clone()];
    let mut steps = steps.iter();
    while let Some(step) = steps.next() {
        found = match step {
            Step::Function(Function::Length) => return Ok(found.len().into()),
            Step::Function(Function::Unsupported(name)) => {
                return Err(NotFound::new(format!("No results for path: {name}()")));
            }
            Step::Descendants => {
                let Some(step) = steps.next() else { break };
                let place = StepPlace::before(steps.as_slice());
                search.each(&found, |search, value, found| search.descend(step, place, value, found))?
            }
            step => {
                let place = StepPlace::before(steps.as_slice());
                search.each(&found, |search, value, found| search.apply(step, place, value, found))?
            }
        };
    }
    Ok(found.into())
}

/// Whether steps follow, which matters to lists of names and to `..`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StepPlace {
    Last,
    Inner,
}

impl StepPlace {
    fn before(rest: &[Step]) -> Self {
        match rest {
            [] | [Step::Function(_)] => Self::Last,
            _ => Self::Inner,
        }
    }
}

struct Search<'a> {
    document: &'a Value,
    budget: usize,
}

impl Search<'_> {
    fn spend(&mut self, cost: usize) -> Result<(), NotFound> {
        self.budget = self
            .budget
            .checked_sub(cost)
            .ok_or_else(|| NotFound::new(format!("the path has to look at more than {BUDGET} values")))?;
        Ok(())
    }

    fn each(
        &mut self,
        values: &[Value],
        mut step: impl FnMut(&mut Self, &Value, &mut Vec<Value>) -> Result<(), NotFound>,
    ) -> Result<Vec<Value>, NotFound> {
        let mut found = Vec::new();
        for value in values {
            let before = found.len();
            step(self, value, &mut found)?;
            self.spend(1 + found.len() - before)?;
        }
        Ok(found)
    }

    fn apply(&mut self, step: &Step, place: StepPlace, value: &Value, found: &mut Vec<Value>) -> Result<(), NotFound> {
        match step {
            Step::Name(name) => found.extend(value.get(name).cloned()),
            Step::Names(names) => {
                let members = names.iter().filter_map(|name| Some((name, value.get(name)?)));
                match place {
                    StepPlace::Inner => found.extend(members.map(|(_, member)| member.clone())),
                    StepPlace::Last if value.as_object().is_some() => {
                        let object: Object = members.map(|(name, member)| (name.clone(), member.clone())).collect();
                        found.push(object.into());
                    }
                    StepPlace::Last => {}
                }
            }
            Step::Index(index) => found.extend(element(value, *index)),
            Step::Indices(indices) => found.extend(indices.iter().filter_map(|index| element(value, *index))),
            Step::Select(Selector::Filter(filter), query) => match value {
                Value::Array(array) => {
                    for candidate in array {
                        self.spend(filter.cost(candidate, self.document))?;
                    }
                    let candidates = if filter.reads_candidate_itself() {
                        array.iter().filter(|candidate| is_container(candidate)).cloned().collect::<Vec<_>>().into()
                    } else {
                        array.clone()
                    };
                    found.extend(query.accepted(candidates, self.document));
                }
                Value::Object(_) if self.accepts(step, value)? => found.push(value.clone()),
                _ => {}
            },
            Step::Select(_, query) => found.extend(query.elements(value)),
            Step::Descendants | Step::Function(_) => {}
        }
        Ok(())
    }

    /// Applies `step` to `value` and to all arrays and objects within, each before what it holds.
    ///
    /// Jayway's `..` only steps where the step can find something, and has one peculiarity:
    /// of an array that the step fits it passes on all elements when more steps follow, whatever the step selects.
    fn descend(
        &mut self,
        step: &Step,
        place: StepPlace,
        value: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), NotFound> {
        let mut ahead = vec![value];
        while let Some(value) = ahead.pop() {
            let fits = self.fits(step, place, value)?;
            match value {
                Value::Array(array) => {
                    self.spend(array.len() + 1)?;
                    if fits && place == StepPlace::Inner {
                        found.extend(array.iter().cloned());
                    } else if fits {
                        self.apply(step, place, value, found)?;
                    }
                    ahead.extend(array.iter().rev());
                }
                Value::Object(object) => {
                    self.spend(object.len() + 1)?;
                    if fits {
                        self.apply(step, place, value, found)?;
                    }
                    let from = ahead.len();
                    ahead.extend(object.values());
                    if let Some(members) = ahead.get_mut(from..) {
                        members.reverse();
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether `..` takes `step` at `value`.
    fn fits(&mut self, step: &Step, place: StepPlace, value: &Value) -> Result<bool, NotFound> {
        Ok(match step {
            Step::Name(name) => value.get(name).is_some(),
            Step::Names(names) => match place {
                StepPlace::Last => names.iter().all(|name| value.get(name).is_some()),
                StepPlace::Inner => value.as_object().is_some(),
            },
            Step::Index(_) | Step::Indices(_) | Step::Select(Selector::Slice { .. }, _) => value.as_array().is_some(),
            Step::Select(Selector::Wildcard, _) => is_container(value),
            Step::Select(Selector::Filter(_), _) => is_container(value) && self.accepts(step, value)?,
            Step::Descendants | Step::Function(_) => false,
        })
    }

    fn accepts(&mut self, step: &Step, value: &Value) -> Result<bool, NotFound> {
        let Step::Select(Selector::Filter(filter), query) = step else { return Ok(false) };
        self.spend(filter.cost(value, self.document))?;
        let candidates: Array = vec![value.clone()].into();
        Ok(!Query::accepted(query, candidates, self.document).is_empty())
    }
}

/// What an index selects: nothing of what is no array, and `null` past the end of one.
fn element(value: &Value, index: i64) -> Option<Value> {
    value.as_array().map(|_| walk::element(value, index).cloned().unwrap_or_default())
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}
