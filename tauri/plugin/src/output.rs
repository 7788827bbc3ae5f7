//! What the sidecar writes on its pipes: read as lines, of which only the last is kept.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// The rest of a longer line is read and forgotten, so that no output takes more memory than this.
const LINE_LIMIT_BYTES: usize = 4096;
/// How much of a line an error quotes.
const QUOTED_CHARS: usize = 300;

/// A pipe, as lines.
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(pipe: R) -> Self {
        Self {
            reader: BufReader::new(pipe),
            line: Vec::new(),
        }
    }

    /// The next line, without its end; none at the end of the pipe. A call that is dropped loses nothing.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            // A pipe that cannot be read has come to its end, too.
            let read = self.reader.fill_buf().await.unwrap_or_default();
            let is_over = read.is_empty();
            let end = read.iter().position(|byte| *byte == b'\n');
            let room = LINE_LIMIT_BYTES - self.line.len();
            let part = &read[..end.unwrap_or(read.len())];
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() || (is_over && !self.line.is_empty()) {
                let line = String::from_utf8_lossy(&self.line).trim_end().to_owned();
                self.line.clear();
                return Some(line);
            }
            if is_over {
                return None;
            }
        }
    }
}

/// The last line that was written, for whoever has to say why the sidecar ended.
#[derive(Clone, Default)]
pub(crate) struct LastLine(Arc<Mutex<String>>);

impl LastLine {
    pub(crate) fn get(&self) -> String {
        let line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        line.clone()
    }

    fn set(&self, line: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }
}

/// Reads a pipe to its end, so that the sidecar never waits for room in it. The lines go to the log.
pub(crate) async fn drain<R: AsyncRead + Unpin>(mut lines: Lines<R>, last: LastLine) {
    while let Some(line) = lines.next().await {
        if !line.is_empty() {
            log::info!(target: "oracle_sidecar", "{line}");
            last.set(line);
        }
    }
}

/// Text that a process wrote, short enough for an error's message.
pub(crate) fn quoted(text: &str) -> String {
    let mut chars = text.trim().chars();
    let mut start: String = chars.by_ref().take(QUOTED_CHARS).collect();
    if chars.next().is_some() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines_of(written: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(written);
        let mut read = Vec::new();
        while let Some(line) = lines.next().await {
            read.push(line);
        }
        read
    }

    #[tokio::test]
    async fn lines_are_told_without_their_ends() {
        assert_eq!(lines_of(b"one\r\n\ntwo\n").await, ["one", "", "two"]);
    }

    #[tokio::test]
    async fn a_last_line_needs_no_end() {
        assert_eq!(lines_of(b"one\ntwo").await, ["one", "two"]);
    }

    #[tokio::test]
    async fn a_line_without_end_takes_no_more_memory_than_the_limit() {
        let mut written = vec![b'x'; 10 * LINE_LIMIT_BYTES];
        written.extend_from_slice(b"\nnext\n");
        let lines = lines_of(&written).await;
        assert_eq!(lines[0].len(), LINE_LIMIT_BYTES);
        assert_eq!(lines[1], "next");
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_shown_as_such() {
        assert_eq!(lines_of(b"a\xffb\n").await, ["a\u{fffd}b"]);
    }

    #[test]
    fn a_long_text_is_quoted_from_its_start() {
        assert_eq!(
            quoted("ä".repeat(QUOTED_CHARS).as_str()).chars().count(),
            QUOTED_CHARS
        );
        assert!(quoted("ä".repeat(QUOTED_CHARS + 1).as_str()).ends_with("ä…"));
    }
}
