//! Updates, where the app was built with a place to get them from (`plugins.updater.endpoints` in its
//! configuration): looked for when the app starts, installed when the user says so.

use std::future::Future;
use std::mem;

use tauri::{AppHandle, Config, Manager, Wry};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};
use tauri_plugin_oracle_sidecar::{Hold, OracleSidecarExt};
use tauri_plugin_updater::{Update, UpdaterExt};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Looks for an update in the background, and offers the one that there is.
///
/// # Errors
///
/// That of the updater's plugin, whose configuration is wrong.
pub fn look_for_one(app: &AppHandle) -> tauri::Result<()> {
    if !has_endpoints(app.config()) {
        return Ok(());
    }
    app.plugin(tauri_plugin_updater::Builder::new().build())?;
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match find(&app).await {
            Ok(Some(update)) => offer(&app, update).await,
            Ok(None) => log::info!("This version is the newest."),
            Err(error) => log::warn!("Updates cannot be looked for: {error}"),
        }
    });
    Ok(())
}

/// Without an address the plugin is left out: it refuses to start without a configuration.
fn has_endpoints(config: &Config) -> bool {
    let endpoints = config
        .plugins
        .0
        .get("updater")
        .and_then(|updater| updater["endpoints"].as_array());
    endpoints.is_some_and(|endpoints| !endpoints.is_empty())
}

async fn find(app: &AppHandle) -> Result<Option<Update>, Failure> {
    Ok(app.updater()?.check().await?)
}

async fn offer(app: &AppHandle, update: Update) {
    let question = format!(
        "Version {} can be installed. The app starts again then, and what runs in it is ended.",
        update.version
    );
    if !ask(app, question).await {
        return;
    }
    match install(app, update).await {
        Ok(hold) => {
            app.request_restart();
            // Until this process is gone: a page that asks for a start meanwhile would get what was just replaced.
            mem::forget(hold);
        }
        Err(error) => {
            log::error!("The update was not installed: {error}");
            let why = error.to_string();
            let why = why.trim_end_matches('.');
            tell(app, format!("The update was not installed: {why}."));
        }
    }
}

/// Nothing is stopped before the new package is here and its signature is right.
async fn install(app: &AppHandle, update: Update) -> Result<Hold, Failure> {
    let package = update.download(|_, _| (), || ()).await?;
    let sidecar = app.oracle_sidecar();
    replace(
        sidecar.hold(),
        async {
            // It blocks for as long as somebody types a password. On Windows it does not return: the
            // installer starts the app again.
            let installed = tauri::async_runtime::spawn_blocking(move || update.install(package));
            Ok(installed.await??)
        },
        async {
            if let Err(error) = sidecar.start().await {
                log::error!("The sidecar did not start again: {error}");
            }
        },
    )
    .await
}

/// Installs while no sidecar runs out of the folder that is replaced, whatever the page asks for, and hands
/// back what holds it. Where that fails the old one is started again.
async fn replace<H>(
    stop: impl Future<Output = H>,
    install: impl Future<Output = Result<(), Failure>>,
    start: impl Future<Output = ()>,
) -> Result<H, Failure> {
    let held = stop.await;
    if let Err(failure) = install.await {
        drop(held);
        start.await;
        return Err(failure);
    }
    Ok(held)
}

async fn ask(app: &AppHandle, question: String) -> bool {
    let (answer, mut answered) = tauri::async_runtime::channel(1);
    let yes = String::from("Install and restart");
    message(app, question, MessageDialogKind::Info)
        .buttons(MessageDialogButtons::OkCancelCustom(yes, "Later".into()))
        .show(move |is_yes| {
            // Nobody waits any more where the app is ending.
            let _ = answer.blocking_send(is_yes);
        });
    answered.recv().await.unwrap_or(false)
}

fn tell(app: &AppHandle, what: String) {
    message(app, what, MessageDialogKind::Error).show(|_| ());
}

fn message(
    app: &AppHandle,
    text: String,
    kind: MessageDialogKind,
) -> tauri_plugin_dialog::MessageDialogBuilder<Wry> {
    let message = app.dialog().message(text).kind(kind);
    match app.get_webview_window("main") {
        Some(window) => message.parent(&window),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::json;

    use super::*;

    /// Says when it is let go.
    struct Held<'a>(&'a RefCell<Vec<&'static str>>);

    impl Drop for Held<'_> {
        fn drop(&mut self) {
            self.0.borrow_mut().push("release");
        }
    }

    /// How it turned out, and what was done before that was known.
    fn steps(installed: Result<(), Failure>) -> (Result<(), Failure>, Vec<&'static str>) {
        let steps = RefCell::new(Vec::new());
        let outcome = tauri::async_runtime::block_on(replace(
            async {
                steps.borrow_mut().push("hold");
                Held(&steps)
            },
            async {
                steps.borrow_mut().push("install");
                installed
            },
            async { steps.borrow_mut().push("start") },
        ));
        let done = steps.borrow().clone();
        (outcome.map(drop), done)
    }

    #[test]
    fn the_sidecar_is_stopped_before_the_app_is_replaced_and_held_behind_that() {
        let (outcome, steps) = steps(Ok(()));

        assert!(outcome.is_ok());
        assert_eq!(steps, ["hold", "install"]);
    }

    #[test]
    fn where_the_app_was_not_replaced_its_sidecar_is_started_again() {
        let (outcome, steps) = steps(Err("the disk is full".into()));

        assert_eq!(outcome.unwrap_err().to_string(), "the disk is full");
        assert_eq!(steps, ["hold", "install", "release", "start"]);
    }

    #[test]
    fn updates_are_looked_for_only_where_the_configuration_says_at_which_address() {
        for (plugins, expected) in [
            (json!({}), false),
            (
                json!({ "updater": { "pubkey": "", "endpoints": [] } }),
                false,
            ),
            (json!({ "updater": { "pubkey": "" } }), false),
            (
                json!({ "updater": { "endpoints": ["https://example.com/latest.json"] } }),
                true,
            ),
        ] {
            let config = json!({ "identifier": "dev.example.app", "plugins": plugins });
            let config: Config = serde_json::from_value(config).unwrap();
            assert_eq!(has_endpoints(&config), expected, "{plugins}");
        }
    }

    #[cfg(unix)]
    mod with_a_sidecar {
        use std::env;
        use std::fs;
        use std::net::TcpStream;
        use std::os::unix::fs::PermissionsExt;
        use std::path::{Path, PathBuf};

        use tauri::test::{mock_builder, mock_context, noop_assets};
        use tauri::utils::config::AppDirectoriesOverride;
        use tauri_plugin_oracle_sidecar::{Builder, ErrorCode, Phase};
        use tempfile::TempDir;

        use super::*;

        /// The built program, else the source in the tests' Python.
        fn program(folder: &TempDir) -> PathBuf {
            if let Some(program) = env::var_os("ORACLE_SIDECAR_PROGRAM") {
                return program.into();
            }
            let root = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../..")
                .canonicalize()
                .unwrap();
            let script = format!(
                "#!/bin/sh\nexec '{0}/.venv/bin/python' '{0}/sidecar.py' \"$@\"\n",
                root.display()
            );
            let program = folder.path().join("oracle-sidecar");
            fs::write(&program, script).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            program
        }

        fn listens(url: &str) -> bool {
            TcpStream::connect(url.trim_start_matches("http://")).is_ok()
        }

        #[test]
        fn none_listens_while_the_app_is_replaced_and_one_does_after_a_failure() {
            let folder = tempfile::tempdir().unwrap();
            let mut context = mock_context(noop_assets());
            context.config_mut().app.app_directories_override =
                Some(AppDirectoriesOverride::Root(folder.path().to_path_buf()));
            let app = mock_builder()
                .plugin(Builder::new().program(program(&folder)).build())
                .build(context)
                .unwrap();
            let sidecar = app.oracle_sidecar();

            let outcome = tauri::async_runtime::block_on(async {
                let url = sidecar.start().await.unwrap().url;
                assert!(listens(&url));
                let install = async {
                    let refused = sidecar.start().await.unwrap_err();
                    assert_eq!(refused.code, ErrorCode::SidecarHeld);
                    assert_eq!(sidecar.status().status, Phase::Stopped);
                    assert!(!listens(&url));
                    Err("the disk is full".into())
                };
                replace(sidecar.hold(), install, async {
                    sidecar.start().await.map(drop).unwrap();
                })
                .await
                .map(drop)
            });

            assert!(outcome.is_err());
            assert!(listens(&sidecar.status().url.unwrap()));
        }
    }
}
