//! What goes wrong: in this process by faults, before an emulator by a proxy on loopback, so that the real SDK sees it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use deploy_workflow::cloudformation::in_process::{Fault, Operation};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How often the SDK attempts a call before the Task fails.
const ATTEMPTS: u32 = 3;

/// What goes wrong with CloudFormation.
#[derive(Debug, Clone)]
pub(crate) enum Interference {
    None,
    /// So many Tasks are throttled.
    Throttled {
        operation: Operation,
        calls: u32,
    },
    /// The caller may not do this.
    Denied {
        operation: Operation,
    },
    /// Calls of an operation do not reach CloudFormation, and have no answer, until [`Proxy::let_pass`].
    Held,
    /// A stack never gets done, for it never gets done with this resource.
    StaysInProgress {
        logical_id: &'static str,
    },
}

impl Interference {
    /// The faults of the CloudFormation in this process.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        match self {
            Self::None | Self::Held => Vec::new(),
            Self::Throttled { operation, calls } => vec![Fault::throttle(*operation, *calls)],
            Self::Denied { operation } => vec![Fault::deny(*operation)],
            Self::StaysInProgress { logical_id } => vec![Fault::hang_resource(*logical_id)],
        }
    }
}

/// What became of the calls of operations.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Ledger>>);

#[derive(Default)]
struct Ledger {
    /// In order.
    passed: Vec<String>,
    held: Vec<String>,
    /// Whose calls are not held any more.
    let_pass: HashSet<String>,
}

impl Calls {
    /// Notes a call of `operation`; returns whether it passes.
    fn note(&self, operation: &str, interference: &Interference) -> bool {
        let mut ledger = self.0.lock().unwrap();
        let passes = !matches!(interference, Interference::Held) || ledger.let_pass.contains(operation);
        let calls = if passes { &mut ledger.passed } else { &mut ledger.held };
        calls.push(operation.to_owned());
        passes
    }

    /// The caller of a call that was held is gone.
    fn forget(&self, operation: &str) {
        let mut ledger = self.0.lock().unwrap();
        if let Some(index) = ledger.held.iter().position(|held| held == operation) {
            ledger.held.remove(index);
        }
    }
}

/// A proxy before an emulator; it ends with its value.
pub(crate) struct Proxy {
    endpoint: String,
    calls: Calls,
    server: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(config: &SdkConfig, interference: Interference) -> Result<Self, String> {
        let upstream = config.endpoint_url().and_then(|url| url.strip_prefix("http://"));
        let upstream: Arc<str> =
            upstream.ok_or("the emulator's endpoint is no http:// address")?.trim_end_matches('/').into();
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(|error| error.to_string())?);
        let refused = Arc::new(AtomicU32::new(0));
        let calls = Calls::default();
        let noted = calls.clone();
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, interference, refused) = (upstream.clone(), interference.clone(), refused.clone());
                let noted = noted.clone();
                tokio::spawn(async move { serve(client, &upstream, &interference, &refused, &noted).await });
            }
        });
        Ok(Self { endpoint, calls, server })
    }

    /// The operations whose calls reached CloudFormation so far, in order.
    pub(crate) fn passed(&self) -> Vec<String> {
        self.calls.0.lock().unwrap().passed.clone()
    }

    /// The operation of a call that is held now.
    pub(crate) fn held(&self) -> Option<String> {
        self.calls.0.lock().unwrap().held.first().cloned()
    }

    /// Holds no call of this operation from now on; those that are held stay so.
    pub(crate) fn let_pass(&self, operation: String) {
        self.calls.0.lock().unwrap().let_pass.insert(operation);
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Answers one request; who has gone away is none of the proxy's business.
async fn serve(
    mut client: TcpStream,
    upstream: &str,
    interference: &Interference,
    refused: &AtomicU32,
    calls: &Calls,
) -> Option<()> {
    let (head, body) = read_message(&mut client).await?;
    let text = String::from_utf8_lossy(&body);
    let operation = text.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default();
    if !calls.note(operation, interference) {
        // Until the caller is gone.
        let _ = client.read_u8().await;
        calls.forget(operation);
        return None;
    }
    let asks_for = |it: &Operation| it.to_string() == operation;
    let refusal = match interference {
        Interference::Throttled { operation, calls }
            if asks_for(operation) && refused.fetch_add(1, Ordering::SeqCst) < calls * ATTEMPTS =>
        {
            Some(error(400, "Throttling", "Rate exceeded"))
        }
        Interference::Denied { operation } if asks_for(operation) => Some(error(
            403,
            "AccessDenied",
            &format!(
                "User: arn:aws:sts::111122223333:assumed-role/deploy/session is not authorized to perform: \
                 cloudformation:{operation}"
            ),
        )),
        _ => None,
    };
    let answer = if let Some(refusal) = refusal {
        refusal
    } else {
        let answer = ask(upstream, &head, &body).await?;
        match interference {
            Interference::StaysInProgress { .. } if asks_for(&Operation::DescribeStacks) => in_progress(&answer)?,
            _ => answer,
        }
    };
    client.write_all(&answer).await.ok()?;
    client.shutdown().await.ok()
}

/// Asks the emulator on a connection of its own, to whose end the answer goes.
async fn ask(upstream: &str, head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).await.ok()?;
    let lines = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head = lines.collect::<Vec<_>>().join("\r\n") + "\r\nConnection: close\r\n\r\n";
    server.write_all(&[head.as_bytes(), body].concat()).await.ok()?;
    let (head, body) = read_message(&mut server).await?;
    Some(message(&head, &body))
}

/// The answer, in which a stack that is complete is not.
fn in_progress(answer: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let body = body.replace("<StackStatus>CREATE_COMPLETE<", "<StackStatus>CREATE_IN_PROGRESS<");
    Some(message(head, body.as_bytes()))
}

fn error(status: u16, code: &str, cause: &str) -> Vec<u8> {
    let body = format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{cause}</Message></Error><RequestId>refused</RequestId></ErrorResponse>"
    );
    message(&format!("HTTP/1.1 {status} Refused\r\nContent-Type: text/xml"), body.as_bytes())
}

/// A message with the length of its body, after which the connection is closed.
fn message(head: &str, body: &[u8]) -> Vec<u8> {
    let own = ["content-length:", "transfer-encoding:", "connection:"];
    let is_own = |line: &str| own.iter().any(|name| line.to_ascii_lowercase().starts_with(name));
    let mut text = head.lines().filter(|line| !is_own(line)).collect::<Vec<_>>().join("\r\n");
    text += "\r\nConnection: close\r\nContent-Length: ";
    text += &body.len().to_string();
    text += "\r\n\r\n";
    [text.as_bytes(), body].concat()
}

/// The head and the body of a message, which says how long it is or ends with the connection.
async fn read_message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).ok()?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok());
    let mut body = bytes.split_off(head_end + 4);
    while length.is_none_or(|length| body.len() < length) {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            break;
        }
    }
    Some((head, body))
}
