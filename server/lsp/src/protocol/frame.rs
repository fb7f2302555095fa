//! Messages as they stand on the wire: a header with the length, and JSON.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// The longest line of a header.
const LINE_LIMIT: u64 = 4 << 10;

/// The longest message, in bytes: more than any editor opens.
const BODY_LIMIT: usize = 1 << 30;

/// Reads messages and finds the next one after whatever is none.
pub(crate) struct FrameReader<R> {
    input: BufReader<R>,
}

/// What stands on the wire.
pub(crate) enum Frame {
    /// A message.
    Message(Value),
    /// A frame without JSON in it.
    Unreadable(serde_json::Error),
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input: BufReader::with_capacity(64 << 10, input),
        }
    }

    /// The next frame; `None` at the end, also in the middle of a frame.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Frame>> {
        let Some(length) = self.header().await? else {
            return Ok(None);
        };
        let mut body = Vec::new();
        let read = (&mut self.input)
            .take(length as u64)
            .read_to_end(&mut body)
            .await?;
        if read < length {
            return Ok(None);
        }
        let parsed = serde_json::from_slice(&body).or_else(|error| {
            // Editors that count in UTF-16 can hold, and send, half a character. Counted so, its substitute is as long.
            serde_json::from_slice(&without_lone_surrogates(body)).map_err(|_| error)
        });
        Ok(Some(match parsed {
            Ok(message) => Frame::Message(message),
            Err(error) => Frame::Unreadable(error),
        }))
    }

    /// The length of the next body. Lines that belong to no header are passed over.
    async fn header(&mut self) -> io::Result<Option<usize>> {
        let mut length = None;
        let mut line = Vec::new();
        loop {
            line.clear();
            let limited = &mut (&mut self.input).take(LINE_LIMIT);
            if limited.read_until(b'\n', &mut line).await? == 0 {
                return Ok(None);
            }
            let text = String::from_utf8_lossy(&line);
            match (text.trim_end().is_empty(), length) {
                (true, Some(length)) => return Ok(Some(length)),
                (true, None) => {}
                (false, _) => length = content_length(&text).or(length),
            }
        }
    }
}

/// Writes one message.
pub(crate) async fn write<W: AsyncWrite + Unpin>(
    output: &mut W,
    message: &Value,
) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let header = format!("Content-Length: {}\r\n\r\n", body.len());
    output.write_all(header.as_bytes()).await?;
    output.write_all(&body).await?;
    output.flush().await
}

/// The length that a line names, which may have garbage before it.
fn content_length(line: &str) -> Option<usize> {
    const NAME: &str = "content-length:";
    let at = line.to_ascii_lowercase().rfind(NAME)?;
    let length = line[at + NAME.len()..].trim().parse().ok()?;
    (length <= BODY_LIMIT).then_some(length)
}

/// Replaces escaped halves of surrogate pairs that stand alone, which are no text, by U+FFFD.
fn without_lone_surrogates(mut json: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while at < json.len() {
        if json[at] != b'\\' {
            at += 1;
            continue;
        }
        match surrogate(&json, at) {
            None => at += 2,
            Some(0xD800..0xDC00) if surrogate(&json, at + 6).is_some_and(|low| low >= 0xDC00) => {
                at += 12;
            }
            Some(_) => {
                json[at..at + 6].copy_from_slice(b"\\ufffd");
                at += 6;
            }
        }
    }
    json
}

/// The surrogate escaped at `at`, if one is.
fn surrogate(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (0xD800..0xE000).contains(&unit).then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let repaired = without_lone_surrogates(json.as_bytes().to_vec());
        assert_eq!(String::from_utf8(repaired).as_deref(), Ok(expected));
    }

    #[test]
    fn only_lone_surrogates_are_replaced() {
        check(r#""\ud83d\ude00""#, r#""\ud83d\ude00""#);
        check(r#""\ud83d""#, r#""\ufffd""#);
        check(r#""\ude00\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#);
        check(r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#);
        check(r#""\\ud83d \u00e9""#, r#""\\ud83d \u00e9""#);
        check(r#""\ud8"#, r#""\ud8"#);
    }

    async fn read_all(bytes: &[u8]) -> Vec<String> {
        let mut reader = FrameReader::new(bytes);
        let mut found = Vec::new();
        while let Some(frame) = reader.next().await.expect("reading memory cannot fail") {
            found.push(match frame {
                Frame::Message(message) => message.to_string(),
                Frame::Unreadable(_) => "unreadable".to_owned(),
            });
        }
        found
    }

    #[tokio::test]
    async fn what_is_no_message_is_passed_over() {
        let wire = b"hello\r\n\r\nContent-Length: 2\r\n\r\n[]xxContent-Length: 3\r\n\r\n{\"aContent-Type: x\r\n\
            content-length: 4\r\n\r\nnullContent-Length: 9\r\n\r\n[1,";
        assert_eq!(read_all(wire).await, ["[]", "unreadable", "null"]);
    }

    #[tokio::test]
    async fn impossible_lengths_are_passed_over() {
        let wire = b"Content-Length: 99999999999999999999\r\n\r\nContent-Length: -1\r\n\r\n\
            Content-Length: 1\r\n\r\n7";
        assert_eq!(read_all(wire).await, ["7"]);
    }
}
