//! Files that are there whole, or as they were before.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

#[cfg(unix)]
use tempfile::Builder;
use tempfile::NamedTempFile;

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug)]
pub enum Readers {
    /// The user alone, on systems that have modes.
    Owner,
    /// Those of the file that it replaces, else whoever the user's umask lets.
    AsUsual,
}

/// Writes a file whole: another beside it takes its place once everything is on the disk.
///
/// # Errors
///
/// What the file system says; the file is then as it was.
pub fn write_whole(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    // Where the path is a link, what it leads to is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut file = tempfile_for(&path, readers, folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

/// Makes a folder that none but the user opens, on systems that have modes.
///
/// # Errors
///
/// What the file system says.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(unix)]
fn tempfile_for(path: &Path, readers: Readers, folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new()
        .permissions(mode(readers, path))
        .tempfile_in(folder)
}

/// Who reads it is what its folder says.
#[cfg(not(unix))]
fn tempfile_for(_: &Path, _: Readers, folder: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(folder)
}

#[cfg(unix)]
fn mode(readers: Readers, replaced: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;

    fs::Permissions::from_mode(match readers {
        Readers::Owner => 0o600,
        Readers::AsUsual => replaced
            .metadata()
            .map_or(0o666, |file| file.permissions().mode() & 0o666),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_replaced_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        fs::write(&path, "a longer text than the new one").unwrap();

        write_whole(&path, b"id\n1\n", Readers::AsUsual).unwrap();

        assert_eq!(fs::read(&path).unwrap(), b"id\n1\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_write_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("folder");
        fs::create_dir(&path).unwrap();

        write_whole(&path, b"id\n", Readers::AsUsual).unwrap_err();

        assert!(path.is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("rows.csv");

        let error = write_whole(&path, b"id\n", Readers::AsUsual).unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{PermissionsExt, symlink};

        use super::*;

        fn mode_of(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }

        #[test]
        fn a_link_stays_one_and_what_it_leads_to_is_replaced() {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("file");
            let link = folder.path().join("link");
            fs::write(&file, "old").unwrap();
            symlink(&file, &link).unwrap();

            write_whole(&link, b"new", Readers::AsUsual).unwrap();

            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read(&file).unwrap(), b"new");
        }

        #[test]
        fn a_private_folder_is_opened_by_no_other_even_if_it_was_there() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("not yet").join("data");

            make_private_folder(&path).unwrap();
            assert_eq!(mode_of(&path), 0o700);

            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            make_private_folder(&path).unwrap();
            assert_eq!(mode_of(&path), 0o700);
        }

        #[test]
        fn the_owners_file_is_read_by_no_other() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("kept.json");
            fs::write(&path, "{}").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();

            write_whole(&path, b"{}", Readers::Owner).unwrap();

            assert_eq!(mode_of(&path), 0o600);
        }

        #[test]
        fn a_file_that_none_but_its_owner_read_is_read_by_no_other_once_it_is_replaced() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("rows.csv");
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();

            write_whole(&path, b"id\n", Readers::AsUsual).unwrap();

            assert_eq!(mode_of(&path), 0o600);
        }

        #[test]
        fn another_file_has_the_mode_that_the_umask_gives() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("rows.csv");
            let usual = folder.path().join("usual");
            fs::write(&usual, "").unwrap();

            write_whole(&path, b"id\n", Readers::AsUsual).unwrap();

            assert_eq!(mode_of(&path), mode_of(&usual));
        }
    }
}
