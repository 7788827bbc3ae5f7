//! Compare Config as an app: the page of `../compare-config` in a window, with the sidecar beside it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod error;
mod files;
mod kept;
mod save_file;
mod update;

use std::env;

use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, RunEvent, Url, WebviewWindow, WebviewWindowBuilder, Wry};
use tauri_plugin_log::{Target, TargetKind};
use tauri_plugin_window_state::StateFlags;

use files::make_private_folder;

/// wry's own, and that `WebView2` lets the page at `http://tauri.localhost` speak with the sidecar at 127.0.0.1: as of
/// Chromium's Local Network Access that needs a permission, which `WebView2` does not ask for yet. Not tried.
/// <https://github.com/MicrosoftEdge/WebView2Announcements/issues/126>
const WEBVIEW2_ARGUMENTS: &str =
    "--disable-features=msWebOOUI,msPdfOOUI,msSmartScreenProtection,LocalNetworkAccessChecks";

fn main() {
    tauri_plugin_oracle_sidecar::keep_loopback_direct();
    tauri::Builder::default()
        // First: a second start has to end before it has done anything else.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)))
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
                .build(),
        )
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(tauri::generate_handler![
            kept::read_kept,
            kept::write_kept,
            save_file::save_file,
        ])
        .setup(|app| {
            keep_log(app.handle());
            // Behind the log, which has the sidecar's start in it then, and before the window, whose page asks for it.
            app.handle().plugin(name_left_at_exit())?;
            app.handle().plugin(sidecar())?;
            open_window(app.handle())?;
            update::look_for_one(app.handle())?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the app could not start");
}

/// Lets another start be an app of its own as soon as this one ends. The sidecar's end may take two and a half seconds, in
/// which that start would hand over to a window that is gone. To be registered before what waits for that end.
fn name_left_at_exit() -> TauriPlugin<Wry> {
    tauri::plugin::Builder::new("name-left-at-exit")
        .on_event(|app, event| {
            if let RunEvent::Exit = event {
                tauri_plugin_single_instance::destroy(app);
            }
        })
        .build()
}

fn sidecar() -> TauriPlugin<Wry> {
    tauri_plugin_oracle_sidecar::Builder::new()
        .start_with_app()
        .webviews_without_proxy()
        .build()
}

/// Opens the window of the configuration, which a start without a folder of its own would not survive: the
/// engine then keeps nothing, and the page says that it cannot either.
fn open_window(app: &AppHandle) -> tauri::Result<()> {
    let folder = app.path().app_local_data_dir();
    let has_folder = folder.is_ok_and(|folder| make_private_folder(&folder).is_ok());
    for config in &app.config().app.windows {
        let dev_url = app.config().build.dev_url.clone();
        let dev_url = dev_url.filter(|_| tauri::is_dev());
        let window = WebviewWindowBuilder::from_config(app, config)?
            .additional_browser_args(WEBVIEW2_ARGUMENTS)
            .on_navigation(move |url| is_of_the_page(url, dev_url.as_ref()))
            .on_document_title_changed(|window, title| show_title(&window, &title));
        if has_folder {
            window.build()?;
        } else {
            window
                .incognito(true)
                .data_directory(env::temp_dir())
                .build()?;
        }
    }
    Ok(())
}

/// Whether the window may go there: a policy for what a page loads does not hold for what takes its place.
fn is_of_the_page(url: &Url, dev_url: Option<&Url>) -> bool {
    let is_in_bundle = match url.scheme() {
        "tauri" => true,
        // As `WebView2` has it.
        "http" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    };
    is_in_bundle || dev_url.is_some_and(|dev_url| dev_url.origin() == url.origin())
}

/// A list of windows then tells a production database, and how far a comparison is.
fn show_title(window: &WebviewWindow, title: &str) {
    if let Err(error) = window.set_title(title) {
        log::warn!("The window's title could not be set: {error}");
    }
}

/// Brings the window to the front, for whoever starts the app while it runs.
fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let shown = window.unminimize().and_then(|()| window.set_focus());
        if let Err(error) = shown {
            log::warn!("The window could not be shown: {error}");
        }
    }
}

/// Writes what the app's own side logs into the folder in which the sidecar's log is. An app that
/// cannot write there runs without.
fn keep_log(app: &AppHandle) {
    if let Err(error) = app.plugin(log_to_file().build()) {
        eprintln!("There is no log: {error}");
    }
}

fn log_to_file() -> tauri_plugin_log::Builder {
    let file = TargetKind::LogDir {
        file_name: Some("compare-config".into()),
    };
    tauri_plugin_log::Builder::new()
        .level(log::LevelFilter::Warn)
        .level_for("tauri_plugin_oracle_sidecar", log::LevelFilter::Info)
        // What the sidecar writes besides its own log: why it could not start, say.
        .level_for("oracle_sidecar", log::LevelFilter::Info)
        .level_for("compare_config", log::LevelFilter::Info)
        .clear_targets()
        .target(Target::new(file))
}

#[cfg(test)]
mod tests {
    use log::{Level, Log, Metadata};
    use tauri::test::{mock_builder, mock_context, noop_assets};
    use tauri::utils::config::AppDirectoriesOverride;

    use super::*;

    #[test]
    fn what_the_sidecar_and_its_plugin_say_gets_into_the_log_and_chatter_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut context = mock_context(noop_assets());
        context.config_mut().app.app_directories_override =
            Some(AppDirectoriesOverride::Root(folder.path().to_path_buf()));
        let app = mock_builder().build(context).unwrap();
        let (_, _, logger) = log_to_file().split(app.handle()).unwrap();
        let is_kept = |target: &str, level: Level| {
            logger.enabled(&Metadata::builder().target(target).level(level).build())
        };
        for target in [
            "oracle_sidecar",
            "tauri_plugin_oracle_sidecar::process",
            "compare_config",
        ] {
            assert!(is_kept(target, Level::Info), "{target}");
            assert!(!is_kept(target, Level::Debug), "{target}");
        }
        assert!(!is_kept("zbus::connection", Level::Info));
    }

    #[test]
    fn the_window_goes_nowhere_but_to_the_page() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        let dev_url = url("http://localhost:1420");
        for (address, is_bundled, is_served) in [
            ("tauri://localhost/#/many", true, true),
            ("http://tauri.localhost/", true, true),
            ("http://localhost:1420/src/main.ts", false, true),
            ("http://localhost:1421/", false, false),
            ("http://127.0.0.1:21521/health", false, false),
            ("http://tauri.localhost.example.org/", false, false),
            ("https://example.org/", false, false),
            ("file:///etc/passwd", false, false),
        ] {
            let address = url(address);
            assert_eq!(is_of_the_page(&address, None), is_bundled, "{address}");
            assert_eq!(
                is_of_the_page(&address, Some(&dev_url)),
                is_served,
                "{address}"
            );
        }
    }
}
