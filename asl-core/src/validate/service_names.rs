//! The names that services have in SDK integrations, `aws-sdk:<service>:<action>`.
//!
//! See [AWS SDK integrations](https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html):
//! they are the names of the services in the AWS SDK for Java, in lower case.

/// Whether a service of the SDK has this name.
pub(super) fn is_service(name: &str) -> bool {
    all().any(|service| service == name)
}

/// Every name, in the order of the alphabet.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    SERVICES.split_whitespace()
}

/// The name in SDK integrations of a service that has another one elsewhere, such as in the command line.
pub(super) fn usual_name(other: &str) -> Option<&'static str> {
    OTHER_NAMES.iter().find(|(name, _)| *name == other).map(|(_, usual)| *usual)
}

const OTHER_NAMES: &[(&str, &str)] = &[
    ("acm-pca", "acmpca"),
    ("ce", "costexplorer"),
    ("cognito-idp", "cognitoidentityprovider"),
    ("cur", "costandusagereport"),
    ("discovery", "applicationdiscovery"),
    ("dms", "databasemigration"),
    ("ds", "directory"),
    ("elasticmapreduce", "emr"),
    ("elb", "elasticloadbalancing"),
    ("elbv2", "elasticloadbalancingv2"),
    ("es", "elasticsearch"),
    ("events", "eventbridge"),
    ("logs", "cloudwatchlogs"),
    ("mgh", "migrationhub"),
    ("monitoring", "cloudwatch"),
    ("sdb", "simpledb"),
    ("serverlessrepo", "serverlessapplicationrepository"),
    ("states", "sfn"),
    ("stepfunctions", "sfn"),
];

const SERVICES: &str = "\
    accessanalyzer account accountaccess accountaccessruntime acm acmpca agentregistry agentregistrycontrol \
    aiops alexaforbusiness amp amplify amplifybackend amplifyuibuilder apigateway apigatewaymanagementapi \
    apigatewayv2 appconfig appconfigdata appfabric appflow appintegrations applicationautoscaling \
    applicationcostprofiler applicationdiscovery applicationinsights applicationsignals appmesh apprunner \
    appstream appsync apptest arcregionswitch arczonalshift artifact athena auditmanager autoscaling \
    autoscalingplans b2bi backup backupgateway backupsearch backupstorage batch bcmdashboards bcmdataexports \
    bcmpricingcalculator bcmrecommendedactions bedrock bedrockagent bedrockagentcore bedrockagentcorecontrol \
    bedrockagentruntime bedrockdataautomation bedrockdataautomationruntime bedrockruntime billing \
    billingconductor braket budgets chatbot chime chimesdkidentity chimesdkmediapipelines chimesdkmeetings \
    chimesdkmessaging chimesdkvoice cleanrooms cleanroomsml cloud9 cloudcontrol clouddirectory cloudformation \
    cloudfront cloudfrontkeyvaluestore cloudhsm cloudhsmv2 cloudsearch cloudsearchdomain cloudtrail \
    cloudtraildata cloudwatch cloudwatchevents cloudwatchlogs cloudwatchomni codeartifact codebuild codecatalyst \
    codecommit codeconnections codedeploy codeguruprofiler codegurureviewer codegurusecurity codepipeline \
    codestar codestarconnections codestarnotifications cognitoidentity cognitoidentityprovider cognitosync \
    comprehend comprehendmedical computeoptimizer computeoptimizerautomation config connect connectcampaigns \
    connectcampaignsv2 connectcases connectcontactlens connecthealth connectparticipant connectscheduling \
    continuum controlcatalog controltower costandusagereport costexplorer costoptimizationhub customerprofiles \
    databasemigration databrew dataexchange datapipeline datasync datazone dax deadline detective devicefarm \
    devopsagent devopsguru directconnect directory directoryservicedata dlm docdb docdbelastic drs dsql dynamodb \
    dynamodbstreams ebs ec2 ec2instanceconnect ecr ecrpublic ecs efs eks eksauth elasticache elasticbeanstalk \
    elasticinference elasticloadbalancing elasticloadbalancingv2 elasticsearch elastictranscoder \
    elementalinference emr emrcontainers emrserverless endusermessaging entityresolution eventbridge \
    eventbridgev2 evidently evs finspace finspacedata firehose fis fms forecast forecastquery frauddetector \
    freetier fsx gamelift gameliftstreams gamesparks geomaps geoplaces georoutes glacier globalaccelerator glue \
    grafana greengrass greengrassv2 groundstation guardduty health healthlake honeycode iam iamtoolbox \
    identitystore imagebuilder importexport inspector inspector2 inspectorscan interconnect internetmonitor \
    invoicing iot iot1clickdevices iot1clickprojects iotanalytics iotdataplane iotdeviceadvisor iotevents \
    ioteventsdata iotfleethub iotfleetwise iotjobsdataplane iotmanagedintegrations iotroborunner \
    iotsecuretunneling iotsitewise iotthingsgraph iottwinmaker iotwireless ivs ivschat ivsrealtime kafka \
    kafkaconnect kendra kendraranking keyspaces keyspacesstreams kinesis kinesisanalytics kinesisanalyticsv2 \
    kinesisvideo kinesisvideoarchivedmedia kinesisvideomedia kinesisvideosignaling kinesisvideowebrtcstorage kms \
    lakeformation lambda lambdacore lambdamicrovms lambdaweb launchwizard lexmodelbuilding lexmodelsv2 \
    lexruntime lexruntimev2 licensemanager licensemanagerlinuxsubscriptions licensemanagerusersubscriptions \
    lightsail location lookoutequipment lookoutmetrics lookoutvision m2 machinelearning macie macie2 mailmanager \
    managedblockchain managedblockchainquery marketplaceagreement marketplacecatalog \
    marketplacecommerceanalytics marketplacedeployment marketplacediscovery marketplaceentitlement \
    marketplacemetering marketplacereporting mediaconnect mediaconvert medialive mediapackage mediapackagev2 \
    mediapackagevod mediastore mediastoredata mediatailor medicalimaging memorydb mgn migrationhub \
    migrationhubconfig migrationhuborchestrator migrationhubrefactorspaces migrationhubstrategy mobile mpa mq \
    mturk mwaa mwaaserverless neptune neptunedata neptunegraph networkfirewall networkflowmonitor networkmanager \
    networkmonitor networksecuritymanager nimble notifications notificationscontacts novaact oam \
    observabilityadmin odb omics opensearch opensearchmemory opensearchserverless opsworks opsworkscm \
    organizations osis outposts panorama partnercentralaccount partnercentralbenefits partnercentralchannel \
    partnercentralrevenuemeasurement partnercentralselling paymentcryptography paymentcryptographydata \
    pcaconnectorad pcaconnectorscep pcs personalize personalizeevents personalizeruntime pi pinpoint \
    pinpointemail pinpointsmsvoice pinpointsmsvoicev2 pipes polly pricing pricingplanmanager privatenetworks \
    proton qapps qbusiness qconnect qldb qldbsession quicksight ram rbin rds rdsdata redshift redshiftdata \
    redshiftserverless rekognition repostspace resiliencehub resiliencehubv2 resourceexplorer2 resourcegroups \
    resourcegroupstaggingapi robomaker rolesanywhere route53 route53domains route53globalresolver \
    route53profiles route53recoverycluster route53recoverycontrolconfig route53recoveryreadiness route53resolver \
    rtbfabric rum s3 s3control s3files s3outposts s3tables s3vectors sagemaker sagemakera2iruntime sagemakeredge \
    sagemakerfeaturestoreruntime sagemakergeospatial sagemakerinferencerouterruntime sagemakerjobruntime \
    sagemakermetrics sagemakerruntime sagemakertrainingsessionruntime savingsplans scheduler schemas \
    secretsmanager securityagent securityhub securityir securitylake serverlessapplicationrepository \
    servicecatalog servicecatalogappregistry servicediscovery servicequotas ses sesv2 sfn shield signer \
    signerdata signin simpledb simpledbv2 simspaceweaver sms snowball snowdevicemanagement sns socialmessaging \
    sqs ssm ssmcontacts ssmguiconnect ssmincidents ssmquicksetup ssmsap sso ssoadmin ssooidc storagegateway sts \
    supplychain support supportapp supportauthz sustainability swf synthetics taxsettings textract \
    timestreaminfluxdb timestreamquery timestreamwrite transcribe transcribestreaming transfer translate \
    trustedadvisor uxc verifiedpermissions voiceid vpclattice waf wafregional wafv2 wellarchitected wickr wisdom \
    workdocs worklink workmail workmailmessageflow workspaces workspacesinstances workspacesthinclient \
    workspacesweb xray \
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_in_order() {
        let names: Vec<&str> = all().collect();
        assert!(names.is_sorted_by(|one, next| one < next));
        assert!(names.len() > 400);
    }

    #[test]
    fn other_names_lead_to_services_and_are_none() {
        for (other, usual) in OTHER_NAMES {
            assert!(is_service(usual) && !is_service(other), "{other}");
            assert_eq!(usual_name(other), Some(*usual));
        }
    }
}
