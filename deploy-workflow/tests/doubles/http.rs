//! The HTTP that doubles of AWS speak: one request and one answer to a connection.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What the double was asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method, path and version.
    pub(crate) line: String,
    /// `X-Amz-Target`: the operation of the JSON protocols.
    pub(crate) target: Option<String>,
    pub(crate) body: String,
}

impl Request {
    /// The value of a parameter of the query protocol.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let pair = self.body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        let pair = pair.replace('+', " ");
        let mut pieces = pair.split('%');
        let mut value = pieces.next()?.as_bytes().to_vec();
        for piece in pieces {
            let (byte, rest) = piece.split_at(2);
            value.push(u8::from_str_radix(byte, 16).unwrap());
            value.extend_from_slice(rest.as_bytes());
        }
        Some(String::from_utf8(value).unwrap())
    }

    /// The operation of the query protocol, or the request line of S3.
    pub(crate) fn operation(&self) -> String {
        self.parameter("Action").unwrap_or_else(|| self.line.clone())
    }
}

/// A client that has gone away is none of the double's business.
pub(crate) async fn respond(stream: &mut TcpStream, status: u16, content_type: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\nContent-Type: {content_type}\r\nx-amzn-RequestId: request-1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
    let _ = stream.shutdown().await;
}

/// The next request, if the client has one.
pub(crate) async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(':')).collect();
    let header = |name: &str| headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, it)| it.trim());
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let target = header("x-amz-target").map(str::to_owned);
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { line, target, body: String::from_utf8_lossy(&bytes[head_end + 4..]).into_owned() })
}
