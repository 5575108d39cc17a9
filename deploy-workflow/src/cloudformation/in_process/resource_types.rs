//! What changing a property does, for the resource types that deployments commonly have.
//!
//! From the "Update requires" lines of AWS's
//! [resource reference](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html).
//! A property that is not listed for a listed type can change without interruption.
//! Of a type that is not listed, any property may need a replacement: its changes are `Conditional`.

use serde_json::{Map, Value};

use crate::cloudformation::status::RequiresRecreation;

struct ResourceType {
    name: &'static str,
    /// The property that names the physical resource, which must be free.
    name_property: Option<&'static str>,
    /// "Update requires: Replacement".
    create_only: &'static [&'static str],
    /// "Update requires: Some interruptions", or a replacement depending on the values.
    conditional: &'static [&'static str],
}

/// The type of nested stacks.
pub(super) const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

const RESOURCE_TYPES: &[ResourceType] = &[
    resource_type("AWS::ApiGateway::RestApi", None, &[], &[]),
    resource_type("AWS::CloudFormation::Stack", None, &[], &[]),
    resource_type("AWS::CloudWatch::Alarm", Some("AlarmName"), &["AlarmName"], &[]),
    resource_type(
        "AWS::DynamoDB::Table",
        Some("TableName"),
        &["TableName", "ImportSourceSpecification"],
        &["AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes"],
    ),
    resource_type(
        "AWS::EC2::Instance",
        None,
        &["AvailabilityZone", "ImageId", "KeyName", "PrivateIpAddress", "SubnetId"],
        &["InstanceType", "SecurityGroupIds", "SecurityGroups", "UserData"],
    ),
    resource_type("AWS::EC2::SecurityGroup", Some("GroupName"), &["GroupName", "GroupDescription", "VpcId"], &[]),
    resource_type("AWS::EC2::Subnet", None, &["AvailabilityZone", "CidrBlock", "VpcId"], &[]),
    resource_type("AWS::EC2::VPC", None, &["CidrBlock"], &["InstanceTenancy"]),
    resource_type("AWS::ECS::Cluster", Some("ClusterName"), &["ClusterName"], &[]),
    resource_type(
        "AWS::ECS::Service",
        None,
        &["Cluster", "LaunchType", "SchedulingStrategy", "ServiceName"],
        &["LoadBalancers", "ServiceRegistries"],
    ),
    resource_type(
        "AWS::ECS::TaskDefinition",
        None,
        &[
            "ContainerDefinitions",
            "Cpu",
            "ExecutionRoleArn",
            "Family",
            "Memory",
            "NetworkMode",
            "TaskRoleArn",
            "Volumes",
        ],
        &[],
    ),
    resource_type("AWS::Events::Rule", Some("Name"), &["Name", "EventBusName"], &[]),
    resource_type("AWS::IAM::AccessKey", None, &["UserName", "Serial"], &[]),
    resource_type("AWS::IAM::Group", Some("GroupName"), &["GroupName"], &[]),
    resource_type("AWS::IAM::InstanceProfile", Some("InstanceProfileName"), &["InstanceProfileName", "Path"], &[]),
    resource_type(
        "AWS::IAM::ManagedPolicy",
        Some("ManagedPolicyName"),
        &["ManagedPolicyName", "Path", "Description"],
        &[],
    ),
    resource_type("AWS::IAM::Policy", None, &[], &[]),
    resource_type("AWS::IAM::Role", Some("RoleName"), &["RoleName", "Path"], &[]),
    resource_type("AWS::IAM::User", Some("UserName"), &["UserName"], &[]),
    resource_type("AWS::KMS::Key", None, &["KeySpec", "KeyUsage", "MultiRegion"], &[]),
    resource_type("AWS::Lambda::Function", Some("FunctionName"), &["FunctionName", "PackageType"], &[]),
    resource_type(
        "AWS::Lambda::Permission",
        None,
        &["Action", "FunctionName", "Principal", "SourceAccount", "SourceArn"],
        &[],
    ),
    resource_type("AWS::Lambda::Version", None, &["FunctionName", "CodeSha256", "Description"], &[]),
    resource_type("AWS::Logs::LogGroup", Some("LogGroupName"), &["LogGroupName"], &[]),
    resource_type(
        "AWS::RDS::DBInstance",
        Some("DBInstanceIdentifier"),
        &[
            "CharacterSetName",
            "DBInstanceIdentifier",
            "DBName",
            "DBSubnetGroupName",
            "MasterUsername",
            "StorageEncrypted",
        ],
        &["AllocatedStorage", "Engine", "EngineVersion", "MultiAZ", "Port"],
    ),
    resource_type("AWS::S3::Bucket", Some("BucketName"), &["BucketName", "ObjectLockEnabled"], &[]),
    resource_type("AWS::S3::BucketPolicy", None, &["Bucket"], &[]),
    resource_type("AWS::SNS::Subscription", None, &["Endpoint", "Protocol", "TopicArn"], &[]),
    resource_type("AWS::SNS::Topic", Some("TopicName"), &["TopicName", "FifoTopic"], &[]),
    resource_type("AWS::SQS::Queue", Some("QueueName"), &["QueueName", "FifoQueue"], &[]),
    resource_type("AWS::SSM::Parameter", Some("Name"), &["Name"], &["Type"]),
    resource_type(
        "AWS::StepFunctions::StateMachine",
        Some("StateMachineName"),
        &["StateMachineName", "StateMachineType"],
        &[],
    ),
];

const fn resource_type(
    name: &'static str,
    name_property: Option<&'static str>,
    create_only: &'static [&'static str],
    conditional: &'static [&'static str],
) -> ResourceType {
    ResourceType { name, name_property, create_only, conditional }
}

/// Whether changing `property` needs a new physical resource.
pub(super) fn requires_recreation(resource_type: &str, property: &str) -> RequiresRecreation {
    match find(resource_type) {
        _ if property == "Tags" => RequiresRecreation::Never,
        None => RequiresRecreation::Conditionally,
        Some(known) if known.create_only.contains(&property) => RequiresRecreation::Always,
        Some(known) if known.conditional.contains(&property) => RequiresRecreation::Conditionally,
        Some(_) => RequiresRecreation::Never,
    }
}

/// The name that a resource asks for, if it names itself and the name is known.
pub(super) fn physical_name<'a>(resource_type: &str, properties: &'a Map<String, Value>) -> Option<&'a str> {
    properties.get(find(resource_type)?.name_property?)?.as_str()
}

/// Whether an IAM resource has a name of its own, which needs `CAPABILITY_NAMED_IAM`.
pub(super) fn has_iam_name(resource_type: &str, properties: &Map<String, Value>) -> bool {
    find(resource_type).and_then(|known| known.name_property).is_some_and(|property| properties.contains_key(property))
}

fn find(name: &str) -> Option<&'static ResourceType> {
    RESOURCE_TYPES.iter().find(|resource_type| resource_type.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_a_change_needs() {
        let check = |resource_type: &str, property: &str, expected: RequiresRecreation| {
            assert_eq!(requires_recreation(resource_type, property), expected, "{resource_type} {property}");
        };
        check("AWS::Lambda::Function", "MemorySize", RequiresRecreation::Never);
        check("AWS::Lambda::Function", "FunctionName", RequiresRecreation::Always);
        check("AWS::EC2::Instance", "InstanceType", RequiresRecreation::Conditionally);
        check("AWS::Unheard::Of", "Anything", RequiresRecreation::Conditionally);
        check("AWS::Unheard::Of", "Tags", RequiresRecreation::Never);
    }

    #[test]
    fn types_are_listed_once_and_in_order() {
        assert!(RESOURCE_TYPES.is_sorted_by(|left, right| left.name < right.name));
    }
}
