//! The one shape in which every command of the plugin fails.

use serde::Serialize;

/// What a page tells failures apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The sidecar's program is not where the app keeps it.
    SidecarNotFound,
    /// The sidecar ended, or said something else than its ready line, before it was ready.
    SidecarStartFailed,
    /// The sidecar did not say within the start limit that it is ready.
    SidecarStartTimedOut,
    /// The sidecar ended by itself while it was ready. It is being restarted.
    SidecarCrashed,
    /// The sidecar ended by itself more often than it is restarted.
    SidecarKeepsCrashing,
    /// The sidecar was stopped while it was being started.
    SidecarStopped,
    /// The sidecar is held, as an updater does while it replaces the app.
    SidecarHeld,
    /// The keychain is locked, and the user did not unlock it.
    KeychainLocked,
    /// There is no keychain: on Linux no Secret Service, or no session bus to find it on.
    KeychainUnavailable,
    /// The keychain refused for another reason.
    KeychainFailed,
    /// A command was called with something that cannot be; the message names the field.
    BadArgument,
}

/// A failed command: `{code, message}` for the page, the message a sentence for people.
///
/// It holds no secret: neither the sidecar's token nor a password may get into a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What to tell it apart by.
    pub code: ErrorCode,
    /// What happened, as a sentence for people.
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
}

/// What the plugin's functions and commands return.
pub type Result<T> = std::result::Result<T, Error>;
