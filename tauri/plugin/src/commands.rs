//! What the page may ask of the sidecar's life.
#![expect(
    clippy::needless_pass_by_value,
    reason = "Tauri hands a command its arguments by value"
)]

use tauri::{AppHandle, Runtime};

use crate::OracleSidecarExt;
use crate::error::Result;
use crate::state::{Endpoint, Status};

#[tauri::command]
pub(crate) async fn start_oracle_sidecar<R: Runtime>(app: AppHandle<R>) -> Result<Endpoint> {
    app.oracle_sidecar().start().await
}

#[tauri::command]
pub(crate) async fn stop_oracle_sidecar<R: Runtime>(app: AppHandle<R>) -> Result<()> {
    app.oracle_sidecar().stop().await;
    Ok(())
}

#[tauri::command]
pub(crate) fn check_oracle_sidecar_status<R: Runtime>(app: AppHandle<R>) -> Status {
    app.oracle_sidecar().status()
}

#[tauri::command]
pub(crate) fn get_oracle_sidecar_url<R: Runtime>(app: AppHandle<R>) -> Option<String> {
    app.oracle_sidecar().status().url
}
