//! Where an Oracle client lies on this machine, for an app that has to say what a database demands of it.
//!
//! Only names are looked at, in folders that are known beforehand: nothing is loaded or run, and no folder is searched
//! in depth. Whether the client works, or is for this processor, is not known by that.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Serialize;

/// More names than the largest folder of libraries of a usual system has.
const NAME_LIMIT: usize = 20_000;

/// An Oracle client: Instant Client, or a full one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OracleClient {
    /// The folder of its libraries.
    pub path: String,
    /// Its version, such as `21.3`, if a name tells: the release by the folder's, else the interface by a library's.
    pub version: Option<String>,
}

/// The systems on which a client has its own file names and usual folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux, and what resembles it.
    Linux,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
}

/// What of a machine is looked at.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its system.
    pub system: System,
    /// `/`, or `C:\`: what the usual folders are below.
    pub root: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// `ORACLE_HOME`.
    pub oracle_home: Option<PathBuf>,
    /// The folders in which programs look for libraries by the environment.
    pub library_path: Vec<PathBuf>,
}

impl Machine {
    /// The one that this program runs on.
    #[must_use]
    pub fn this_one() -> Self {
        let system = System::this_one();
        let library_path = env::var_os(system.library_path_variable()).unwrap_or_default();
        Self {
            system,
            root: PathBuf::from(match system {
                System::Linux | System::Macos => "/",
                System::Windows => "C:\\",
            }),
            home: env::home_dir(),
            oracle_home: env::var_os("ORACLE_HOME").map(PathBuf::from),
            library_path: env::split_paths(&library_path).collect(),
        }
    }

    /// The first client in the order in which programs look for one: by the environment, by the loader's settings, in
    /// the usual folders. Of several releases beside each other it is the newest.
    #[must_use]
    pub fn find_oracle_client(&self) -> Option<OracleClient> {
        let folders = self.folders().into_iter();
        // A folder by a relative path, or an empty one, would be another one for each folder the app is started in.
        folders
            .filter(|folder| folder.is_absolute())
            .find_map(|folder| self.client_in(&folder))
    }

    fn folders(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        if let Some(home) = &self.oracle_home {
            folders.extend([home.join("lib"), home.join("bin"), home.clone()]);
        }
        folders.extend(self.library_path.iter().cloned());
        folders.extend(self.usual_folders());
        folders
    }

    fn usual_folders(&self) -> Vec<PathBuf> {
        let root = &self.root;
        let mut folders = Vec::new();
        let parents = match self.system {
            System::Linux => {
                folders.extend(self.loader_folders());
                for release in children(&root.join("usr/lib/oracle"), |_| true) {
                    folders.extend([release.join("client64/lib"), release.join("client/lib")]);
                }
                [root.join("opt/oracle"), root.join("opt")]
            }
            System::Macos => [root.join("opt/oracle"), root.join("opt")],
            System::Windows => [root.join("oracle"), root.clone()],
        };
        for parent in parents.iter().chain(&self.home) {
            folders.extend(children(parent, |name| name.starts_with("instantclient")));
        }
        if self.system != System::Windows {
            folders.push(root.join("usr/local/lib"));
            folders.extend(self.home.iter().map(|home| home.join("lib")));
        }
        folders
    }

    /// What Linux's loader is told to look at: <https://man7.org/linux/man-pages/man8/ldconfig.8.html>
    fn loader_folders(&self) -> Vec<PathBuf> {
        let mut files = children(&self.root.join("etc/ld.so.conf.d"), |name| {
            Path::new(name)
                .extension()
                .is_some_and(|ending| ending == "conf")
        });
        files.push(self.root.join("etc/ld.so.conf"));
        let mut folders = Vec::new();
        for text in files
            .iter()
            .filter_map(|file| fs::read_to_string(file).ok())
        {
            let absolute = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix('/'));
            folders.extend(absolute.map(|folder| self.root.join(folder)));
        }
        folders
    }

    fn client_in(&self, folder: &Path) -> Option<OracleClient> {
        let library = self.system.library();
        let libraries = children(folder, |name| is_named(name, library));
        let newest = libraries.into_iter().find(|library| library.is_file())?;
        Some(OracleClient {
            path: folder.to_string_lossy().into_owned(),
            version: release_of(folder).or_else(|| interface_of(&newest, library)),
        })
    }
}

impl System {
    fn this_one() -> Self {
        if cfg!(target_os = "windows") {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::Macos
        } else {
            Self::Linux
        }
    }

    fn library(self) -> &'static str {
        match self {
            Self::Linux => "libclntsh.so",
            Self::Macos => "libclntsh.dylib",
            Self::Windows => "oci.dll",
        }
    }

    fn library_path_variable(self) -> &'static str {
        match self {
            Self::Linux => "LD_LIBRARY_PATH",
            Self::Macos => "DYLD_LIBRARY_PATH",
            Self::Windows => "PATH",
        }
    }
}

/// `libclntsh.so` and `libclntsh.so.19.1`; on Windows in capitals, too.
fn is_named(name: &str, library: &str) -> bool {
    let (Some(start), Some(rest)) = (name.get(..library.len()), name.get(library.len()..)) else {
        return false;
    };
    start.eq_ignore_ascii_case(library) && (rest.is_empty() || version(rest).is_some())
}

/// By the names of Oracle's archives (`instantclient_21_3`) and packages (`19.19/client64/lib`).
fn release_of(folder: &Path) -> Option<String> {
    let folder = fs::canonicalize(folder).ok()?;
    let names: Vec<_> = folder
        .iter()
        .rev()
        .filter_map(|name| name.to_str())
        .collect();
    match names[..] {
        ["lib", "client" | "client64", release, ..] => version(release),
        [name, ..] => version(name.strip_prefix("instantclient")?),
        [] => None,
    }
}

fn interface_of(path: &Path, library: &str) -> Option<String> {
    version(path.file_name()?.to_str()?.get(library.len()..)?)
}

/// `21.3` of `_21_3`, `.21.3` and `_21_3_x64`: a number alone is no version.
fn version(text: &str) -> Option<String> {
    let words = text.trim_start_matches(['_', '.']).split(['_', '.']);
    let numbers: Vec<u32> = words.map_while(|word| word.parse().ok()).collect();
    (numbers.len() > 1).then(|| {
        numbers
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(".")
    })
}

/// What of a folder has such a name, the one with the highest numbers first.
fn children(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries
        .take(NAME_LIMIT)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| is_wanted(name)).collect();
    names.sort_by_cached_key(|name| {
        let words = name.split(|letter: char| !letter.is_ascii_digit());
        Reverse(
            words
                .filter_map(|word| word.parse::<u32>().ok())
                .collect::<Vec<_>>(),
        )
    });
    names.into_iter().map(|name| folder.join(name)).collect()
}

#[tauri::command]
pub(crate) async fn find_oracle_client() -> Option<OracleClient> {
    let search = tauri::async_runtime::spawn_blocking(|| Machine::this_one().find_oracle_client());
    // It ends early by a panic alone, which has been told then.
    search.await.unwrap_or_default()
}
