//! Messages on a stream: a header with `Content-Length`, an empty line, and so many bytes of JSON.
//!
//! Read here and not by a crate: those at hand end the server at the first message that is no JSON, and make room for
//! whatever length a header names.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::{self, BufRead, Read, Write};

/// Largest message in bytes. A spec has at most 1 MiB; an editor may send it escaped, and more than one at a time.
const MAX_MESSAGE: u64 = 64 * 1024 * 1024;

/// Longest line of a header in bytes.
const MAX_HEADER: u64 = 8 * 1024;

/// Errors of the protocol, by their numbers.
pub(super) mod error {
    /// The message is no JSON.
    pub(crate) const PARSE: i32 = -32700;
    /// The message is JSON and no request, or stands at the wrong time.
    pub(crate) const INVALID_REQUEST: i32 = -32600;
    /// There is no such method.
    pub(crate) const METHOD_NOT_FOUND: i32 = -32601;
    /// The parameters are not those of the method.
    pub(crate) const INVALID_PARAMS: i32 = -32602;
    /// Our bug.
    pub(crate) const INTERNAL: i32 = -32603;
    /// A request before `initialize`.
    pub(crate) const NOT_INITIALIZED: i32 = -32002;
    /// The client has taken the request back.
    pub(crate) const CANCELLED: i32 = -32800;
    /// The request is right and cannot be done, for a reason that the user reads.
    pub(crate) const FAILED: i32 = -32803;
}

/// What names a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}

/// One message of the client.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    /// It wants an answer.
    Request { id: Id, method: String, params: Value },
    /// It wants none.
    Notification { method: String, params: Value },
    /// An answer to a request of ours.
    Response,
    /// Something else: what is wrong with it, and whom to answer.
    Malformed { id: Option<Id>, code: i32, why: String },
}

/// Reads the next message. None at the end of the stream; what cannot be read as a message is one too, so that the next one is
/// read all the same.
///
/// # Errors
/// When the stream itself fails.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut length = None;
    let mut odd = false;
    loop {
        let Some(line) = header_line(input)? else { return Ok(None) };
        if line.is_empty() && !odd {
            break;
        }
        let value = line
            .split_once(':')
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("content-length"))
            .map(|(_, value)| value.trim().parse::<u64>());
        match value {
            Some(Ok(n)) => {
                length = Some(n);
                odd = false;
            }
            Some(Err(_)) => odd = true,
            None if line.contains(':') => {}
            // What is left of something that was no message: the next header that says a length begins the next one.
            None if length.is_none() => odd = true,
            None => {}
        }
        if odd && line.is_empty() {
            return Ok(Some(malformed("there is no `Content-Length` in front of it")));
        }
    }
    let Some(length) = length else {
        return Ok(Some(malformed("there is no `Content-Length` in front of it")));
    };
    if length > MAX_MESSAGE {
        io::copy(&mut input.take(length), &mut io::sink())?;
        return Ok(Some(malformed(&format!("it has {length} bytes, more than {MAX_MESSAGE}"))));
    }
    let mut body = Vec::new();
    input.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Ok(None);
    }
    Ok(Some(match serde_json::from_slice(&body) {
        Ok(value) => message(value),
        Err(e) => malformed(&e.to_string()),
    }))
}

fn malformed(why: &str) -> Incoming {
    Incoming::Malformed { id: None, code: error::PARSE, why: format!("this is no message: {why}") }
}

/// A line without its end; none at the end of the stream.
fn header_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let n = input.take(MAX_HEADER).read_until(b'\n', &mut line)?;
    let text = String::from_utf8_lossy(&line);
    Ok((n > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn message(mut value: Value) -> Incoming {
    let id = value.get("id").filter(|id| !id.is_null()).map(Id::deserialize);
    let params = value.get_mut("params").map(Value::take).unwrap_or_default();
    let method = value.get("method").and_then(Value::as_str).map(str::to_owned);
    let invalid = |id, why: &str| Incoming::Malformed { id, code: error::INVALID_REQUEST, why: why.into() };
    match (id, method) {
        (Some(Err(_)), _) => invalid(None, "`id` is neither a whole number nor a text"),
        (Some(Ok(id)), Some(method)) => Incoming::Request { id, method, params },
        (None, Some(method)) => Incoming::Notification { method, params },
        _ if value.get("result").is_some() || value.get("error").is_some() => Incoming::Response,
        (id, None) => invalid(id.and_then(Result::ok), "there is no `method`"),
    }
}

/// Writes one message.
///
/// # Errors
/// When the stream fails.
pub(super) fn write(out: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(out, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    out.flush()
}

/// The answer to a request.
pub(super) fn answer(id: &Id, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// The answer that there is none.
pub(super) fn refusal(id: Option<&Id>, code: i32, why: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": why } })
}

/// Something that the client is told.
pub(super) fn notification(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &str) -> Vec<Incoming> {
        let mut input = bytes.as_bytes();
        std::iter::from_fn(|| read(&mut input).expect("a stream of bytes")).collect()
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn a_fault_does_not_hide_the_next_message() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
        let exit = Incoming::Notification { method: "exit".into(), params: Value::Null };
        let faults = [
            framed("{no json"),
            framed("[]"),
            framed("17"),
            framed(r#"{"id":1.5,"method":"x"}"#),
            framed(r#"{"id":1}"#),
            framed("\u{fffd}"),
            "Content-Length: many\r\n\r\n".to_owned(),
            "Content-Type: text\r\n\r\n".to_owned(),
            "hello there\r\n".to_owned(),
            format!("{}\r\n", "x".repeat(20_000)),
        ];
        for fault in faults {
            let got = all(&format!("{fault}{good}"));
            assert_eq!(got.last(), Some(&exit), "{fault:.40}: {got:?}");
        }
    }

    #[test]
    fn a_length_is_no_promise_to_keep() {
        assert_eq!(all("Content-Length: 999999999999999\r\n\r\n{}").len(), 1);
        assert_eq!(all("Content-Length: 100\r\n\r\n{}"), []);
        assert_eq!(all("Content-Length: 99999999999999999999999\r\n"), []);
    }

    #[test]
    fn kinds_of_messages() {
        let kinds = all(&[
            framed(r#"{"id":1,"method":"a","params":[1]}"#),
            framed(r#"{"id":"x","method":"b"}"#),
            framed(r#"{"id":1,"result":null}"#),
            framed(r#"{"id":7}"#),
        ]
        .concat());
        assert!(matches!(&kinds[0], Incoming::Request { id: Id::Number(1), .. }));
        assert!(matches!(&kinds[1], Incoming::Request { id: Id::Text(x), .. } if x == "x"));
        assert_eq!(kinds[2], Incoming::Response);
        assert!(matches!(&kinds[3], Incoming::Malformed { id: Some(Id::Number(7)), code: -32600, .. }));
    }
}
