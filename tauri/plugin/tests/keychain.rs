//! Logins in a real GNOME Keyring: each test runs again as a child in a D-Bus session and a home of its own.
#![cfg(target_os = "linux")]

use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::{env, fs, thread};

use serde_json::{Value, json};
use tauri::ipc::CallbackFn;
use tauri::test::{INVOKE_KEY, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::utils::acl::ExecutionContext;
use tauri::webview::InvokeRequest;
use tauri_plugin_oracle_sidecar::{Credentials, ErrorCode, Keychain};

const SERVICE: &str = "dev.example.app";
/// In every secret of these tests: no child may print it.
const MARK: &str = "s3cret";
const IN_SESSION: &str = "KEYCHAIN_TEST_IN_SESSION";
const UNLOCK: &str =
    "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
const LOGIN_KEYRING: &str = "/org/freedesktop/secrets/collection/login";
/// A bus that starts no service by itself.
const BARE_BUS: &str = "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>\
     <policy context='default'><allow send_destination='*'/><allow eavesdrop='true'/><allow own='*'/></policy>\
     </busconfig>";

enum Session {
    /// A keyring that was unlocked when the user logged in.
    Unlocked,
    /// As `Unlocked`, with a screen on which the user can be asked.
    UnlockedWithScreen,
    /// A Secret Service without a keyring.
    NoKeyring,
    NoService,
    NoBus,
}

impl Session {
    fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::Unlocked | Self::NoKeyring => &[
                "dbus-run-session",
                "gnome-keyring-daemon",
                "secret-tool",
                "gdbus",
            ],
            Self::UnlockedWithScreen => &[
                "dbus-run-session",
                "gnome-keyring-daemon",
                "gdbus",
                "xvfb-run",
            ],
            Self::NoService => &["dbus-run-session"],
            Self::NoBus => &[],
        }
    }

    /// The words that the child's command follows.
    fn command(&self, home: &str) -> Vec<String> {
        let unlocked = format!("{UNLOCK}; exec \"$@\"");
        let words: &[&str] = match self {
            Self::Unlocked => &["dbus-run-session", "--", "sh", "-c", &unlocked, "sh"],
            Self::UnlockedWithScreen => &[
                "xvfb-run",
                "-a",
                "dbus-run-session",
                "--",
                "sh",
                "-c",
                &unlocked,
                "sh",
            ],
            Self::NoKeyring => &["dbus-run-session", "--"],
            Self::NoService => &[
                "dbus-run-session",
                &format!("--config-file={home}/bus.xml"),
                "--",
            ],
            Self::NoBus => &[],
        };
        words.iter().map(ToString::to_string).collect()
    }
}

fn is_installed(program: &str) -> bool {
    env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file())
}

/// Runs the test's body in a child, within the session. `name` is the test's own, by which the child finds it.
fn in_session(name: &str, session: &Session, body: impl FnOnce()) {
    if env::var_os(IN_SESSION).is_some() {
        return body();
    }
    if let Some(missing) = session
        .needs()
        .iter()
        .find(|program| !is_installed(program))
    {
        println!("skipped: {missing} is not installed");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("bus.xml"), BARE_BUS).unwrap();
    let mut words = ["timeout", "120"].map(str::to_owned).to_vec();
    words.extend(session.command(home.path().to_str().unwrap()));
    words.push(env::current_exe().unwrap().to_str().unwrap().to_owned());
    words.extend(["--exact", name, "--nocapture"].map(str::to_owned));
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(&words[0])
        .args(&words[1..])
        .env(IN_SESSION, "1")
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .envs(
            ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"].map(|name| (name, home.path())),
        )
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    assert!(status.success(), "{printed}");
    assert!(
        printed.contains("1 passed"),
        "no test is called {name}: {printed}"
    );
    assert!(!printed.contains(MARK), "a secret was printed: {printed}");
}

fn keychain() -> Keychain {
    Keychain::new(SERVICE)
}

fn login(username: &str, password: &str) -> Credentials {
    serde_json::from_value(
        json!({"username": username, "password": password, "wallet_password": null}),
    )
    .unwrap()
}

fn marked(ending: &str) -> String {
    format!("{MARK}-{ending}")
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn call(object: &str, method: &str, argument: &str) -> String {
    let service = object.trim_start_matches('/').replace('/', ".");
    run(
        "gdbus",
        &[
            "call",
            "--session",
            "--dest",
            &service,
            "--object-path",
            object,
            "--method",
            method,
            argument,
        ],
    )
}

fn lock() {
    let keyring = format!("[objectpath '{LOGIN_KEYRING}']");
    call(
        "/org/freedesktop/secrets",
        "org.freedesktop.Secret.Service.Lock",
        &keyring,
    );
}

#[test]
fn a_login_that_was_set_is_there_until_it_is_deleted() {
    in_session(
        "a_login_that_was_set_is_there_until_it_is_deleted",
        &Session::Unlocked,
        || {
            let keychain = keychain();
            assert!(keychain.get("dev").unwrap().is_none());
            assert!(!keychain.has("dev").unwrap());
            assert!(!keychain.delete("dev").unwrap());

            keychain
                .set("dev", &login("scott", &marked("tiger")))
                .unwrap();
            let kept = keychain.get("dev").unwrap().unwrap();
            assert_eq!(kept.username, "scott");
            assert!(*kept.password == marked("tiger"));
            assert!(kept.wallet_password.is_none());
            assert!(keychain.has("dev").unwrap());

            assert!(keychain.delete("dev").unwrap());
            assert!(keychain.get("dev").unwrap().is_none());
            assert!(!keychain.has("dev").unwrap());
        },
    );
}

#[test]
fn a_login_takes_the_place_of_the_one_before() {
    in_session(
        "a_login_takes_the_place_of_the_one_before",
        &Session::Unlocked,
        || {
            keychain()
                .set("dev", &login("scott", &marked("old")))
                .unwrap();
            keychain()
                .set("dev", &login("scott", &marked("new")))
                .unwrap();
            assert!(*keychain().get("dev").unwrap().unwrap().password == marked("new"));
            assert!(keychain().delete("dev").unwrap());
            assert!(!keychain().has("dev").unwrap());
        },
    );
}

#[test]
fn each_connection_of_each_app_has_a_login_of_its_own() {
    in_session(
        "each_connection_of_each_app_has_a_login_of_its_own",
        &Session::Unlocked,
        || {
            keychain()
                .set("dev", &login("scott", &marked("dev")))
                .unwrap();
            keychain()
                .set("uat", &login("scott", &marked("uat")))
                .unwrap();
            Keychain::new("dev.example.other")
                .set("dev", &login("scott", &marked("other")))
                .unwrap();

            assert!(keychain().delete("uat").unwrap());
            assert!(*keychain().get("dev").unwrap().unwrap().password == marked("dev"));
        },
    );
}

#[test]
fn any_text_comes_back_as_it_was() {
    in_session("any_text_comes_back_as_it_was", &Session::Unlocked, || {
        let id = "Prüfung/測試 \"1\" 'x' \\ %00 *";
        for password in [
            "",
            "Gänsefüßchen „ß“ 密碼 🔑",
            "\u{0}\n\t\"\\",
            &"ä".repeat(50_000),
        ] {
            let password = marked(password);
            let wallet = marked(&password);
            let credentials =
                json!({"username": "SCOTT[ü]", "password": password, "wallet_password": wallet});
            keychain()
                .set(id, &serde_json::from_value(credentials.clone()).unwrap())
                .unwrap();
            let kept = keychain().get(id).unwrap().unwrap();
            assert!(
                serde_json::to_value(kept).unwrap() == credentials,
                "{} bytes",
                password.len()
            );
        }
    });
}

#[test]
fn another_program_finds_the_login_by_app_and_connection() {
    in_session(
        "another_program_finds_the_login_by_app_and_connection",
        &Session::Unlocked,
        || {
            keychain()
                .set("dev", &login("scott", &marked("tiger")))
                .unwrap();
            let secret = run(
                "secret-tool",
                &["lookup", "service", SERVICE, "username", "dev"],
            );
            let expected =
                json!({"username": "scott", "password": marked("tiger"), "wallet_password": null});
            assert!(serde_json::from_str::<Value>(&secret).unwrap() == expected);
        },
    );
}

#[test]
fn an_item_that_another_program_wrote_is_refused_and_not_quoted() {
    in_session(
        "an_item_that_another_program_wrote_is_refused_and_not_quoted",
        &Session::Unlocked,
        || {
            let contents = [
                format!("\"{MARK}\""),
                format!("{{\"password\": \"{MARK}\"}}"),
                format!("{MARK}\u{1}"),
            ];
            for content in contents {
                let store = format!(
                    "printf '%s' \"$0\" | secret-tool store --label=x service {SERVICE} username dev"
                );
                run("sh", &["-c", &store, &content]);
                let error = keychain().get("dev").unwrap_err();
                assert_eq!(error.code, ErrorCode::KeychainFailed);
                assert!(error.message.contains("does not hold a login of this app"));
                assert!(!error.message.contains(MARK));
            }
            keychain()
                .set("dev", &login("scott", &marked("tiger")))
                .unwrap();
            assert_eq!(keychain().get("dev").unwrap().unwrap().username, "scott");
        },
    );
}

#[test]
fn two_items_for_one_connection_are_told() {
    in_session(
        "two_items_for_one_connection_are_told",
        &Session::Unlocked,
        || {
            keychain()
                .set("dev", &login("scott", &marked("tiger")))
                .unwrap();
            let store = format!(
                "printf x | secret-tool store --label=x service {SERVICE} username dev other 1"
            );
            run("sh", &["-c", &store]);
            let error = keychain().get("dev").map(drop).unwrap_err();
            assert_eq!(error.code, ErrorCode::KeychainFailed);
            assert!(error.message.contains("more than one item"), "{error}");
        },
    );
}

#[test]
fn a_locked_keyring_is_told_and_tells_only_what_it_holds() {
    in_session(
        "a_locked_keyring_is_told_and_tells_only_what_it_holds",
        &Session::Unlocked,
        || {
            keychain()
                .set("dev", &login("scott", &marked("tiger")))
                .unwrap();
            lock();
            let refused = [
                keychain().get("dev").map(drop).unwrap_err(),
                keychain()
                    .set("dev", &login("scott", &marked("new")))
                    .unwrap_err(),
                keychain()
                    .set("uat", &login("scott", &marked("new")))
                    .unwrap_err(),
                keychain().delete("dev").map(drop).unwrap_err(),
            ];
            for error in refused {
                assert_eq!(error.code, ErrorCode::KeychainLocked);
                assert!(
                    error.message.starts_with("The keyring is locked"),
                    "{error}"
                );
            }
            assert!(keychain().has("dev").unwrap());
            assert!(!keychain().has("uat").unwrap());
            assert!(keychain().get("uat").unwrap().is_none());
        },
    );
}

#[test]
fn a_prompt_that_waits_for_the_user_holds_up_nobody_else() {
    in_session(
        "a_prompt_that_waits_for_the_user_holds_up_nobody_else",
        &Session::UnlockedWithScreen,
        || {
            keychain()
                .set("dev", &login("scott", &marked("tiger")))
                .unwrap();
            lock();
            let asked = thread::spawn(|| keychain().get("dev"));
            run(
                "gdbus",
                &[
                    "wait",
                    "--session",
                    "--timeout",
                    "60",
                    "org.gnome.keyring.SystemPrompter",
                ],
            );

            assert!(keychain().has("dev").unwrap());
            assert!(keychain().get("uat").unwrap().is_none());
            assert!(!asked.is_finished());

            let answer = call(
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus.GetConnectionUnixProcessID",
                "org.gnome.keyring.SystemPrompter",
            );
            let prompter: String = answer
                .chars()
                .skip_while(|c| *c != ' ')
                .filter(char::is_ascii_digit)
                .collect();
            run("kill", &[&prompter]);
            assert_eq!(
                asked.join().unwrap().unwrap_err().code,
                ErrorCode::KeychainLocked
            );
        },
    );
}

#[test]
fn a_restarted_secret_service_is_found_again() {
    in_session(
        "a_restarted_secret_service_is_found_again",
        &Session::Unlocked,
        || {
            let keychain = keychain();
            keychain
                .set("dev", &login("scott", &marked("tiger")))
                .unwrap();
            run(
                "sh",
                &["-c", &UNLOCK.replace("--unlock", "--unlock --replace")],
            );
            assert!(*keychain.get("dev").unwrap().unwrap().password == marked("tiger"));
        },
    );
}

#[test]
fn a_secret_service_without_a_keyring_asks_for_one_to_be_created() {
    in_session(
        "a_secret_service_without_a_keyring_asks_for_one_to_be_created",
        &Session::NoKeyring,
        || {
            assert!(!keychain().has("dev").unwrap());
            assert!(keychain().get("dev").unwrap().is_none());
            let error = keychain()
                .set("dev", &login("scott", &marked("tiger")))
                .unwrap_err();
            assert_eq!(error.code, ErrorCode::KeychainUnavailable);
            assert!(error.message.contains("no default keyring"), "{error}");
        },
    );
}

fn nothing_answers() {
    let refused = [
        keychain().get("dev").map(drop).unwrap_err(),
        keychain()
            .set("dev", &login("scott", &marked("tiger")))
            .unwrap_err(),
        keychain().delete("dev").map(drop).unwrap_err(),
        keychain().has("dev").map(drop).unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.code, ErrorCode::KeychainUnavailable, "{error}");
        assert!(
            error
                .message
                .starts_with("There is no keyring on this desktop"),
            "{error}"
        );
    }
}

#[test]
fn a_bus_without_a_secret_service_is_told() {
    in_session(
        "a_bus_without_a_secret_service_is_told",
        &Session::NoService,
        nothing_answers,
    );
}

#[test]
fn a_missing_session_bus_is_told() {
    in_session(
        "a_missing_session_bus_is_told",
        &Session::NoBus,
        nothing_answers,
    );
}

#[test]
fn an_id_that_cannot_be_is_refused_by_name() {
    for id in ["", &"x".repeat(201), &"ä".repeat(101), "a\u{0}b", "a\nb"] {
        let refused = [
            keychain().get(id).map(drop).unwrap_err(),
            keychain()
                .set(id, &login("scott", &marked("tiger")))
                .unwrap_err(),
            keychain().delete(id).map(drop).unwrap_err(),
            keychain().has(id).map(drop).unwrap_err(),
        ];
        for error in refused {
            assert_eq!(error.code, ErrorCode::BadArgument);
            assert!(error.message.starts_with("connectionId"), "{error}");
        }
    }
}

#[test]
fn neither_debug_nor_a_refused_argument_shows_a_secret() {
    let shown = format!(
        "{:?} {:?}",
        login("scott", &marked("tiger")),
        Ok::<_, ()>(Some(login("scott", MARK)))
    );
    assert_eq!(shown, "Credentials { .. } Ok(Some(Credentials { .. }))");
    for argument in [
        json!(MARK),
        json!({"username": "scott", "password": [MARK]}),
        json!({MARK: 1}),
    ] {
        let error = serde_json::from_value::<Credentials>(argument)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("expected {username"), "{error}");
        assert!(!error.contains(MARK));
    }
}

static LOGGED: Mutex<String> = Mutex::new(String::new());

struct Collector;

impl log::Log for Collector {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        let mut logged = LOGGED.lock().unwrap();
        logged.push_str(&record.args().to_string());
        logged.push('\n');
    }

    fn flush(&self) {}
}

/// What a page's `invoke` comes to, refused or not.
fn invoke(
    webview: &tauri::WebviewWindow<tauri::test::MockRuntime>,
    command: &str,
    arguments: Value,
) -> Value {
    let request = InvokeRequest {
        cmd: format!("plugin:oracle-sidecar|{command}"),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().unwrap(),
        body: arguments.into(),
        headers: tauri::http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    match get_ipc_response(webview, request) {
        Ok(answer) => answer.deserialize().unwrap(),
        Err(refused) => json!({"refused": refused}),
    }
}

#[test]
fn a_page_calls_the_commands_and_no_log_holds_a_secret() {
    in_session(
        "a_page_calls_the_commands_and_no_log_holds_a_secret",
        &Session::Unlocked,
        || {
            log::set_logger(&Collector).unwrap();
            log::set_max_level(log::LevelFilter::Trace);
            let mut context = mock_context(noop_assets());
            context.config_mut().identifier = SERVICE.to_owned();
            for command in ["get", "set", "delete", "has"] {
                let command = format!("plugin:oracle-sidecar|{command}_oracle_credentials");
                context
                    .runtime_authority_mut()
                    .__allow_command(command, ExecutionContext::Local);
            }
            let app = mock_builder()
                .plugin(tauri_plugin_oracle_sidecar::init())
                .build(context)
                .unwrap();
            let webview =
                tauri::WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default())
                    .build()
                    .unwrap();
            let dev = json!({"connectionId": "dev"});
            let credentials = json!({"username": "scott", "password": marked("tiger"), "wallet_password": marked("w")});
            let with_login = json!({"connectionId": "dev", "credentials": credentials});

            assert_eq!(
                invoke(&webview, "get_oracle_credentials", dev.clone()),
                Value::Null
            );
            assert_eq!(
                invoke(&webview, "set_oracle_credentials", with_login),
                Value::Null
            );
            assert_eq!(
                invoke(&webview, "has_oracle_credentials", dev.clone()),
                true
            );
            assert!(invoke(&webview, "get_oracle_credentials", dev.clone()) == credentials);
            assert!(keychain().has("dev").unwrap());
            assert_eq!(
                invoke(&webview, "delete_oracle_credentials", dev.clone()),
                true
            );
            assert_eq!(invoke(&webview, "delete_oracle_credentials", dev), false);
            let refused = invoke(
                &webview,
                "has_oracle_credentials",
                json!({"connectionId": ""}),
            );
            assert_eq!(refused["refused"]["code"], "BAD_ARGUMENT");

            let logged = LOGGED.lock().unwrap();
            assert!(logged.contains("set secret for entry"), "{logged}");
            assert!(!logged.contains(MARK));
        },
    );
}
