//! The definitions with the functions of an account, as Step Functions' own check sees them.

use deploy_workflow::definitions::Definition;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// `ValidateStateMachineDefinition` of the Step Functions at `endpoint_url`, which is plain HTTP.
async fn validate(endpoint_url: &str, definition: &str) -> Json {
    let authority = endpoint_url.trim_start_matches("http://").trim_end_matches('/');
    let body = json!({"definition": definition, "type": "STANDARD"}).to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/x-amz-json-1.0\r\n\
         X-Amz-Target: AWSStepFunctions.ValidateStateMachineDefinition\r\nX-Amz-Date: 20260101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, \
         SignedHeaders=host, Signature=none\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(authority).await.unwrap();
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let (_, answer) = response.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {response}"))
}

#[tokio::test]
async fn step_functions_accepts_the_definitions_with_the_functions_of_an_account() {
    let Ok(endpoint_url) = std::env::var("AWS_ENDPOINT_URL") else {
        return println!("left out: AWS_ENDPOINT_URL names no LocalStack");
    };
    for definition in Definition::ALL {
        let text = definition.text_for("arn:aws:lambda:us-east-1:123456789012:function:");
        let answer = validate(&endpoint_url, &text).await;
        assert_eq!(answer["result"], "OK", "{definition}: {answer}");
    }
    // LocalStack looks at the form alone, and not at where transitions lead.
    let broken = Definition::Standard.text().replacen("\"Task\"", "\"Tasks\"", 1);
    let answer = validate(&endpoint_url, &broken).await;
    assert_eq!(answer["result"], "FAIL", "{answer}");
}
