//! What states in JSONPath make of their input.

use super::shape::{Rest, Shape};
use super::{Analysis, Visit, error_output, is_distributed};
use crate::definition::{
    Choice, Comparison, Fail, Map, MemberValue, Pass, Spanned, StateKind, Task, Template, TemplateKind, Test, TestKind,
};
use crate::evaluate::choice_rule::{Kind, Test as Operation};
use crate::expression::Expression;
use crate::jsonpath::{JsonPath, ReferencePath, Root};
use crate::source::Span;

impl<'a> Analysis<'a> {
    pub(super) fn visit_jsonpath(&mut self, visit: &Visit<'a, '_>) {
        let state = visit.node.state;
        let effective = self.pass_through(visit, state.input_path.as_ref(), &visit.input);
        match &state.kind {
            Some(StateKind::Pass(pass)) => {
                let result = self.pass_result(visit, pass, &effective);
                let is_plain = pass.result.is_none() && state.parameters.is_none();
                self.assign(visit, if is_plain { &effective } else { &Shape::Anything });
                self.finish(visit, &result);
            }
            Some(StateKind::Task(task)) => {
                self.read_task(visit, task, &effective);
                self.assign(visit, &Shape::Anything);
                self.finish(visit, &Shape::Anything);
            }
            Some(StateKind::Parallel(_)) => {
                let input = self.parameters(visit, &effective);
                self.start_inner(visit.node, &input);
                if let Some(result) = self.branches(visit.node) {
                    self.assign(visit, &result);
                    self.finish(visit, &result);
                }
            }
            Some(StateKind::Map(map)) => {
                self.iterate(visit, map, &effective);
                let result = self.iterations(visit.node);
                self.assign(visit, &result);
                self.finish(visit, &result);
            }
            Some(StateKind::Wait(wait)) => {
                self.read_all(visit, [&wait.seconds_path, &wait.timestamp_path], &effective);
                self.assign(visit, &effective);
                self.put_out(visit, &effective);
            }
            Some(StateKind::Succeed) => self.put_out(visit, &effective),
            Some(StateKind::Fail(fail)) => self.read_fail(visit, fail, &effective),
            Some(StateKind::Choice(choice)) => self.choose(visit, choice, effective),
            None => {}
        }
        self.catch(visit);
    }

    /// What `InputPath` or `OutputPath` lets through.
    fn pass_through(
        &mut self,
        visit: &Visit<'a, '_>,
        field: Option<&'a Spanned<Option<JsonPath>>>,
        document: &Shape<'a>,
    ) -> Shape<'a> {
        match field {
            None => document.clone(),
            Some(Spanned { value: Some(path), span }) => self.read(visit, path, *span, document),
            Some(Spanned { value: None, span }) => Shape::object(Vec::new(), Rest::Nothing, *span),
        }
    }

    fn read(&mut self, visit: &Visit<'a, '_>, path: &JsonPath, span: Span, document: &Shape<'a>) -> Shape<'a> {
        match path.root() {
            Root::Input => self.find(visit, document.find(path), path.text(), span),
            Root::Context | Root::Variable(_) => Shape::Anything,
        }
    }

    fn read_all<const N: usize>(
        &mut self,
        visit: &Visit<'a, '_>,
        paths: [&Option<Spanned<JsonPath>>; N],
        document: &Shape<'a>,
    ) {
        for path in paths.into_iter().flatten() {
            self.read(visit, &path.value, path.span, document);
        }
    }

    fn read_expression(
        &mut self,
        visit: &Visit<'a, '_>,
        expression: &Spanned<Expression>,
        document: &Shape<'a>,
    ) -> Shape<'a> {
        match &expression.value {
            Expression::Path(path) => self.read(visit, path, expression.span, document),
            Expression::Intrinsic(intrinsic) => {
                if !matches!(document, Shape::Anything) {
                    for path in intrinsic.paths() {
                        self.read(visit, path, expression.span, document);
                    }
                }
                Shape::Anything
            }
        }
    }

    /// What a payload template makes of `document`.
    fn template(&mut self, visit: &Visit<'a, '_>, template: &'a Template<'a>, document: &Shape<'a>) -> Shape<'a> {
        match &template.kind {
            TemplateKind::Literal(_) => Shape::Scalar,
            TemplateKind::Jsonata(_) | TemplateKind::Open(_) => Shape::Anything,
            TemplateKind::Array(elements) => {
                let elements = elements.iter().map(|element| self.template(visit, element, document)).collect();
                Shape::array_of(elements, template.span)
            }
            TemplateKind::Object(members) => {
                let mut made = Vec::with_capacity(members.len());
                for member in members {
                    let shape = match &member.value {
                        MemberValue::Template(template) => self.template(visit, template, document),
                        MemberValue::Expression(expression) => self.read_expression(visit, expression, document),
                    };
                    made.push((member.name(), shape));
                }
                Shape::object(made, Rest::Nothing, template.span)
            }
        }
    }

    fn parameters(&mut self, visit: &Visit<'a, '_>, effective: &Shape<'a>) -> Shape<'a> {
        match &visit.node.state.parameters {
            Some(template) => self.template(visit, template, effective),
            None => effective.clone(),
        }
    }

    fn pass_result(&mut self, visit: &Visit<'a, '_>, pass: &'a Pass, effective: &Shape<'a>) -> Shape<'a> {
        match &pass.result {
            Some(result) => Shape::of(&result.value, result.span),
            None => self.parameters(visit, effective),
        }
    }

    fn read_task(&mut self, visit: &Visit<'a, '_>, task: &'a Task<'a>, effective: &Shape<'a>) {
        // Of anything, nothing is missed.
        if matches!(effective, Shape::Anything) {
            return;
        }
        self.parameters(visit, effective);
        self.read_all(visit, [&task.timeout_seconds_path, &task.heartbeat_seconds_path], effective);
        if let Some(template) = &task.credentials {
            self.template(visit, template, effective);
        }
    }

    fn read_fail(&mut self, visit: &Visit<'a, '_>, fail: &Fail<'a>, input: &Shape<'a>) {
        for expression in [&fail.error_path, &fail.cause_path].into_iter().flatten() {
            self.read_expression(visit, expression, input);
        }
    }

    /// Lets the iterations of a Map start.
    fn iterate(&mut self, visit: &Visit<'a, '_>, map: &'a Map<'a>, effective: &Shape<'a>) {
        self.read_all(
            visit,
            [&map.max_concurrency_path, &map.tolerated_failure_count_path, &map.tolerated_failure_percentage_path],
            effective,
        );
        let is_distributed = is_distributed(visit.node.state);
        let items = match &map.items_path {
            // `ItemsPath` of a Distributed Map can be about what its `ItemReader` reads.
            _ if is_distributed => Shape::Anything,
            Some(path) => self.read(visit, &path.value, path.span, effective),
            None => effective.clone(),
        };
        let selector = map.item_selector.as_ref().or(visit.node.state.parameters.as_ref());
        let item = match selector {
            Some(template) => self.template(visit, template, effective),
            None => items.element(),
        };
        self.start_inner(visit.node, if is_distributed { &Shape::Anything } else { &item });
    }

    /// What `Assign` reads, where `$` is the result or, if there is none, the effective input.
    fn assign(&mut self, visit: &Visit<'a, '_>, document: &Shape<'a>) {
        if let Some(template) = &visit.node.state.assign {
            self.template(visit, template, document);
        }
    }

    /// From a result to the output: `ResultSelector`, `ResultPath`, `OutputPath`.
    fn finish(&mut self, visit: &Visit<'a, '_>, result: &Shape<'a>) {
        let state = visit.node.state;
        let selected = match &state.result_selector {
            Some(template) => self.template(visit, template, result),
            None => result.clone(),
        };
        let placed = place(state.result_path.as_ref(), &visit.input, selected);
        self.put_out(visit, &placed);
    }

    fn put_out(&mut self, visit: &Visit<'a, '_>, document: &Shape<'a>) {
        let output = self.pass_through(visit, visit.node.state.output_path.as_ref(), document);
        self.leave(visit.node, &output);
    }

    fn catch(&mut self, visit: &Visit<'a, '_>) {
        for (catcher, target) in visit.node.state.catchers().iter().zip(&visit.node.catchers) {
            let is_anything = matches!(self.inputs.get(*target), Shape::Anything);
            if is_anything && catcher.assign.is_none() {
                continue;
            }
            let error = error_output(catcher);
            if let Some(template) = &catcher.assign {
                self.template(visit, template, &error);
            }
            let output = place(catcher.result_path.as_ref(), &visit.input, error);
            self.flow_into(*target, &output);
        }
    }

    /// Lets every rule that can be true lead on, with what its tests tell about the input.
    fn choose(&mut self, visit: &Visit<'a, '_>, choice: &'a Choice<'a>, mut effective: Shape<'a>) {
        for (rule, target) in choice.rules().iter().zip(&visit.node.rules) {
            let answer = self.test(visit, &rule.test, &effective);
            if let Some(template) = rule.assign.as_ref().or(visit.node.state.assign.as_ref()) {
                self.template(visit, template, &effective);
            }
            if answer != Some(false) {
                let mut left = effective.clone();
                learn(&rule.test, true, &mut left);
                let output = self.pass_through(visit, visit.node.state.output_path.as_ref(), &left);
                self.flow_into(*target, &output);
            }
            if answer == Some(true) {
                return;
            }
            learn(&rule.test, false, &mut effective);
        }
        if let Some(target) = visit.node.default {
            self.assign(visit, &effective);
            let output = self.pass_through(visit, visit.node.state.output_path.as_ref(), &effective);
            self.flow_into(target, &output);
        }
    }

    /// Whether a test is always or never true; it looks no further than the machine does.
    fn test(&mut self, visit: &Visit<'a, '_>, test: &'a Test<'a>, document: &Shape<'a>) -> Option<bool> {
        match &test.kind {
            Some(TestKind::And(parts)) => self.test_until(visit, &parts.value, false, document),
            Some(TestKind::Or(parts)) => self.test_until(visit, &parts.value, true, document),
            Some(TestKind::Not(part)) => self.test(visit, part, document).map(|answer| !answer),
            Some(TestKind::Comparison(Comparison { variable, test })) => {
                let variable = variable.as_ref()?;
                if let Operation::Is { kind: Kind::Present, answer } = test.value {
                    let is_absent = *variable.value.root() == Root::Input && document.find(&variable.value).is_err();
                    return is_absent.then_some(!answer);
                }
                self.read(visit, &variable.value, variable.span, document);
                if let Some(path) = test.value.path() {
                    self.read(visit, path, test.span, document);
                }
                None
            }
            Some(TestKind::Condition(_)) | None => None,
        }
    }

    /// The answer of tests of which the first that is `decisive` decides.
    fn test_until(
        &mut self,
        visit: &Visit<'a, '_>,
        parts: &'a [Test<'a>],
        decisive: bool,
        document: &Shape<'a>,
    ) -> Option<bool> {
        let mut known = document.clone();
        let mut answer = Some(!decisive);
        for part in parts {
            match self.test(visit, part, &known) {
                Some(decided) if decided == decisive => return answer.map(|_| decisive),
                Some(_) => {}
                None => answer = None,
            }
            learn(part, !decisive, &mut known);
        }
        answer
    }
}

/// Takes out of `document` what cannot be there if the test has this answer.
fn learn<'a>(test: &'a Test<'a>, answer: bool, document: &mut Shape<'a>) {
    match &test.kind {
        Some(TestKind::And(parts)) if answer => parts.value.iter().for_each(|part| learn(part, true, document)),
        Some(TestKind::Or(parts)) if !answer => parts.value.iter().for_each(|part| learn(part, false, document)),
        Some(TestKind::Not(part)) => learn(part, !answer, document),
        Some(TestKind::Comparison(Comparison { variable: Some(variable), test })) => {
            if let Operation::Is { kind: Kind::Present, answer: asked } = test.value
                && asked != answer
                && *variable.value.root() == Root::Input
            {
                *document = document.without(&variable.value, variable.span);
            }
        }
        _ => {}
    }
}

/// A state's input with a result where `ResultPath` says.
fn place<'a>(field: Option<&'a Spanned<Option<ReferencePath>>>, input: &Shape<'a>, result: Shape<'a>) -> Shape<'a> {
    match field {
        None => result,
        Some(Spanned { value: None, .. }) => input.clone(),
        Some(Spanned { value: Some(path), span }) => input.place(path.path(), result, *span),
    }
}
