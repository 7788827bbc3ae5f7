//! Starts, watches and stops the Oracle sidecar of a Tauri app, and keeps its passwords in the keychain.
//!
//! ```no_run
//! tauri::Builder::default().plugin(tauri_plugin_oracle_sidecar::init());
//! ```
//!
//! The page calls `plugin:oracle-sidecar|start_oracle_sidecar`, which answers `{url, token}`; the app's own code has
//! the same by [`OracleSidecarExt`]. Each change of [`Status`] is told by the event [`STATUS_EVENT`].
//!
//! The sidecar is one process for the app. It ends with the app, however that ends: its standard input ends then. It is
//! restarted when it crashes, and gone before the app is when that exits.

mod commands;
mod error;
mod keychain;
mod loopback;
pub mod oracle_client;
mod output;
mod process;
mod program;
mod state;
mod supervisor;
mod token;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Emitter, Manager, RunEvent, Runtime};
use tokio::sync::mpsc;

pub use error::{Error, ErrorCode, Result};
pub use keychain::{Credentials, Keychain};
pub use loopback::keep_loopback_direct;
pub use state::{Endpoint, Phase, Status};
pub use supervisor::{Hold, OracleSidecar};
pub use token::Token;

use process::Launch;
use program::Places;
use supervisor::supervise;

/// The event that tells of each change of the sidecar's [`Status`], which is its payload.
pub const STATUS_EVENT: &str = "oracle-sidecar://status";

/// The plugin with its usual settings, for `tauri::Builder::plugin`.
#[must_use]
pub fn init<R: Runtime>() -> TauriPlugin<R> {
    Builder::new().build()
}

/// The plugin's settings.
#[derive(Clone, Debug)]
pub struct Builder {
    program: Option<PathBuf>,
    args: Vec<OsString>,
    start_limit: Duration,
    restart_delay: Duration,
    starts_with_app: bool,
    webviews_without_proxy: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            program: None,
            args: Vec::new(),
            // The first start of a one-file build, looked at by a virus scanner, takes many seconds.
            start_limit: Duration::from_secs(30),
            restart_delay: Duration::from_millis(250),
            starts_with_app: false,
            webviews_without_proxy: false,
        }
    }
}

impl Builder {
    /// The usual settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The sidecar's program, where it is neither `oracle-sidecar/oracle-sidecar` among the app's resources nor
    /// `oracle-sidecar` beside the app's own program (with `.exe` on Windows).
    #[must_use]
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program = Some(path.into());
        self
    }

    /// Further arguments of the sidecar, such as `--query-timeout 120`. They stand behind the plugin's own and count
    /// before them. The user's environment sets nothing of the sidecar.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// How long a start may take: 30 seconds, unless said otherwise.
    #[must_use]
    pub fn start_limit(mut self, limit: Duration) -> Self {
        self.start_limit = limit;
        self
    }

    /// The pause before the first restart after a crash: 250 ms, unless said otherwise. Each next one within a minute
    /// comes after twice that of the one before.
    #[must_use]
    pub fn restart_delay(mut self, delay: Duration) -> Self {
        self.restart_delay = delay;
        self
    }

    /// Start the sidecar with the app, beside the window's own start. The page's call then waits for that start, or
    /// finds it done.
    #[must_use]
    pub fn start_with_app(mut self) -> Self {
        self.starts_with_app = true;
        self
    }

    /// Take the desktop's proxies from the app's webviews, for a page that speaks to nobody but the sidecar.
    /// [`keep_loopback_direct`] sees to those in the environment alone. Does nothing but on Linux.
    #[must_use]
    pub fn webviews_without_proxy(mut self) -> Self {
        self.webviews_without_proxy = true;
        self
    }

    /// The plugin, for `tauri::Builder::plugin`.
    #[must_use]
    pub fn build<R: Runtime>(self) -> TauriPlugin<R> {
        let webviews_without_proxy = self.webviews_without_proxy;
        tauri::plugin::Builder::new("oracle-sidecar")
            .invoke_handler(tauri::generate_handler![
                commands::start_oracle_sidecar,
                commands::stop_oracle_sidecar,
                commands::check_oracle_sidecar_status,
                commands::get_oracle_sidecar_url,
                keychain::get_oracle_credentials,
                keychain::set_oracle_credentials,
                keychain::delete_oracle_credentials,
                keychain::has_oracle_credentials,
                oracle_client::find_oracle_client,
            ])
            .setup(|app, _| {
                self.set_up(app);
                Ok(())
            })
            .on_webview_ready(move |webview| {
                if webviews_without_proxy || loopback::is_proxied() {
                    loopback::take_proxies_from(&webview);
                }
            })
            .on_event(|app, event| {
                if let RunEvent::Exit = event {
                    app.oracle_sidecar().exit();
                }
            })
            .build()
    }

    fn set_up<R: Runtime>(self, app: &AppHandle<R>) {
        let launch = Launch {
            places: Places::of(app, self.program),
            args: self.args,
            log_folder: app.path().app_log_dir().ok(),
            start_limit: self.start_limit,
        };
        let (supervisor, sidecar, changes) = supervise(launch, self.restart_delay);
        tauri::async_runtime::spawn(supervisor.run());
        tauri::async_runtime::spawn(emit(app.clone(), changes));
        if self.starts_with_app {
            let sidecar = sidecar.clone();
            // How it turns out is in the status.
            tauri::async_runtime::spawn(async move { sidecar.start().await });
        }
        app.manage(sidecar);
    }
}

/// On a task of its own: what listens to an event in the app's code runs on it, and may wait for the sidecar.
async fn emit<R: Runtime>(app: AppHandle<R>, mut changes: mpsc::UnboundedReceiver<Status>) {
    while let Some(status) = changes.recv().await {
        if let Err(error) = app.emit(STATUS_EVENT, status) {
            log::warn!("the sidecar's status cannot be told: {error}");
        }
    }
}

/// The sidecar, from wherever the app is at hand.
pub trait OracleSidecarExt<R: Runtime> {
    /// The app's sidecar.
    fn oracle_sidecar(&self) -> &OracleSidecar;
}

impl<R: Runtime, M: Manager<R>> OracleSidecarExt<R> for M {
    fn oracle_sidecar(&self) -> &OracleSidecar {
        self.state::<OracleSidecar>().inner()
    }
}
