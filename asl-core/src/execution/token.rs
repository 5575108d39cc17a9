//! Task tokens: what an outside worker answers a Task by.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::TaskId;
use crate::history::EventId;

/// The secret that Task tokens are made with: who does not know it cannot make one up.
///
/// A token tells which Task of which execution it was given to, so whoever has the key finds the Task by it.
///
/// It is written as text; the list of bytes that early stores hold is read as well.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "Written")]
pub struct TokenKey([u8; 32]);

/// How a key was written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Bytes([u8; 32]),
}

impl From<TokenKey> for String {
    fn from(TokenKey(bytes): TokenKey) -> Self {
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl TryFrom<Written> for TokenKey {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Bytes(bytes) => Ok(Self(bytes)),
            Written::Text(text) => {
                let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
                bytes.map(Self).ok_or("the key of task tokens must be 32 bytes in Base64")
            }
        }
    }
}

impl TokenKey {
    /// A key of random bytes, or of any others if tokens need not be secret.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The token of a Task.
    pub fn token(&self, execution_id: &str, task: TaskId) -> Arc<str> {
        let subject = format!("{task} {execution_id}");
        let mut token = URL_SAFE_NO_PAD.encode(&subject);
        token.push('.');
        if let Some(mac) = self.mac(&subject) {
            URL_SAFE_NO_PAD.encode_string(mac.finalize().into_bytes(), &mut token);
        }
        token.into()
    }

    /// The id of the execution and the Task that a token was given to; `None` if it was not made with this key.
    pub fn read(&self, token: &str) -> Option<(Arc<str>, TaskId)> {
        let (subject, tag) = token.split_once('.')?;
        let subject = String::from_utf8(URL_SAFE_NO_PAD.decode(subject).ok()?).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        self.mac(&subject)?.verify_slice(&tag).ok()?;
        let (task, execution_id) = subject.split_once(' ')?;
        Some((execution_id.into(), TaskId(EventId(task.parse().ok()?))))
    }

    fn mac(&self, subject: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(subject.as_bytes());
        Some(mac)
    }
}

/// Does not show the secret.
impl fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_task() {
        let key = TokenKey::new([7; 32]);
        let token = key.token("arn:aws:states:us-east-1:000000000000:execution:m:a b", TaskId(EventId(12)));
        let (execution_id, task) = key.read(&token).unwrap();
        assert_eq!(&*execution_id, "arn:aws:states:us-east-1:000000000000:execution:m:a b");
        assert_eq!(task, TaskId(EventId(12)));
        assert!(
            token.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character)),
            "{token}"
        );
    }

    #[test]
    fn a_key_is_read_as_it_was_ever_written() {
        let key = TokenKey::new([7; 32]);
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(text, r#""BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc""#);
        assert_eq!(serde_json::from_str::<TokenKey>(&text).unwrap(), key);
        assert_eq!(serde_json::from_str::<TokenKey>(&format!("{:?}", [7; 32])).unwrap(), key);
        for other in [r#""""#, r#""BwcH""#, "[7]", "7", r#""é""#] {
            assert!(serde_json::from_str::<TokenKey>(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_token_that_was_changed_or_made_up_is_none() {
        let key = TokenKey::new([7; 32]);
        let token = key.token("arn:a", TaskId(EventId(12)));
        let (subject, tag) = token.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode("13 arn:a");
        for forged in ["", ".", "a.b", subject, &format!("{subject}."), &format!("{other}.{tag}"), &format!("{token}A")]
        {
            assert_eq!(key.read(forged), None, "{forged}");
        }
        assert_eq!(TokenKey::new([8; 32]).read(&token), None);
        assert_eq!(format!("{key:?}"), "TokenKey(…)");
    }
}
