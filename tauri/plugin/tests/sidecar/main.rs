//! The plugin with Tauri's mock runtime around it and the real sidecar below it.
//!
//! The program is the one that `ORACLE_SIDECAR_PROGRAM` names, else the sidecar's source in `.venv`'s Python.
#![cfg(target_os = "linux")]

mod crashes;
mod ends;
mod failed_starts;
mod life;
mod secrets;
mod support;
