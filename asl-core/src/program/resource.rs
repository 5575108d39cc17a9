//! What a Task's `Resource` names.
//!
//! See [Integrating services](https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html).

use std::array;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A Task's `Resource`, taken apart.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Resource(Arc<Parts>);

#[derive(PartialEq, Eq, Hash)]
struct Parts {
    arn: Arc<str>,
    kind: ResourceKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum ResourceKind {
    LambdaFunction { name: Arc<str> },
    Activity { name: Arc<str> },
    Service { service: Arc<str>, action: Arc<str>, pattern: IntegrationPattern },
    Other,
}

/// How a service integration is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IntegrationPattern {
    /// The call's response is the result.
    RequestResponse,
    /// `.sync`: the result is the finished job.
    Sync,
    /// `.sync:2`: the same, with the job's output as JSON.
    Sync2,
    /// `.waitForTaskToken`: the result is what is sent with the Task token.
    WaitForTaskToken,
}

impl IntegrationPattern {
    const SUFFIXES: [(&str, Self); 3] =
        [(".sync:2", Self::Sync2), (".sync", Self::Sync), (".waitForTaskToken", Self::WaitForTaskToken)];
}

impl IntegrationPattern {
    /// The end of the `Resource` that asks for the pattern; empty for a mere call.
    pub(crate) fn suffix(self) -> &'static str {
        Self::SUFFIXES.iter().find(|(_, pattern)| *pattern == self).map_or("", |(suffix, _)| suffix)
    }
}

impl Resource {
    /// Takes an ARN, or any other URI, apart.
    pub fn parse(arn: &str) -> Self {
        let mut parts = arn.splitn(6, ':');
        let kind = match array::from_fn(|_| parts.next()) {
            [Some("arn"), _, Some("lambda"), _, _, Some(resource)] => Self::function(resource),
            [Some("arn"), _, Some("states"), _, Some(""), Some(integration)] => Self::service(integration),
            [Some("arn"), _, Some("states"), _, _, Some(resource)] => Self::activity(resource),
            _ => None,
        };
        Self(Arc::new(Parts { arn: arn.into(), kind: kind.unwrap_or(ResourceKind::Other) }))
    }

    fn function(resource: &str) -> Option<ResourceKind> {
        let name = resource.strip_prefix("function:")?;
        let name = name.split_once(':').map_or(name, |(name, _version)| name);
        Some(ResourceKind::LambdaFunction { name: name.into() })
    }

    fn activity(resource: &str) -> Option<ResourceKind> {
        Some(ResourceKind::Activity { name: resource.strip_prefix("activity:")?.into() })
    }

    fn service(integration: &str) -> Option<ResourceKind> {
        let (integration, pattern) = IntegrationPattern::SUFFIXES
            .iter()
            .find_map(|(suffix, pattern)| Some((integration.strip_suffix(suffix)?, *pattern)))
            .unwrap_or((integration, IntegrationPattern::RequestResponse));
        let (service, action) = integration.rsplit_once(':')?;
        Some(ResourceKind::Service { service: service.into(), action: action.into(), pattern })
    }

    /// The resource as written.
    pub fn as_str(&self) -> &str {
        &self.0.arn
    }

    /// The name of the Lambda function, without version or alias, if this is one.
    pub fn function_name(&self) -> Option<&str> {
        match &self.0.kind {
            ResourceKind::LambdaFunction { name } => Some(name),
            _ => None,
        }
    }

    /// The name of the activity, if this is one.
    pub fn activity_name(&self) -> Option<&str> {
        match &self.0.kind {
            ResourceKind::Activity { name } => Some(name),
            _ => None,
        }
    }

    /// The service (`sqs`, `aws-sdk:s3`) and action (`sendMessage`) of a service integration.
    pub fn service_action(&self) -> Option<(&str, &str)> {
        match &self.0.kind {
            ResourceKind::Service { service, action, .. } => Some((service, action)),
            _ => None,
        }
    }

    /// How the Task is waited for.
    pub fn pattern(&self) -> IntegrationPattern {
        match &self.0.kind {
            ResourceKind::Service { pattern, .. } => *pattern,
            _ => IntegrationPattern::RequestResponse,
        }
    }
}

/// As it is written.
impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.arn)
    }
}

impl<'de> Deserialize<'de> for Resource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&Arc::<str>::deserialize(deserializer)?))
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { arn, kind } = &*self.0;
        formatter.debug_struct("Resource").field("arn", arn).field("kind", kind).finish()
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_resources_apart() {
        let lambda = Resource::parse("arn:aws:lambda:us-east-1:111111111111:function:Charge:live");
        assert_eq!(lambda.function_name(), Some("Charge"));
        let activity = Resource::parse("arn:aws:states:us-east-1:111111111111:activity:approve");
        assert_eq!(activity.activity_name(), Some("approve"));
        let cases = [
            (
                "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "sqs",
                "sendMessage",
                IntegrationPattern::WaitForTaskToken,
            ),
            ("arn:aws:states:::states:startExecution.sync:2", "states", "startExecution", IntegrationPattern::Sync2),
            ("arn:aws:states:::ecs:runTask.sync", "ecs", "runTask", IntegrationPattern::Sync),
            ("arn:aws:states:::aws-sdk:s3:getObject", "aws-sdk:s3", "getObject", IntegrationPattern::RequestResponse),
        ];
        for (arn, service, action, pattern) in cases {
            let resource = Resource::parse(arn);
            assert_eq!((resource.service_action(), resource.pattern()), (Some((service, action)), pattern), "{arn}");
        }
        assert_eq!(Resource::parse("https://example.com/x").service_action(), None);
    }
}
