//! Database logins in the operating system's keychain: macOS Keychain, Windows Credential Manager, and on Linux
//! whatever answers as the Secret Service (GNOME Keyring, KDE Wallet, `KeePassXC`).
//!
//! One item per connection: its service is the app's identifier, its user the connection's id, its secret the login as
//! JSON. The store is opened anew for each call. A store kept open stays broken when the Secret Service is restarted,
//! and holds one lock over every call, so that a prompt to unlock the keyring would hold up all the others.
//!
//! Passwords are zeroed where this crate holds them. Copies it does not hold are not: those that Tauri makes of a
//! command's arguments and answer, the page's own, those in the D-Bus library, and the one that `serde_json` makes of a
//! password with escapes in its JSON.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error as Cause};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use tauri::{AppHandle, Runtime};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode, Result};

/// Windows takes a user name of 513 bytes at most; an id is a UUID or a short name.
const ID_LIMIT_BYTES: usize = 200;

/// The login of one connection. Its `Debug` shows nothing of it, and its passwords are zeroed when it is dropped.
#[derive(Serialize)]
pub struct Credentials {
    /// The database user.
    pub username: String,
    /// The database user's password.
    pub password: Zeroizing<String>,
    /// The password of the wallet that the connection uses, if it has one.
    pub wallet_password: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credentials")
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for Credentials {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            username: String,
            password: Zeroizing<String>,
            wallet_password: Option<Zeroizing<String>>,
        }
        // Serde's own message quotes the value it did not expect, which may be a password.
        let fields = Fields::deserialize(deserializer).map_err(|_| {
            D::Error::custom(
                "expected {username: string, password: string, wallet_password: string or null}",
            )
        })?;
        Ok(Self {
            username: fields.username,
            password: fields.password,
            wallet_password: fields.wallet_password,
        })
    }
}

impl Credentials {
    fn to_json(&self) -> Result<Zeroizing<Vec<u8>>> {
        // Room for every byte as `\u0000`: a vector that grows leaves a copy behind that nobody zeroes.
        let text_bytes = self.username.len()
            + self.password.len()
            + self
                .wallet_password
                .as_ref()
                .map_or(0, |password| password.len());
        let mut json = Zeroizing::new(Vec::with_capacity(64 + 6 * text_bytes));
        serde_json::to_writer(&mut *json, self)
            .map_err(|_| failed("The login cannot be written as JSON."))?;
        Ok(json)
    }

    fn from_json(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json).map_err(|_| {
            failed(
                "The keychain's item for this connection does not hold a login of this app; another program may have \
                 written it. Save the login again, or delete the item.",
            )
        })
    }
}

/// The items of one app in the user's keychain.
///
/// Every call may wait for as long as the keychain asks the user to unlock it: not for a thread that others wait for.
#[derive(Clone, Debug)]
pub struct Keychain {
    service: String,
}

impl Keychain {
    /// The items kept under this name, which is the app's identifier.
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
        }
    }

    /// The login of a connection, if there is one.
    ///
    /// # Errors
    ///
    /// `BAD_ARGUMENT` for an id that cannot be, else one of the `KEYCHAIN_` codes.
    pub fn get(&self, connection_id: &str) -> Result<Option<Credentials>> {
        match self.item(connection_id)?.get_secret().map(Zeroizing::new) {
            Ok(json) => Credentials::from_json(&json).map(Some),
            Err(Cause::NoEntry) => Ok(None),
            Err(cause) => Err(explain(cause)),
        }
    }

    /// Keep the login of a connection, in the place of the one that was kept for it before.
    ///
    /// # Errors
    ///
    /// As [`Self::get`]; a login of more than 2560 bytes cannot be kept on Windows.
    pub fn set(&self, connection_id: &str, credentials: &Credentials) -> Result<()> {
        let json = credentials.to_json()?;
        self.item(connection_id)?.set_secret(&json).map_err(explain)
    }

    /// Forget the login of a connection; whether there was one.
    ///
    /// # Errors
    ///
    /// As [`Self::get`].
    pub fn delete(&self, connection_id: &str) -> Result<bool> {
        match self.item(connection_id)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Cause::NoEntry) => Ok(false),
            Err(cause) => Err(explain(cause)),
        }
    }

    /// Whether there is a login of a connection. On Linux a locked keyring tells, too, without asking anybody.
    ///
    /// # Errors
    ///
    /// As [`Self::get`].
    pub fn has(&self, connection_id: &str) -> Result<bool> {
        check_id(connection_id)?;
        platform::has(&self.service, connection_id).map_err(explain)
    }

    fn item(&self, connection_id: &str) -> Result<Entry> {
        check_id(connection_id)?;
        item(&self.service, connection_id).map_err(explain)
    }
}

fn item(service: &str, connection_id: &str) -> keyring_core::Result<Entry> {
    let store: Arc<CredentialStore> = platform::Store::new()?;
    entry(&store, service, connection_id)
}

#[cfg(not(target_os = "windows"))]
fn entry(store: &Arc<CredentialStore>, service: &str, user: &str) -> keyring_core::Result<Entry> {
    Entry::new_in_store(store, service, user)
}

/// The usual persistence is the one that a roaming profile carries to every machine that its user logs in to:
/// <https://learn.microsoft.com/en-us/windows/win32/api/wincred/ns-wincred-credentialw>
#[cfg(target_os = "windows")]
fn entry(store: &Arc<CredentialStore>, service: &str, user: &str) -> keyring_core::Result<Entry> {
    let persistence = std::collections::HashMap::from([("persistence", "Local")]);
    Entry::new_in_store_with_modifiers(store, service, user, &persistence)
}

/// A control character would end the connection to D-Bus (NUL) or cut the name off on Windows.
fn check_id(connection_id: &str) -> Result<()> {
    if (1..=ID_LIMIT_BYTES).contains(&connection_id.len())
        && !connection_id.contains(char::is_control)
    {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::BadArgument,
        format!("connectionId must have 1 to {ID_LIMIT_BYTES} bytes and no control characters."),
    ))
}

fn failed(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::KeychainFailed, message)
}

/// None of the causes shows a secret: those that hold one show only that it could not be read.
fn explain(cause: Cause) -> Error {
    if let Some((code, message)) = platform::reason(&cause) {
        return Error::new(code, message);
    }
    match cause {
        Cause::TooLong(_, limit) => failed(format!(
            "The login is too long: this system's keychain keeps at most {limit} bytes for one connection, user name \
             and passwords together."
        )),
        Cause::Ambiguous(_) => failed(
            "The keychain holds more than one item for this connection. Delete the one that is out of date in the \
             keychain's own program.",
        ),
        cause => failed(format!("The keychain could not be used ({cause}).")),
    }
}

/// A prompt to unlock the keyring may take minutes: every call has a thread of its own.
async fn in_background<R: Runtime, T: Send + 'static>(
    app: &AppHandle<R>,
    work: impl FnOnce(Keychain) -> Result<T> + Send + 'static,
) -> Result<T> {
    let keychain = Keychain::new(&app.config().identifier);
    tauri::async_runtime::spawn_blocking(move || work(keychain))
        .await
        .unwrap_or_else(|_| Err(failed("The keychain could not be asked: its thread ended.")))
}

#[tauri::command]
pub(crate) async fn get_oracle_credentials<R: Runtime>(
    app: AppHandle<R>,
    connection_id: String,
) -> Result<Option<Credentials>> {
    in_background(&app, move |keychain| keychain.get(&connection_id)).await
}

#[tauri::command]
pub(crate) async fn set_oracle_credentials<R: Runtime>(
    app: AppHandle<R>,
    connection_id: String,
    credentials: Credentials,
) -> Result<()> {
    in_background(&app, move |keychain| {
        keychain.set(&connection_id, &credentials)
    })
    .await
}

#[tauri::command]
pub(crate) async fn delete_oracle_credentials<R: Runtime>(
    app: AppHandle<R>,
    connection_id: String,
) -> Result<bool> {
    in_background(&app, move |keychain| keychain.delete(&connection_id)).await
}

#[tauri::command]
pub(crate) async fn has_oracle_credentials<R: Runtime>(
    app: AppHandle<R>,
    connection_id: String,
) -> Result<bool> {
    in_background(&app, move |keychain| keychain.has(&connection_id)).await
}

/// The Secret Service.
#[cfg(not(any(target_os = "macos", target_os = "windows")))]
mod platform {
    use std::collections::HashMap;

    use keyring_core::Error::{NoStorageAccess, PlatformFailure};
    use secret_service::blocking::SecretService;
    use secret_service::{EncryptionType, Error as Cause};
    use zbus::DBusError;
    use zbus_secret_service_keyring_store::errors::decode_error;

    use crate::error::ErrorCode;

    pub use zbus_secret_service_keyring_store::Store;

    const LOCKED: &str = "The keyring is locked, and the password that unlocks it was not given. Try again and type \
         it when asked, or unlock the keyring first, for example in Passwords and Keys, KDE Wallet or KeePassXC.";
    const NO_SERVICE: &str = "There is no keyring on this desktop: no Secret Service answers on the D-Bus session. \
         Install and start one, for example gnome-keyring, KDE Wallet, or KeePassXC with its Secret Service turned on.";
    const NO_KEYRING: &str = "The Secret Service has no default keyring yet. Create one, for example in Passwords and \
         Keys, KDE Wallet or KeePassXC, and try again.";

    /// The store's own search would ask the user to unlock what it found.
    pub fn has(service: &str, user: &str) -> keyring_core::Result<bool> {
        let secrets = SecretService::connect(EncryptionType::Plain).map_err(decode_error)?;
        let found = secrets
            .search_items(HashMap::from([("service", service), ("username", user)]))
            .map_err(decode_error)?;
        Ok(!found.unlocked.is_empty() || !found.locked.is_empty())
    }

    pub fn reason(error: &keyring_core::Error) -> Option<(ErrorCode, &'static str)> {
        let (NoStorageAccess(cause) | PlatformFailure(cause)) = error else {
            return None;
        };
        match cause.downcast_ref::<Cause>()? {
            Cause::Locked | Cause::Prompt => Some((ErrorCode::KeychainLocked, LOCKED)),
            Cause::NoResult => Some((ErrorCode::KeychainUnavailable, NO_KEYRING)),
            Cause::Unavailable | Cause::PromptDisconnected => {
                Some((ErrorCode::KeychainUnavailable, NO_SERVICE))
            }
            Cause::Zbus(cause) => reason_on_bus(cause),
            Cause::ZbusFdo(cause) => reason_by_name(cause.name().as_str()),
            _ => None,
        }
    }

    fn reason_on_bus(cause: &zbus::Error) -> Option<(ErrorCode, &'static str)> {
        use zbus::Error::{Address, Connection, FDO, Handshake, InputOutput, MethodError};
        match cause {
            Address(_) | Connection(..) | Handshake(_) | InputOutput(_) => {
                Some((ErrorCode::KeychainUnavailable, NO_SERVICE))
            }
            MethodError(name, ..) => reason_by_name(name.as_str()),
            FDO(cause) => reason_by_name(cause.name().as_str()),
            _ => None,
        }
    }

    /// <https://dbus.freedesktop.org/doc/dbus-specification.html#message-bus-starting-services>,
    /// <https://specifications.freedesktop.org/secret-service-spec/latest/errors.html>
    fn reason_by_name(name: &str) -> Option<(ErrorCode, &'static str)> {
        match name {
            "org.freedesktop.Secret.Error.IsLocked" => Some((ErrorCode::KeychainLocked, LOCKED)),
            "org.freedesktop.DBus.Error.ServiceUnknown"
            | "org.freedesktop.DBus.Error.NameHasNoOwner"
            | "org.freedesktop.DBus.Error.NoReply"
            | "org.freedesktop.DBus.Error.Disconnected" => {
                Some((ErrorCode::KeychainUnavailable, NO_SERVICE))
            }
            name if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => {
                Some((ErrorCode::KeychainUnavailable, NO_SERVICE))
            }
            _ => None,
        }
    }
}

/// The user's login keychain. Written after the documentation, not tried.
#[cfg(target_os = "macos")]
mod platform {
    use keyring_core::Error::{NoStorageAccess, PlatformFailure};

    use crate::error::ErrorCode;

    pub(super) use super::has;
    pub use apple_native_keyring_store::keychain::Store;

    /// <https://developer.apple.com/documentation/security/security-framework-result-codes>
    pub fn reason(error: &keyring_core::Error) -> Option<(ErrorCode, &'static str)> {
        let (NoStorageAccess(cause) | PlatformFailure(cause)) = error else {
            return None;
        };
        match cause
            .downcast_ref::<security_framework::base::Error>()?
            .code()
        {
            // userCanceledErr, errSecAuthFailed, errSecInteractionNotAllowed
            -128 | -25293 | -25308 => Some((
                ErrorCode::KeychainLocked,
                "The keychain is locked, or this app was not allowed to use its item. Try again and allow it, or \
                 unlock the login keychain in Keychain Access.",
            )),
            // errSecNotAvailable, errSecNoSuchKeychain, errSecNoDefaultKeychain
            -25291 | -25294 | -25307 => Some((
                ErrorCode::KeychainUnavailable,
                "There is no login keychain. Create one in Keychain Access (Settings, Reset Default Keychains) and try \
                 again.",
            )),
            _ => None,
        }
    }
}

/// The Credential Manager, which has no lock of its own. Written after the documentation, not tried.
#[cfg(target_os = "windows")]
mod platform {
    use keyring_core::Error::NoStorageAccess;

    use crate::error::ErrorCode;

    pub(super) use super::has;
    pub use windows_native_keyring_store::Store;

    /// `ERROR_NO_SUCH_LOGON_SESSION` is all that the store calls a lack of access:
    /// <https://learn.microsoft.com/en-us/windows/win32/api/wincred/nf-wincred-credwritew>
    pub fn reason(error: &keyring_core::Error) -> Option<(ErrorCode, &'static str)> {
        matches!(error, NoStorageAccess(_)).then_some((
            ErrorCode::KeychainUnavailable,
            "Windows keeps no passwords for this kind of logon session. Sign in to Windows at its own screen and try \
             again.",
        ))
    }
}

/// Reads the item: macOS may ask the user whether this program may.
#[cfg(any(target_os = "macos", target_os = "windows"))]
fn has(service: &str, connection_id: &str) -> keyring_core::Result<bool> {
    match item(service, connection_id)?.get_credential() {
        Ok(_) => Ok(true),
        Err(Cause::NoEntry) => Ok(false),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_named_and_contents_are_not_quoted() {
        let table = [
            (Cause::TooLong("secret".into(), 2560), "at most 2560 bytes"),
            (Cause::BadEncoding(b"tiger".into()), "not valid UTF-8"),
            (Cause::Ambiguous(Vec::new()), "more than one item"),
        ];
        for (cause, expected) in table {
            let error = explain(cause);
            assert_eq!(error.code, ErrorCode::KeychainFailed);
            assert!(error.message.contains(expected), "{error}");
            assert!(!error.message.contains("tiger"), "{error}");
        }
    }
}
