//! An Oracle client is found by the names in a machine's folders, here in a root of the test's own.

use std::fs;
use std::path::Path;

use tauri_plugin_oracle_sidecar::oracle_client::{Machine, System};
use tempfile::TempDir;

/// A machine on which nothing is set, with these files; those that end with a slash are folders.
fn machine(system: System, files: &[&str]) -> (TempDir, Machine) {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if file.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::write(path, "").unwrap();
        }
    }
    let machine = Machine {
        system,
        root: root.path().to_owned(),
        home: Some(root.path().join("home/anna")),
        oracle_home: None,
        library_path: Vec::new(),
    };
    (root, machine)
}

/// The client's folder below the root, and its version.
fn found(root: &TempDir, machine: &Machine) -> Option<(String, Option<String>)> {
    let client = machine.find_oracle_client()?;
    let folder = Path::new(&client.path).strip_prefix(root.path()).unwrap();
    Some((folder.to_str().unwrap().replace('\\', "/"), client.version))
}

fn client(folder: &str, version: &str) -> (String, Option<String>) {
    (folder.to_owned(), Some(version.to_owned()))
}

#[test]
fn clients_are_found_in_the_usual_folders_of_each_system() {
    let table = [
        (
            System::Linux,
            "opt/oracle/instantclient_21_3/libclntsh.so.21.1",
            "21.3",
        ),
        (
            System::Linux,
            "opt/instantclient_23_26/libclntsh.so",
            "23.26",
        ),
        (
            System::Linux,
            "usr/lib/oracle/19.19/client64/lib/libclntsh.so.19.1",
            "19.19",
        ),
        (
            System::Linux,
            "usr/lib/oracle/21/client64/lib/libclntsh.so.21.1",
            "21.1",
        ),
        (
            System::Linux,
            "usr/lib/oracle/12.2/client/lib/libclntsh.so.12.1",
            "12.2",
        ),
        (System::Linux, "usr/local/lib/libclntsh.so.19.1", "19.1"),
        (System::Linux, "home/anna/lib/libclntsh.so.18.1", "18.1"),
        (
            System::Linux,
            "home/anna/instantclient_19_8/libclntsh.so",
            "19.8",
        ),
        (
            System::Macos,
            "opt/oracle/instantclient_19_8/libclntsh.dylib.19.1",
            "19.8",
        ),
        (System::Macos, "usr/local/lib/libclntsh.dylib.19.1", "19.1"),
        (System::Macos, "home/anna/lib/libclntsh.dylib.12.1", "12.1"),
        (System::Windows, "oracle/instantclient_21_3/oci.dll", "21.3"),
        (System::Windows, "instantclient_19_20/OCI.DLL", "19.20"),
        (
            System::Windows,
            "home/anna/instantclient_11_2/oci.dll",
            "11.2",
        ),
    ];
    for (system, file, version) in table {
        let (root, machine) = machine(system, &[file]);
        let (folder, _) = file.rsplit_once('/').unwrap();
        assert_eq!(
            found(&root, &machine),
            Some(client(folder, version)),
            "{file}"
        );
    }
}

#[test]
fn a_client_whose_names_tell_no_version_has_none() {
    let (root, machine) = machine(System::Linux, &["opt/oracle/instantclient/libclntsh.so"]);
    assert_eq!(
        found(&root, &machine),
        Some(("opt/oracle/instantclient".to_owned(), None))
    );
}

#[test]
fn what_only_resembles_a_client_is_none() {
    let table = [
        (System::Linux, "opt/oracle/instantclient_21_3/libclntsh.so/"),
        (
            System::Linux,
            "opt/oracle/instantclient_21_3/libclntshcore.so.21.1",
        ),
        (
            System::Linux,
            "opt/oracle/instantclient_21_3/libclntsh.so.bak",
        ),
        (
            System::Linux,
            "opt/oracle/instantclient_21_3/deeper/libclntsh.so",
        ),
        (System::Linux, "opt/oracle/instantclient_21_3/oci.dll"),
        (
            System::Linux,
            "home/anna/Downloads/instantclient_21_3/libclntsh.so",
        ),
        (System::Macos, "opt/oracle/instantclient_21_3/libclntsh.so"),
        (System::Windows, "oracle/instantclient_21_3/libclntsh.so"),
        (System::Windows, "oracle/instantclient_21_3/ociw32.dll"),
    ];
    for (system, file) in table {
        let (root, machine) = machine(system, &[file]);
        assert_eq!(found(&root, &machine), None, "{file}");
    }
}

#[test]
fn the_environment_comes_before_the_usual_folders() {
    let (root, mut machine) = machine(
        System::Linux,
        &[
            "u01/home/lib/libclntsh.so.19.1",
            "srv/client/libclntsh.so.18.1",
            "etc/ld.so.conf.d/oracle-instantclient.conf",
            "loader/libclntsh.so.12.1",
            "opt/oracle/instantclient_21_3/libclntsh.so",
        ],
    );
    let settings = root
        .path()
        .join("etc/ld.so.conf.d/oracle-instantclient.conf");
    fs::write(
        settings,
        "# the client\ninclude more/*.conf\n/missing\n /loader \n",
    )
    .unwrap();
    machine.oracle_home = Some(root.path().join("u01/home"));
    machine.library_path = ["", "srv", "missing", "srv/client"]
        .map(|folder| root.path().join(folder))
        .to_vec();

    assert_eq!(found(&root, &machine), Some(client("u01/home/lib", "19.1")));
    machine.oracle_home = None;
    assert_eq!(found(&root, &machine), Some(client("srv/client", "18.1")));
    machine.library_path.clear();
    assert_eq!(found(&root, &machine), Some(client("loader", "12.1")));
    fs::remove_file(root.path().join("loader/libclntsh.so.12.1")).unwrap();
    assert_eq!(
        found(&root, &machine),
        Some(client("opt/oracle/instantclient_21_3", "21.3"))
    );
}

#[test]
fn an_oracle_home_is_found_as_each_system_lays_it_out() {
    let table = [
        (System::Linux, "home/lib/libclntsh.so.19.1"),
        (System::Linux, "home/libclntsh.so.19.1"),
        (System::Windows, "home/bin/oci.dll"),
    ];
    for (system, file) in table {
        let (root, mut machine) = machine(system, &[file]);
        machine.oracle_home = Some(root.path().join("home"));
        let (folder, _) = file.rsplit_once('/').unwrap();
        assert_eq!(found(&root, &machine).unwrap().0, folder);
    }
}

#[test]
fn the_newest_of_several_is_told() {
    let (root, machine) = machine(
        System::Linux,
        &[
            "opt/oracle/instantclient_9_2/libclntsh.so",
            "opt/oracle/instantclient_21_13/libclntsh.so",
            "opt/oracle/instantclient_21_3/libclntsh.so",
        ],
    );
    assert_eq!(
        found(&root, &machine),
        Some(client("opt/oracle/instantclient_21_13", "21.13"))
    );
    let (root, machine) = self::machine(
        System::Linux,
        &[
            "usr/local/lib/libclntsh.so.9.1",
            "usr/local/lib/libclntsh.so.19.1",
            "usr/local/lib/libclntsh.so",
        ],
    );
    assert_eq!(
        found(&root, &machine),
        Some(client("usr/local/lib", "19.1"))
    );
}

#[cfg(unix)]
#[test]
fn a_folder_by_a_relative_path_is_not_looked_at() {
    let (root, mut machine) = machine(System::Linux, &[]);
    fs::write(root.path().join("libclntsh.so"), "").unwrap();
    let here = std::env::current_dir().unwrap();
    let up: std::path::PathBuf = here.iter().skip(1).map(|_| "..").collect();
    machine.library_path = vec![up.join(root.path().strip_prefix("/").unwrap()), "".into()];
    machine.oracle_home = Some("".into());
    assert_eq!(machine.find_oracle_client(), None);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_release_tells_its_version_and_one_to_nothing_is_no_client() {
    let (root, machine) = machine(
        System::Linux,
        &[
            "opt/oracle/instantclient_21_3/libclntsh.so",
            "usr/local/lib/",
        ],
    );
    let release = root.path().join("opt/oracle/instantclient_21_3");
    fs::rename(&release, root.path().join("instantclient_19_8")).unwrap();
    std::os::unix::fs::symlink(
        "../../instantclient_19_8",
        root.path().join("opt/oracle/instantclient"),
    )
    .unwrap();
    assert_eq!(
        found(&root, &machine),
        Some(client("opt/oracle/instantclient", "19.8"))
    );

    fs::remove_file(root.path().join("instantclient_19_8/libclntsh.so")).unwrap();
    std::os::unix::fs::symlink("gone", root.path().join("instantclient_19_8/libclntsh.so"))
        .unwrap();
    assert_eq!(found(&root, &machine), None);
}
