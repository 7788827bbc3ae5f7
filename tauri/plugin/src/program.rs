//! Where the sidecar's program is.

use std::path::{Path, PathBuf};

use tauri::{AppHandle, Manager, Runtime};

use crate::error::{Error, ErrorCode, Result};

const NAME: &str = if cfg!(windows) {
    "oracle-sidecar.exe"
} else {
    "oracle-sidecar"
};
/// The folder of a one-dir build among the app's resources.
const FOLDER: &str = "oracle-sidecar";
/// Names another program, in a debug build of the app only: what ships starts what it ships with.
const VARIABLE: &str = "ORACLE_SIDECAR_PROGRAM";

/// The places where the program may be, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places(Vec<PathBuf>);

impl Places {
    /// The developer's own path alone, if there is one; else where a bundle has its program.
    pub(crate) fn of<R: Runtime>(app: &AppHandle<R>, own: Option<PathBuf>) -> Self {
        let from_environment = cfg!(debug_assertions)
            .then(|| std::env::var_os(VARIABLE))
            .flatten()
            .map(PathBuf::from);
        if let Some(path) = own.or(from_environment) {
            return Self(vec![path]);
        }
        let as_resource = app.path().resource_dir().ok();
        let as_external_binary = std::env::current_exe().ok();
        Self(
            as_resource
                .map(|folder| folder.join(FOLDER).join(NAME))
                .into_iter()
                .chain(as_external_binary.map(|app| resolved(&app).with_file_name(NAME)))
                .collect(),
        )
    }

    /// The first that is there now: a bundle may have been moved or replaced since the app started.
    ///
    /// # Errors
    ///
    /// `SIDECAR_NOT_FOUND`, with the places that were looked at.
    pub(crate) fn find(&self) -> Result<PathBuf> {
        let found = self.0.iter().find(|place| place.is_file());
        found.map(|place| resolved(place)).ok_or_else(|| {
            let places: Vec<_> = self
                .0
                .iter()
                .map(|place| place.display().to_string())
                .collect();
            Error::new(
                ErrorCode::SidecarNotFound,
                format!("The sidecar's program is not there: {}.", places.join(", ")),
            )
        })
    }
}

/// The path without symbolic links, and on Windows without `\\?\`, which not every program takes.
///
/// A one-dir program looks for its other files beside itself.
fn resolved(path: &Path) -> PathBuf {
    dunce::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_that_has_a_program_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (absent, present) = (folder.path().join("absent"), folder.path().join("present"));
        std::fs::write(&present, "").unwrap();
        let found = Places(vec![absent, present.clone()]).find().unwrap();
        assert_eq!(found, resolved(&present));
    }

    #[test]
    fn a_folder_is_no_program() {
        let folder = tempfile::tempdir().unwrap();
        let error = Places(vec![folder.path().to_path_buf()])
            .find()
            .unwrap_err();
        assert_eq!(error.code, ErrorCode::SidecarNotFound);
    }

    #[test]
    fn what_is_not_found_is_named_with_every_place() {
        let error = Places(vec!["/nowhere/a".into(), "/nowhere/b".into()])
            .find()
            .unwrap_err();
        assert_eq!(error.code, ErrorCode::SidecarNotFound);
        assert_eq!(
            error.message,
            "The sidecar's program is not there: /nowhere/a, /nowhere/b."
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_program_itself() {
        let folder = tempfile::tempdir().unwrap();
        let (program, link) = (folder.path().join("program"), folder.path().join("link"));
        std::fs::write(&program, "").unwrap();
        std::os::unix::fs::symlink(&program, &link).unwrap();
        assert_eq!(Places(vec![link]).find().unwrap(), resolved(&program));
    }
}
