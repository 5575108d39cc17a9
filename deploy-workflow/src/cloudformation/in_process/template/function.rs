//! Intrinsic functions: what a template's values become once parameters and conditions are known.
//!
//! References to resources stay as they are, for what they become shows when the resource exists.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Template, format_error};
use crate::cloudformation::error::ApiError;

/// How deep conditions may refer to each other.
const MAX_CONDITION_DEPTH: usize = 32;

/// What a template is evaluated with.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloudformation::in_process) struct Scope<'a> {
    pub(in crate::cloudformation::in_process) template: &'a Template,
    pub(in crate::cloudformation::in_process) parameters: &'a BTreeMap<String, String>,
    pub(in crate::cloudformation::in_process) stack_name: &'a str,
    pub(in crate::cloudformation::in_process) stack_id: &'a str,
    pub(in crate::cloudformation::in_process) region: &'a str,
    pub(in crate::cloudformation::in_process) account_id: &'a str,
}

impl Scope<'_> {
    /// Evaluates every function in the members of `properties`, dropping those that become `AWS::NoValue`.
    pub(in crate::cloudformation::in_process) fn evaluate_properties(
        &self,
        properties: &Map<String, Value>,
    ) -> Result<Map<String, Value>, ApiError> {
        let mut evaluated = Map::new();
        for (key, value) in properties {
            if let Some(value) = self.evaluate(value)? {
                evaluated.insert(key.clone(), value);
            }
        }
        Ok(evaluated)
    }

    /// Whether the condition called `name` holds; no name always does.
    pub(in crate::cloudformation::in_process) fn holds(&self, name: Option<&str>) -> Result<bool, ApiError> {
        name.map_or(Ok(true), |name| self.named_condition(name, 0))
    }

    /// `None` stands for `AWS::NoValue`.
    fn evaluate(&self, value: &Value) -> Result<Option<Value>, ApiError> {
        match value {
            Value::Array(elements) => {
                let mut evaluated = Vec::with_capacity(elements.len());
                for element in elements {
                    evaluated.extend(self.evaluate(element)?);
                }
                Ok(Some(Value::Array(evaluated)))
            }
            Value::Object(members) => match single_member(members) {
                Some((function, argument)) if is_function(function) => self.call(function, argument),
                _ => Ok(Some(Value::Object(self.evaluate_properties(members)?))),
            },
            scalar => Ok(Some(scalar.clone())),
        }
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Option<Value>, ApiError> {
        match function {
            "Ref" => return Ok(self.reference(argument)),
            "Fn::If" => return self.choose(argument),
            "Fn::Sub" => return self.substitute(argument).map(Some),
            _ => {}
        }
        let argument = self.evaluate(argument)?.unwrap_or_default();
        let result = match function {
            "Fn::Join" => join(&argument),
            "Fn::Select" => select(&argument),
            "Fn::Split" => split(&argument),
            "Fn::FindInMap" => Some(self.find_in_map(&argument)?),
            _ => None,
        };
        Ok(Some(result.unwrap_or_else(|| json!({ function: argument }))))
    }

    fn reference(&self, argument: &Value) -> Option<Value> {
        let name = argument.as_str().unwrap_or_default();
        if name == "AWS::NoValue" {
            return None;
        }
        Some(self.lookup(name).map_or_else(|| json!({ "Ref": name }), Value::String))
    }

    /// The value of a parameter or pseudo parameter; a resource has none yet.
    fn lookup(&self, name: &str) -> Option<String> {
        let pseudo = match name {
            "AWS::StackName" => self.stack_name,
            "AWS::StackId" => self.stack_id,
            "AWS::Region" => self.region,
            "AWS::AccountId" => self.account_id,
            "AWS::Partition" => "aws",
            "AWS::URLSuffix" => "amazonaws.com",
            name => return self.parameters.get(name).cloned(),
        };
        Some(pseudo.to_owned())
    }

    fn choose(&self, argument: &Value) -> Result<Option<Value>, ApiError> {
        let Some([Value::String(condition), then, otherwise]) = argument.as_array().map(Vec::as_slice) else {
            return Err(format_error("Fn::If requires a list argument with three parameters"));
        };
        let chosen = if self.named_condition(condition, 0)? { then } else { otherwise };
        self.evaluate(chosen)
    }

    fn substitute(&self, argument: &Value) -> Result<Value, ApiError> {
        let (text, variables) = match argument {
            Value::String(text) => (text, Map::new()),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(text), Value::Object(variables)] => (text, self.evaluate_properties(variables)?),
                _ => {
                    return Err(format_error(
                        "One or more Fn::Sub intrinsic functions don't specify expected arguments.",
                    ));
                }
            },
            _ => return Err(format_error("One or more Fn::Sub intrinsic functions don't specify expected arguments.")),
        };
        let mut left = Map::new();
        let mut whole = true;
        let mut result = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => result.push_str(text),
                Piece::Variable(name) => match variables.get(name) {
                    Some(Value::Object(reference)) => {
                        left.insert(name.to_owned(), Value::Object(reference.clone()));
                        result.extend(["${", name, "}"]);
                    }
                    Some(value) => result.push_str(&text_of(value)),
                    None => {
                        if let Some(value) = self.lookup(name) {
                            result.push_str(&value);
                        } else {
                            whole = false;
                            result.extend(["${", name, "}"]);
                        }
                    }
                },
            }
        }
        if left.is_empty() {
            return Ok(if whole { Value::String(result) } else { json!({ "Fn::Sub": result }) });
        }
        Ok(json!({ "Fn::Sub": [result, left] }))
    }

    fn find_in_map(&self, argument: &Value) -> Result<Value, ApiError> {
        let keys: Vec<_> = argument.as_array().into_iter().flatten().take(3).map(text_of).collect();
        let found = keys.iter().try_fold(&self.template.mappings, |map, key| map.get(key));
        found.filter(|_| keys.len() == 3).cloned().ok_or_else(|| {
            let path = keys.join("::");
            ApiError::validation(format!("Template error: Unable to get mapping for {path}"))
        })
    }

    fn named_condition(&self, name: &str, depth: usize) -> Result<bool, ApiError> {
        match self.template.conditions.get(name) {
            _ if depth > MAX_CONDITION_DEPTH => {
                Err(format_error(&format!("Circular dependencies for condition [{name}]")))
            }
            Some(condition) => self.condition(condition, depth + 1),
            None => Err(format_error(&format!("Unresolved condition dependency {name} in the Resources block"))),
        }
    }

    fn condition(&self, condition: &Value, depth: usize) -> Result<bool, ApiError> {
        let invalid = || format_error("Conditions can only be boolean operations on parameters and other conditions");
        let (function, argument) = condition.as_object().and_then(single_member).ok_or_else(invalid)?;
        if let ("Condition", Some(name)) = (function, argument.as_str()) {
            return self.named_condition(name, depth);
        }
        let parts = argument.as_array().ok_or_else(invalid)?;
        match (function, parts.as_slice()) {
            ("Fn::Equals", [left, right]) => {
                let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
                Ok(left.as_ref().map(text_of) == right.as_ref().map(text_of))
            }
            ("Fn::Not", [condition]) => Ok(!self.condition(condition, depth)?),
            ("Fn::And", parts) => parts.iter().try_fold(true, |all, part| Ok(self.condition(part, depth)? && all)),
            ("Fn::Or", parts) => parts.iter().try_fold(false, |any, part| Ok(self.condition(part, depth)? || any)),
            _ => Err(invalid()),
        }
    }
}

/// The names of parameters and resources that a value refers to.
pub(in crate::cloudformation::in_process) fn references(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect_references(value, &mut names);
    names.retain(|name| !name.starts_with("AWS::"));
    names
}

fn collect_references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| collect_references(element, names)),
        Value::Object(members) => match single_member(members) {
            Some(("Ref", Value::String(name))) => names.push(name.clone()),
            Some(("Fn::GetAtt", Value::Array(parts))) => {
                names.extend(parts.first().and_then(Value::as_str).map(str::to_owned));
            }
            Some(("Fn::GetAtt", Value::String(text))) => names.extend(text.split('.').next().map(str::to_owned)),
            Some(("Fn::Sub", argument)) => collect_sub_references(argument, names),
            _ => members.values().for_each(|value| collect_references(value, names)),
        },
        _ => {}
    }
}

fn collect_sub_references(argument: &Value, names: &mut Vec<String>) {
    let (text, variables) = match argument {
        Value::Array(parts) => (parts.first(), parts.get(1).and_then(Value::as_object)),
        text => (Some(text), None),
    };
    let own = |name: &str| variables.is_some_and(|variables| variables.contains_key(name));
    for piece in pieces(text.and_then(Value::as_str).unwrap_or_default()) {
        if let Piece::Variable(name) = piece
            && !own(name)
        {
            names.extend(name.split('.').next().map(str::to_owned));
        }
    }
    variables.into_iter().flat_map(Map::values).for_each(|value| collect_references(value, names));
}

enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// The parts of a `Fn::Sub` text: `${Name}` is a variable, `${!Name}` stands for the text `${Name}`.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        pieces.push(Piece::Text(before));
        match name.strip_prefix('!') {
            Some(literal) => pieces.extend([Piece::Text("${"), Piece::Text(literal), Piece::Text("}")]),
            None => pieces.push(Piece::Variable(name.trim())),
        }
        rest = tail;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn join(argument: &Value) -> Option<Value> {
    let [Value::String(delimiter), Value::Array(parts)] = argument.as_array()?.as_slice() else { return None };
    let texts: Option<Vec<_>> = parts.iter().map(scalar_text).collect();
    Some(Value::String(texts?.join(delimiter)))
}

fn select(argument: &Value) -> Option<Value> {
    let [index, Value::Array(parts)] = argument.as_array()?.as_slice() else { return None };
    parts.get(text_of(index).parse::<usize>().ok()?).cloned()
}

fn split(argument: &Value) -> Option<Value> {
    let [Value::String(delimiter), Value::String(text)] = argument.as_array()?.as_slice() else { return None };
    Some(text.split(delimiter.as_str()).map(Value::from).collect())
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name == "Condition" || name.starts_with("Fn::")
}

fn single_member(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut all = members.iter();
    match (all.next(), all.next()) {
        (Some((key, value)), None) => Some((key, value)),
        _ => None,
    }
}

/// Scalars are texts to CloudFormation; anything else still depends on a resource.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::Array(_) | Value::Object(_) => None,
        scalar => Some(text_of(scalar)),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_parameters_become_values_and_references_to_resources_stay() {
        let template = Template::parse(
            "
            Parameters: {env: {Type: String}}
            Mappings: {Sizes: {prod: {memory: 512}, dev: {memory: 128}}}
            Conditions:
              IsProd: !Equals [!Ref env, prod]
              IsDev: !Not [!Condition IsProd]
              Both: !And [!Condition IsProd, !Condition IsDev]
            Resources: {Queue: {Type: AWS::SQS::Queue}}",
        )
        .unwrap();
        let parameters = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
        let scope = Scope {
            template: &template,
            parameters: &parameters,
            stack_name: "prod-app",
            stack_id: "arn:stack",
            region: "us-east-1",
            account_id: "111122223333",
        };
        let check = |value: Value, expected: Option<Value>| {
            assert_eq!(scope.evaluate(&value), Ok(expected), "{value}");
        };
        check(json!({"Ref": "env"}), Some(json!("prod")));
        check(json!({"Ref": "Queue"}), Some(json!({"Ref": "Queue"})));
        check(json!({"Ref": "AWS::NoValue"}), None);
        check(json!({"Fn::Sub": "${AWS::StackName}-${env}-${!x}"}), Some(json!("prod-app-prod-${x}")));
        check(json!({"Fn::Sub": "${env}-${Queue.Arn}"}), Some(json!({"Fn::Sub": "prod-${Queue.Arn}"})));
        check(json!({"Fn::Sub": ["${a}", {"a": {"Ref": "env"}}]}), Some(json!("prod")));
        check(json!({"Fn::Join": ["-", ["a", {"Ref": "env"}, 1]]}), Some(json!("a-prod-1")));
        check(json!({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}), Some(json!("b")));
        check(json!({"Fn::FindInMap": ["Sizes", {"Ref": "env"}, "memory"]}), Some(json!(512)));
        check(json!({"Fn::If": ["IsProd", 1, {"Ref": "AWS::NoValue"}]}), Some(json!(1)));
        check(json!({"Fn::If": ["Both", 1, {"Ref": "AWS::NoValue"}]}), None);
        check(json!({"Fn::GetAtt": ["Queue", "Arn"]}), Some(json!({"Fn::GetAtt": ["Queue", "Arn"]})));
        assert_eq!(scope.holds(Some("IsDev")), Ok(false));
        assert!(scope.evaluate(&json!({"Fn::FindInMap": ["Sizes", "qa", "memory"]})).is_err());
    }

    #[test]
    fn conditions_that_refer_to_each_other_are_refused() {
        let template = Template::parse(
            "Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}
Resources: {Queue: {Type: AWS::SQS::Queue, Condition: A}}",
        )
        .unwrap();
        let parameters = BTreeMap::new();
        let (stack_name, region, account_id) = ("s", "r", "a");
        let scope =
            Scope { template: &template, parameters: &parameters, stack_name, stack_id: "i", region, account_id };
        assert!(scope.holds(Some("A")).is_err());
    }
}
