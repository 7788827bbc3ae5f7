//! The shape in which the app's commands fail, which is the plugin's.

use std::fmt::Display;
use std::path::Path;

use serde::Serialize;

/// What the page tells failures apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// What is kept cannot be read.
    KeptUnreadable,
    /// What is to be kept was not written.
    KeptNotWritten,
    /// A file was not saved.
    FileNotSaved,
}

/// A failed command: `{code, message}`, the message a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Error {
    /// What to tell it apart by.
    pub code: ErrorCode,
    /// What happened.
    pub message: String,
}

impl Error {
    /// An error of this kind, with a sentence for people.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// What happened to a file, and why.
    pub fn of_file(code: ErrorCode, path: &Path, what: &str, why: impl Display) -> Self {
        Self::new(code, format!("{} {what}: {why}.", path.display()))
    }
}
