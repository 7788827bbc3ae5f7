//! Exports: the page hands over the bytes, the user says where they go. The page sees no files and
//! opens no dialogs itself.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use tauri::http::HeaderValue;
use tauri::ipc::{InvokeBody, Request};
use tauri::{Manager, WebviewWindow};
use tauri_plugin_dialog::{DialogExt, FilePath};

use crate::error::{Error, ErrorCode};
use crate::files::{Readers, write_whole};

/// Asks the user for a place and writes the request's body there. The header `file-name`, percent
/// encoded, is the name that is proposed. The answer is the path, or null where the user cancelled.
#[tauri::command]
pub async fn save_file(
    window: WebviewWindow,
    request: Request<'_>,
) -> Result<Option<String>, Error> {
    let InvokeBody::Raw(content) = request.body() else {
        return Err(Error::new(
            ErrorCode::FileNotSaved,
            "There are no bytes to save.",
        ));
    };
    let header = request
        .headers()
        .get("file-name")
        .map(HeaderValue::as_bytes);
    let Some(path) = ask(&window, &proposed_name(header)).await? else {
        return Ok(None);
    };
    write_whole(&path, content, Readers::AsUsual).map_err(|error| {
        Error::of_file(ErrorCode::FileNotSaved, &path, "cannot be written", error)
    })?;
    Ok(Some(path.display().to_string()))
}

async fn ask(window: &WebviewWindow, name: &str) -> Result<Option<PathBuf>, Error> {
    let mut dialog = window
        .dialog()
        .file()
        .set_parent(window)
        .set_file_name(name);
    if let Some(extension) = Path::new(name).extension().and_then(|text| text.to_str()) {
        dialog = dialog.add_filter(extension.to_uppercase(), &[extension]);
    }
    // The other systems remember where the last file went; GTK opens it where the app was started.
    if cfg!(target_os = "linux")
        && let Some(folder) = own_folder(window)
    {
        dialog = dialog.set_directory(folder);
    }
    let (answer, mut answered) = tauri::async_runtime::channel(1);
    dialog.save_file(move |path| {
        // Nobody waits any more where the window was closed meanwhile.
        let _ = answer.blocking_send(path);
    });
    let path = answered
        .recv()
        .await
        .ok_or_else(|| no_dialog("it was not shown"))?;
    path.map(FilePath::into_path).transpose().map_err(no_dialog)
}

fn own_folder(window: &WebviewWindow) -> Option<PathBuf> {
    let paths = window.path();
    let folders = [paths.document_dir(), paths.download_dir(), paths.home_dir()];
    first_there(folders.into_iter().flatten())
}

fn first_there(mut folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    folders.find(|folder| folder.is_dir())
}

fn no_dialog(why: impl std::fmt::Display) -> Error {
    let message = format!("The dialog that asks for a place failed: {why}.");
    Error::new(ErrorCode::FileNotSaved, message)
}

/// The last part of the name, so that none leads out of the folder that the dialog shows.
fn proposed_name(header: Option<&[u8]>) -> String {
    let encoded = String::from_utf8_lossy(header.unwrap_or_default());
    let name = percent_decode_str(&encoded).decode_utf8_lossy();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    if matches!(name, "" | "." | "..") {
        "export"
    } else {
        name
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialog_opens_in_the_first_folder_that_is_there() {
        let home = tempfile::tempdir().unwrap();
        let documents = home.path().join("Documents");
        let folders = || [documents.clone(), home.path().to_owned()].into_iter();

        assert_eq!(first_there(folders()).as_deref(), Some(home.path()));
        std::fs::create_dir(&documents).unwrap();
        assert_eq!(first_there(folders()), Some(documents.clone()));
        assert_eq!(first_there([].into_iter()), None);
    }

    #[test]
    fn a_proposed_name_is_the_last_part_of_what_was_sent() {
        for (sent, name) in [
            ("APP_CONFIG.csv", "APP_CONFIG.csv"),
            ("DEV%20%E2%80%93%20Z%C3%BCrich.json", "DEV – Zürich.json"),
            ("..%2F..%2F.bashrc", ".bashrc"),
            ("C:%5CWindows%5Cx.csv", "x.csv"),
            ("a%2F..", "export"),
            ("%FF.csv", "\u{fffd}.csv"),
            ("100%.csv", "100%.csv"),
            ("", "export"),
        ] {
            assert_eq!(proposed_name(Some(sent.as_bytes())), name, "{sent}");
        }
        assert_eq!(proposed_name(None), "export");
    }
}
