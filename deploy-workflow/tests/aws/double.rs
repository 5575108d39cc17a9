//! A double of AWS on loopback: it answers by a script and records what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_cloudformation::config::{AsyncSleep, Credentials, Region, Sleep};
use deploy_workflow::aws;
use deploy_workflow::handlers::Services;
use tokio::net::TcpListener;
use tokio::sync::Notify;

pub(crate) use crate::doubles::http::Request;
use crate::doubles::http::{read_request, respond};

pub(crate) const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKEN";

const XML: &str = "text/xml";

/// The timeout of one attempt.
const ATTEMPT: Duration = Duration::from_secs(8);

/// What the double answers, once.
pub(crate) enum Answer {
    /// A status and a body.
    Response(u16, String),
    /// An object of S3.
    Object(Vec<u8>),
    /// The connection is closed.
    Close,
    /// Nothing, until the attempt times out.
    Silence,
}

impl Answer {
    /// A result of CloudFormation.
    pub(crate) fn result(operation: &str, members: &str) -> Self {
        Self::Response(
            200,
            format!(
                "<{operation}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
                 <{operation}Result>{members}</{operation}Result>\
                 <ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></{operation}Response>"
            ),
        )
    }

    /// An error of CloudFormation.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Response(
            status,
            format!(
                "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
                 <Code>{code}</Code><Message>{message}</Message></Error><RequestId>request-1</RequestId></ErrorResponse>"
            ),
        )
    }

    /// An error of S3.
    pub(crate) fn s3_error(status: u16, code: &str, message: &str) -> Self {
        Self::Response(
            status,
            format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>request-1</RequestId></Error>"),
        )
    }
}

/// The double, and the handlers' services with credentials for it.
pub(crate) struct Double {
    pub(crate) services: Services,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Double {
    /// Answers with `script`, in its order, whatever is asked.
    pub(crate) async fn start(script: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let attempt_is_over = Arc::new(Notify::new());
        tokio::spawn(serve(listener, script.into_iter().collect(), requests.clone(), attempt_is_over.clone()));
        let credentials =
            Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, Some(SESSION_TOKEN.to_owned()), None, "double");
        let config = aws::config()
            .endpoint_url(format!("http://{address}"))
            .region(Region::new("eu-west-1"))
            .credentials_provider(credentials)
            .sleep_impl(Timer { attempt_is_over })
            .load()
            .await;
        Self { services: aws::services(&config), requests }
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The operations that were asked for.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.requests().iter().map(Request::operation).collect()
    }
}

/// Pauses between attempts, which are of at most two seconds, pass at once; an attempt times out when it is told to,
/// and no other timeout passes.
#[derive(Debug)]
pub(crate) struct Timer {
    pub(crate) attempt_is_over: Arc<Notify>,
}

impl AsyncSleep for Timer {
    fn sleep(&self, duration: Duration) -> Sleep {
        if duration <= Duration::from_secs(2) {
            Sleep::new(std::future::ready(()))
        } else if duration == ATTEMPT {
            let attempt_is_over = self.attempt_is_over.clone();
            Sleep::new(async move { attempt_is_over.notified().await })
        } else {
            Sleep::new(std::future::pending())
        }
    }
}

async fn serve(
    listener: TcpListener,
    mut script: VecDeque<Answer>,
    requests: Arc<Mutex<Vec<Request>>>,
    attempt_is_over: Arc<Notify>,
) {
    let mut silent = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let Some(request) = read_request(&mut stream).await else { continue };
        requests.lock().unwrap().push(request);
        match script.pop_front() {
            Some(Answer::Response(status, body)) => respond(&mut stream, status, XML, body.as_bytes()).await,
            Some(Answer::Object(bytes)) => respond(&mut stream, 200, XML, &bytes).await,
            Some(Answer::Close) => drop(stream),
            Some(Answer::Silence) => {
                silent.push(stream);
                attempt_is_over.notify_one();
            }
            None => {
                let body = "<Error><Code>Unexpected</Code><Message>the script is at its end</Message></Error>";
                respond(&mut stream, 400, XML, body.as_bytes()).await;
            }
        }
    }
}
