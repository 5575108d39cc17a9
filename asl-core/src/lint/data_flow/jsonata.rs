//! What states in JSONata make of their input, as far as their expressions are plain paths.

use super::shape::{Miss, Rest, Shape};
use super::{Analysis, Visit, error_output, is_distributed};
use crate::definition::{Computable, JsonataString, Map, MemberValue, StateKind, StatesMember, Template, TemplateKind};
use crate::evaluate;

/// What `$states` holds.
struct States<'a, 's> {
    input: &'s Shape<'a>,
    result: &'s Shape<'a>,
    error_output: &'s Shape<'a>,
}

impl<'a> Analysis<'a> {
    pub(super) fn visit_jsonata(&mut self, visit: &Visit<'a, '_>) {
        let (node, state, input) = (visit.node, visit.node.state, &visit.input);
        let before = States { input, result: &Shape::Anything, error_output: &Shape::Anything };
        let result = match &state.kind {
            Some(StateKind::Pass(_) | StateKind::Wait(_) | StateKind::Succeed | StateKind::Choice(_)) => {
                Some(input.clone())
            }
            Some(StateKind::Task(_)) => Some(Shape::Anything),
            Some(StateKind::Parallel(_)) => {
                let arguments =
                    state.arguments.as_ref().map_or_else(|| input.clone(), |template| made(template, &before));
                self.start_inner(node, &arguments);
                self.branches(node)
            }
            Some(StateKind::Map(map)) => {
                let item = if is_distributed(state) { Shape::Anything } else { item(map, &before) };
                self.start_inner(node, &item);
                Some(self.iterations(node))
            }
            Some(StateKind::Fail(_)) | None => None,
        };
        let known_result = result.clone().unwrap_or(Shape::Anything);
        let after = States { result: &known_result, ..before };
        self.read_queries(visit, &after);
        if let Some(StateKind::Choice(choice)) = &state.kind {
            for (rule, target) in choice.rules().iter().zip(&node.rules) {
                if matches!(&rule.test.kind, Some(crate::definition::TestKind::Condition(Computable::Literal(answer))) if !answer.value)
                {
                    continue;
                }
                let template = rule.output.as_ref().or(state.output.as_ref());
                let output = template.map_or_else(|| input.clone(), |template| made(template, &after));
                self.flow_into(*target, &output);
            }
        }
        if let Some(result) = result {
            let output = state.output.as_ref().map_or(result, |template| made(template, &after));
            match node.default {
                Some(target) => self.flow_into(target, &output),
                None if !matches!(state.kind, Some(StateKind::Choice(_))) => self.leave(node, &output),
                None => {}
            }
        }
        for (catcher, target) in state.catchers().iter().zip(&node.catchers) {
            let error = error_output(catcher);
            let caught = States { input, result: &Shape::Anything, error_output: &error };
            let output = catcher.output.as_ref().map_or_else(|| error.clone(), |template| made(template, &caught));
            self.flow_into(*target, &output);
        }
    }

    /// Looks for what the plain paths among the expressions ask for: nothing else fails for sure if it is not there.
    fn read_queries(&mut self, visit: &Visit<'a, '_>, states: &States<'a, '_>) {
        let no_catcher = Shape::Anything;
        visit.node.state.for_each_jsonata(&mut |jsonata, member| {
            let states = States {
                input: states.input,
                result: if member == StatesMember::Result { states.result } else { &no_catcher },
                error_output: &no_catcher,
            };
            if let Some(Err(miss)) = find(jsonata, &states) {
                self.find(visit, Err(miss), jsonata.query.expression().text(), jsonata.span);
            }
        });
        for catcher in visit.node.state.catchers() {
            let error = error_output(catcher);
            let states = States { input: &no_catcher, result: &no_catcher, error_output: &error };
            for template in catcher.output.iter().chain(&catcher.assign) {
                template.for_each_jsonata(&mut |jsonata| {
                    if let Some(Err(miss)) = find(jsonata, &states) {
                        self.find(visit, Err(miss), jsonata.query.expression().text(), jsonata.span);
                    }
                });
            }
        }
    }
}

/// The input of a Map's iterations.
fn item<'a>(map: &'a Map<'a>, states: &States<'a, '_>) -> Shape<'a> {
    match (&map.item_selector, &map.items) {
        (Some(selector), _) => made(selector, states),
        (None, Some(items)) => made(items, states).element(),
        (None, None) => states.input.element(),
    }
}

/// What a template makes.
fn made<'a>(template: &'a Template<'a>, states: &States<'a, '_>) -> Shape<'a> {
    match &template.kind {
        TemplateKind::Literal(_) => Shape::Scalar,
        TemplateKind::Open(_) => Shape::Anything,
        TemplateKind::Jsonata(jsonata) => match find(jsonata, states) {
            Some(Ok(shape)) => shape,
            Some(Err(_)) | None => Shape::Anything,
        },
        TemplateKind::Array(elements) => {
            Shape::array_of(elements.iter().map(|element| made(element, states)).collect(), template.span)
        }
        TemplateKind::Object(members) => {
            let members = members.iter().map(|member| {
                let shape = match &member.value {
                    MemberValue::Template(template) => made(template, states),
                    MemberValue::Expression(_) => Shape::Anything,
                };
                (member.key.value, shape)
            });
            Shape::object(members.collect(), Rest::Nothing, template.span)
        }
    }
}

/// What an expression finds that is a path and nothing more, such as `$states.input.order.id`.
fn find<'a>(jsonata: &JsonataString, states: &States<'a, '_>) -> Option<Result<Shape<'a>, Miss<'a>>> {
    let references = jsonata.references();
    let [variable] = references.variables.as_slice() else { return None };
    let (member, names) = variable.path.split_first()?;
    let document = match &**member {
        "input" => states.input,
        "result" => states.result,
        "errorOutput" => states.error_output,
        _ => return None,
    };
    if &*variable.name != evaluate::States::VARIABLE || matches!(document, Shape::Anything) {
        return None;
    }
    let rest = jsonata.query.expression().text().strip_prefix("$states")?;
    let is_plain = variable.path.iter().try_fold(rest, |rest, name| rest.strip_prefix('.')?.strip_prefix(&**name));
    is_plain.filter(|rest| rest.is_empty())?;
    Some(document.find_names(names.iter().map(|name| &**name)))
}
