//! Reads tauri.conf.json, the capabilities and the app's own commands into the app.

use std::fs;
use std::path::Path;

const COMMANDS: &[&str] = &["read_kept", "write_kept", "save_file"];
const SIDECAR: &str = "binaries/oracle-sidecar";

fn main() {
    // tauri-build wants every folder that is named in `resources`, which a checkout does not have yet.
    fs::create_dir_all(SIDECAR).expect("the folder for the sidecar could not be made");
    let program =
        Path::new(SIDECAR).join(format!("oracle-sidecar{}", std::env::consts::EXE_SUFFIX));
    assert!(
        tauri_build::is_dev() || program.is_file(),
        "There is no sidecar to put into the bundle: make_app.sh builds it into {SIDECAR}."
    );
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
        .expect("tauri.conf.json or a capability is wrong");
}
