//! What the page remembers from one start to the next: its connections, without passwords, and its
//! comparisons. One file of JSON in the app's data folder, which only the page understands.
#![allow(
    clippy::needless_pass_by_value,
    reason = "Tauri hands a command what it takes by value"
)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use tauri::{AppHandle, Manager};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::error::{Error, ErrorCode};
use crate::files::{Readers, make_private_folder, write_whole};

/// What is kept, or null where nothing is yet.
#[tauri::command(async)]
pub fn read_kept(app: AppHandle) -> Result<Option<String>, Error> {
    read(&file(&app, ErrorCode::KeptUnreadable)?)
}

/// Keeps this text instead of what was kept. A caller waits for one call before it makes the next:
/// they do not queue.
#[tauri::command(async)]
pub fn write_kept(app: AppHandle, text: String) -> Result<(), Error> {
    write(&file(&app, ErrorCode::KeptNotWritten)?, &text)
}

fn file(app: &AppHandle, code: ErrorCode) -> Result<PathBuf, Error> {
    let folder = app.path().app_data_dir().map_err(|error| {
        Error::new(
            code,
            format!("There is no folder to keep anything in: {error}."),
        )
    })?;
    Ok(folder.join("compare-config.json"))
}

fn read(file: &Path) -> Result<Option<String>, Error> {
    let unreadable =
        |why: String| Error::of_file(ErrorCode::KeptUnreadable, file, "cannot be read", why);
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    serde_json::from_str::<IgnoredAny>(&text)
        .map_err(|error| unreadable(format!("it is damaged, {error}")))?;
    Ok(Some(text))
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    set_aside_unless_readable(file)
        .and_then(|()| file.parent().map_or(Ok(()), make_private_folder))
        .and_then(|()| write_whole(file, text.as_bytes(), Readers::Owner))
        .map_err(|error| {
            Error::of_file(ErrorCode::KeptNotWritten, file, "cannot be written", error)
        })
}

/// What somebody may still mend is not written over.
fn set_aside_unless_readable(file: &Path) -> io::Result<()> {
    if read(file).is_ok() {
        return Ok(());
    }
    let date = OffsetDateTime::now_utc()
        .format(format_description!(
            "[year]-[month]-[day]T[hour]-[minute]-[second]Z"
        ))
        .map_err(io::Error::other)?;
    let aside = file.with_extension(format!("json.broken-{date}"));
    log::warn!(
        "What was kept cannot be read; it is now {}.",
        aside.display()
    );
    fs::rename(file, aside)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn folder_with(content: &[u8]) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("compare-config.json");
        fs::write(&file, content).unwrap();
        (folder, file)
    }

    fn set_aside(folder: &TempDir) -> Vec<PathBuf> {
        let paths = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.to_string_lossy().contains("json.broken-"))
            .collect()
    }

    #[test]
    fn nothing_is_kept_at_first() {
        let folder = tempfile::tempdir().unwrap();

        assert_eq!(
            read(&folder.path().join("no folder").join("kept.json")),
            Ok(None)
        );
    }

    #[test]
    fn what_was_written_is_read_in_a_folder_that_was_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("not yet").join("kept.json");

        write(&file, r#"{"connections": ["DEV – Zürich"]}"#).unwrap();

        assert_eq!(
            read(&file).unwrap().unwrap(),
            r#"{"connections": ["DEV – Zürich"]}"#
        );
    }

    #[test]
    fn a_second_write_sets_nothing_aside() {
        let (folder, file) = folder_with(b"{}");

        write(&file, "[1]").unwrap();
        write(&file, "[2]").unwrap();

        assert_eq!(read(&file).unwrap().unwrap(), "[2]");
        assert_eq!(set_aside(&folder), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_damaged_file_is_an_error_and_set_aside_by_the_next_write() {
        for damaged in [&b"{\"connections\": ["[..], b"", b"\xff\xfe{}", b"{} {}"] {
            let (folder, file) = folder_with(damaged);

            let error = read(&file).unwrap_err();
            assert_eq!(error.code, ErrorCode::KeptUnreadable);
            assert_eq!(fs::read(&file).unwrap(), damaged, "reading changes nothing");

            write(&file, "{}").unwrap();
            assert_eq!(read(&file).unwrap().unwrap(), "{}");
            let aside = set_aside(&folder);
            assert_eq!(aside.len(), 1);
            assert_eq!(fs::read(&aside[0]).unwrap(), damaged);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_sentence() {
        let (_folder, not_a_folder) = folder_with(b"");
        let file = not_a_folder.join("kept.json");

        let error = write(&file, "{}").unwrap_err();

        assert_eq!(error.code, ErrorCode::KeptNotWritten);
        assert!(error.message.contains("kept.json"), "{}", error.message);
        assert!(error.message.ends_with('.'), "{}", error.message);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_reads_what_is_kept() {
        use std::os::unix::fs::PermissionsExt;

        let (_folder, file) = folder_with(b"{}");

        write(&file, "{}").unwrap();

        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
