//! The sidecar's life and a login in the keychain, on whatever system this is: what the other tests see in full on Linux.
//! Untried but there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tauri::async_runtime::block_on;
use tauri::test::{mock_builder, mock_context, noop_assets};
use tauri::utils::config::AppDirectoriesOverride;
use tauri_plugin_oracle_sidecar::{Builder, OracleSidecarExt, Phase};
#[cfg(any(target_os = "macos", target_os = "windows"))]
use tauri_plugin_oracle_sidecar::{Credentials, ErrorCode, Keychain};

const PATIENCE: Duration = Duration::from_secs(60);

/// The one that `ORACLE_SIDECAR_PROGRAM` names, else the source in the tests' Python, where a script can be a program.
fn program(folder: &Path) -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("ORACLE_SIDECAR_PROGRAM") {
        return Some(program.into());
    }
    if cfg!(windows) {
        println!("skipped: ORACLE_SIDECAR_PROGRAM names no sidecar");
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().unwrap();
    let script = folder.join("oracle-sidecar");
    let line = format!(
        "exec '{0}/.venv/bin/python' '{0}/sidecar.py' \"$@\"",
        root.display()
    );
    // By a process of its own, with the file closed at its end: one that is open for writing cannot be executed.
    let written = Command::new("sh")
        .args([
            "-c",
            "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod 755 \"$2\"",
            "sh",
        ])
        .arg(line)
        .arg(&script)
        .status();
    assert!(written.unwrap().success());
    Some(script)
}

/// The status and the body of an answer.
fn get(url: &str, path: &str, token: &str) -> (u16, Value) {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

fn kill(pid: &str) {
    let killed = if cfg!(windows) {
        Command::new("taskkill").args(["/F", "/PID", pid]).status()
    } else {
        Command::new("kill").args(["-KILL", pid]).status()
    };
    assert!(killed.unwrap().success());
}

#[test]
fn a_sidecar_is_started_asked_killed_started_again_and_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let Some(program) = program(folder.path()) else {
        return;
    };
    let mut context = mock_context(noop_assets());
    context.config_mut().app.app_directories_override =
        Some(AppDirectoriesOverride::Root(folder.path().to_path_buf()));
    let app = mock_builder()
        .plugin(
            Builder::new()
                .program(program)
                // Long enough to be seen on a slow machine.
                .restart_delay(Duration::from_secs(2))
                .build(),
        )
        .build(context)
        .unwrap();
    let sidecar = app.oracle_sidecar();

    let first = block_on(sidecar.start()).unwrap();
    assert_eq!(get(&first.url, "/pools", first.token.expose()).0, 200);
    assert_eq!(get(&first.url, "/pools", "a stranger's").0, 401);
    let (_, health) = get(&first.url, "/health", "");
    kill(&health["pid"].to_string());
    let killed = Instant::now();
    while sidecar.status().status == Phase::Ready {
        assert!(killed.elapsed() < PATIENCE, "its end is not noticed");
        std::thread::sleep(Duration::from_millis(5));
    }

    assert_eq!(sidecar.status().status, Phase::Restarting);
    let second = block_on(sidecar.start()).unwrap();
    assert_ne!(second.token, first.token);
    assert_eq!(get(&second.url, "/pools", second.token.expose()).0, 200);

    block_on(sidecar.stop());
    assert_eq!(sidecar.status().status, Phase::Stopped);
    let host = second.url.strip_prefix("http://").unwrap();
    TcpStream::connect(host).unwrap_err();
}

/// In the keychain of whoever runs the tests. Linux's are asked in sessions of their own, by the tests of the keychain.
#[cfg(any(target_os = "macos", target_os = "windows"))]
#[test]
fn a_login_is_kept_read_and_forgotten() {
    let keychain = Keychain::new(format!("dev.example.test-{}", std::process::id()));
    let login = || Credentials {
        username: "scott".into(),
        password: String::from("tiger €").into(),
        wallet_password: None,
    };
    if let Err(error) = keychain.set("dev", &login()) {
        assert_eq!(error.code, ErrorCode::KeychainUnavailable, "{error}");
        println!("skipped: {error}");
        return;
    }
    assert!(keychain.has("dev").unwrap());
    let kept = keychain.get("dev").unwrap().unwrap();
    assert!(keychain.delete("dev").unwrap());
    assert_eq!(kept.username, login().username);
    assert_eq!(*kept.password, *login().password);
    assert!(!keychain.has("dev").unwrap());
    assert!(!keychain.delete("dev").unwrap());
}
