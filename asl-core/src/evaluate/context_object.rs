//! The Context Object, `$$`: what an execution knows about itself.
//!
//! See [Context object](https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html).

use std::sync::Arc;

use crate::timestamp::Timestamp;
use crate::value::{Object, Value};

/// The facts that the Context Object tells, borrowed from the execution.
#[derive(Debug, Clone)]
pub(crate) struct ContextObject<'a> {
    pub(crate) execution: ExecutionFacts<'a>,
    pub(crate) state_machine_id: &'a Arc<str>,
    pub(crate) state_machine_name: &'a Arc<str>,
    pub(crate) state: StateFacts<'a>,
    /// `Task.Token`, while a Task waits for it.
    pub(crate) task_token: Option<&'a Arc<str>>,
    /// `Map.Item`, in an iteration of a Map.
    pub(crate) map_item: Option<MapItem<'a>>,
}

/// `$$.Execution`.
#[derive(Debug, Clone)]
pub(crate) struct ExecutionFacts<'a> {
    pub(crate) id: &'a Arc<str>,
    pub(crate) input: &'a Value,
    pub(crate) start_time: Timestamp,
    pub(crate) name: &'a Arc<str>,
    pub(crate) role_arn: &'a Arc<str>,
    pub(crate) redrive_count: u32,
    pub(crate) redrive_time: Option<Timestamp>,
}

/// `$$.State`.
#[derive(Debug, Clone)]
pub(crate) struct StateFacts<'a> {
    pub(crate) name: &'a Arc<str>,
    pub(crate) entered_time: Timestamp,
    /// How often the state was retried; only Task states tell.
    pub(crate) retry_count: Option<u32>,
}

/// `$$.Map.Item`.
#[derive(Debug, Clone)]
pub(crate) struct MapItem<'a> {
    pub(crate) index: usize,
    pub(crate) value: &'a Value,
}

impl ContextObject<'_> {
    /// The Context Object, its members in AWS's order.
    pub(crate) fn to_value(&self) -> Value {
        let execution = &self.execution;
        let state = &self.state;
        let required = [
            (
                "Execution",
                object([
                    ("Id", Some(execution.id.clone().into())),
                    ("Input", Some(execution.input.clone())),
                    ("StartTime", Some(execution.start_time.to_string().into())),
                    ("Name", Some(execution.name.clone().into())),
                    ("RoleArn", Some(execution.role_arn.clone().into())),
                    ("RedriveCount", Some(execution.redrive_count.into())),
                    ("RedriveTime", execution.redrive_time.map(|time| time.to_string().into())),
                ]),
            ),
            (
                "StateMachine",
                object([
                    ("Id", Some(self.state_machine_id.clone().into())),
                    ("Name", Some(self.state_machine_name.clone().into())),
                ]),
            ),
            (
                "State",
                object([
                    ("Name", Some(state.name.clone().into())),
                    ("EnteredTime", Some(state.entered_time.to_string().into())),
                    ("RetryCount", state.retry_count.map(Value::from)),
                ]),
            ),
        ];
        let task = self.task_token.map(|token| ("Task", object([("Token", Some(token.clone().into()))])));
        let map = self.map_item.as_ref().map(|item| {
            let item = object([("Index", Some(item.index.into())), ("Value", Some(item.value.clone()))]);
            ("Map", object([("Item", Some(item))]))
        });
        Value::Object(required.into_iter().chain(task).chain(map).collect::<Object>())
    }
}

fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    Value::Object(members.into_iter().filter_map(|(key, value)| Some((key, value?))).collect::<Object>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_aws_tells_in_its_order() {
        let [execution, machine, state, token]: [Arc<str>; 4] = ["run", "machine", "Ship", "token"].map(Arc::from);
        let (input, item) = (Value::from(1), Value::from("tea"));
        let mut context = ContextObject {
            execution: ExecutionFacts {
                id: &execution,
                input: &input,
                start_time: Timestamp::UNIX_EPOCH,
                name: &execution,
                role_arn: &machine,
                redrive_count: 0,
                redrive_time: None,
            },
            state_machine_id: &machine,
            state_machine_name: &machine,
            state: StateFacts { name: &state, entered_time: Timestamp::from_millis(1_500), retry_count: None },
            task_token: None,
            map_item: None,
        };
        let start = concat!(
            r#"{"Execution":{"Id":"run","Input":1,"StartTime":"1970-01-01T00:00:00.000Z","Name":"run","#,
            r#""RoleArn":"machine","RedriveCount":0},"StateMachine":{"Id":"machine","Name":"machine"},"#,
            r#""State":{"Name":"Ship","EnteredTime":"1970-01-01T00:00:01.500Z""#,
        );
        assert_eq!(context.to_value().to_string(), format!("{start}}}}}"));

        context.state.retry_count = Some(2);
        context.task_token = Some(&token);
        context.map_item = Some(MapItem { index: 3, value: &item });
        let end = r#","RetryCount":2},"Task":{"Token":"token"},"Map":{"Item":{"Index":3,"Value":"tea"}}}"#;
        assert_eq!(context.to_value().to_string(), format!("{start}{end}"));
    }
}
