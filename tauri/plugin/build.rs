//! Writes the permissions of the plugin's commands.

const COMMANDS: &[&str] = &[
    "start_oracle_sidecar",
    "stop_oracle_sidecar",
    "check_oracle_sidecar_status",
    "get_oracle_sidecar_url",
    "get_oracle_credentials",
    "set_oracle_credentials",
    "delete_oracle_credentials",
    "has_oracle_credentials",
    "find_oracle_client",
];

/// The library of controls with what Tauri's dialogs import. Windows gives an older one to a program that does not name
/// it, as the tests' own would not, and these would not even start: <https://github.com/tauri-apps/tauri/issues/13419>.
/// Not tried.
const CONTROLS: &str = "type='win32' name='Microsoft.Windows.Common-Controls' version='6.0.0.0' \
     processorArchitecture='*' publicKeyToken='6595b64144ccf1df' language='*'";

fn main() {
    if std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|linker| linker == "msvc") {
        println!("cargo:rustc-link-arg=/MANIFEST:EMBED");
        println!("cargo:rustc-link-arg=/MANIFESTDEPENDENCY:{CONTROLS}");
    }
    tauri_plugin::Builder::new(COMMANDS).build();
}
