//! Keeps the page's requests to the sidecar, with the token and passwords in them, away from the user's proxies.
//!
//! - `WebKitGTK` sends a request for 127.0.0.1 to the proxy of `http_proxy` or `HTTP_PROXY`, unless it runs on GNOME
//!   ([which resolver reads what][glib]): [`keep_loopback_direct`].
//! - It sends it to the desktop's proxy where the desktop's settings say so: GNOME's with `ignore-hosts` emptied, which
//!   has loopback in it by default, KDE's, or a PAC script's: `Builder::webviews_without_proxy`.
//! - `WebView2` goes to loopback directly, whatever the system's settings or its PAC script say, unless the user's own
//!   exceptions hold `<-loopback>` ([Chromium's implicit rules][chromium]). It reads no environment. Not tried.
//! - `WKWebView` goes to loopback directly, by [Chromium's notes on macOS's own resolver][rules]; Apple's documentation
//!   is silent. It reads no environment. Not tried.
//!
//! [glib]: https://gitlab.gnome.org/GNOME/glib-networking/-/blob/master/proxy/README.md
//! [chromium]: https://chromium.googlesource.com/chromium/src/+/HEAD/net/docs/proxy.md#implicit-bypass-rules
//! [rules]: https://chromium.googlesource.com/chromium/src/+/HEAD/net/proxy_resolution/proxy_bypass_rules.cc

use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(not(any(target_os = "macos", target_os = "windows")))]
pub(crate) use webkit::take_proxies_from;

/// Makes `WebKitGTK` go to 127.0.0.1 directly, whatever proxies are in the user's environment.
///
/// Call it as the first thing in `main`. Where there is such a proxy, the program starts anew in its own place, as the
/// same process with another environment: `WebKitGTK` has a thread before `main`, and only a process without others may
/// change its environment. Where it cannot (its file is gone, say), the plugin takes every proxy from the webviews
/// instead. On macOS and Windows it does nothing, as the webview does not read the environment there.
pub fn keep_loopback_direct() {
    #[cfg(not(any(target_os = "macos", target_os = "windows")))]
    environment::keep_loopback_direct();
}

/// `keep_loopback_direct` was called, and could not do it.
static IS_PROXIED: AtomicBool = AtomicBool::new(false);

/// Whether the page's requests would go through a proxy of the environment all the same.
pub(crate) fn is_proxied() -> bool {
    IS_PROXIED.load(Ordering::Relaxed)
}

#[cfg(not(any(target_os = "macos", target_os = "windows")))]
mod environment {
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::sync::atomic::Ordering;
    use std::{env, io};

    /// All that some reader of the environment takes for a proxy of `http://` addresses.
    const PROXIES: [&str; 6] = [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ];
    /// `GLib` and libproxy read the second one only where the first one is not set, others the other way round.
    const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];
    const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

    /// What becomes of a variable: its new value, or `None` for one that goes.
    type Change = (&'static str, Option<String>);

    pub fn keep_loopback_direct() {
        let changes = changes(|name| Some(env::var_os(name)?.to_string_lossy().into_owned()));
        if changes.is_empty() {
            return;
        }
        let error = start_anew(changes);
        super::IS_PROXIED.store(true, Ordering::Relaxed);
        // There is no log yet.
        eprintln!(
            "127.0.0.1 cannot be taken from the proxies of the environment, so the page uses none: {error}"
        );
    }

    /// Returns only when that fails.
    fn start_anew(changes: Vec<Change>) -> io::Error {
        let program = match env::current_exe() {
            Ok(program) => program,
            Err(error) => return error,
        };
        let mut command = Command::new(program);
        let mut arguments = env::args_os();
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        command.args(arguments);
        for (name, value) in changes {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.exec()
    }

    /// None once they are made: a program that starts anew does so once.
    fn changes(variable: impl Fn(&str) -> Option<String>) -> Vec<Change> {
        let is_proxy = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
        let proxies: Vec<_> = PROXIES.into_iter().filter(is_proxy).collect();
        if proxies.is_empty() {
            return Vec::new();
        }
        let [first, second] = EXCEPTIONS.map(&variable);
        let in_force = first.clone().or_else(|| second.clone()).unwrap_or_default();
        // By this the user wants no proxy at all, and the readers in WebKitGTK do not know it.
        if in_force.trim() == "*" {
            return proxies.into_iter().map(|name| (name, None)).collect();
        }
        let change = |(name, own): (_, Option<String>)| {
            let value = with_loopback(own.as_deref().unwrap_or(&in_force));
            (own.as_ref() != Some(&value)).then_some((name, Some(value)))
        };
        EXCEPTIONS
            .into_iter()
            .zip([first, second])
            .filter_map(change)
            .collect()
    }

    /// Entries are compared as they stand: `GLib` takes a space before a host for a part of it.
    fn with_loopback(exceptions: &str) -> String {
        let kept = exceptions.split(',').filter(|entry| !entry.is_empty());
        let missing = LOOPBACK
            .into_iter()
            .filter(|host| !exceptions.split(',').any(|entry| entry == *host));
        kept.chain(missing).collect::<Vec<_>>().join(",")
    }

    #[cfg(test)]
    mod tests {
        use std::collections::BTreeMap;

        use super::changes;

        fn after(given: &[(&str, &str)]) -> BTreeMap<String, String> {
            let mut environment: BTreeMap<_, _> = given
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect();
            for (name, value) in changes(|name| environment.get(name).cloned()) {
                match value {
                    Some(value) => environment.insert(name.to_owned(), value),
                    None => environment.remove(name),
                };
            }
            let again = changes(|name| environment.get(name).cloned());
            assert_eq!(
                again,
                [],
                "the program would start anew for ever: {given:?}"
            );
            environment
        }

        #[test]
        fn loopback_is_added_to_what_the_user_excepts() {
            let loopback = "127.0.0.1,localhost,::1";
            let corp = "corp,127.0.0.1,localhost,::1";
            let proxy = ("http_proxy", "http://proxy:3128");
            let table: [(&[_], &str, &str); 11] = [
                (&[proxy], loopback, loopback),
                (&[("HTTP_PROXY", "http://proxy")], loopback, loopback),
                (&[("all_proxy", "socks5://proxy")], loopback, loopback),
                (&[proxy, ("no_proxy", "")], loopback, loopback),
                (&[proxy, ("no_proxy", "corp")], corp, corp),
                (&[proxy, ("NO_PROXY", "corp")], corp, corp),
                (
                    &[proxy, ("no_proxy", ",a, b,,"), ("NO_PROXY", "c")],
                    "a, b,127.0.0.1,localhost,::1",
                    "c,127.0.0.1,localhost,::1",
                ),
                (
                    &[proxy, ("no_proxy", "localhost,a")],
                    "localhost,a,127.0.0.1,::1",
                    "localhost,a,127.0.0.1,::1",
                ),
                (
                    &[proxy, ("no_proxy", "::1,127.0.0.1,localhost")],
                    "::1,127.0.0.1,localhost",
                    "::1,127.0.0.1,localhost",
                ),
                (
                    &[proxy, ("no_proxy", " 127.0.0.1"), ("NO_PROXY", loopback)],
                    " 127.0.0.1,127.0.0.1,localhost,::1",
                    loopback,
                ),
                (
                    &[proxy, ("no_proxy", "127.0.0.1:80"), ("NO_PROXY", "")],
                    "127.0.0.1:80,127.0.0.1,localhost,::1",
                    loopback,
                ),
            ];
            for (given, first, second) in table {
                let environment = after(given);
                assert_eq!(
                    [&environment["no_proxy"], &environment["NO_PROXY"]],
                    [first, second],
                    "{given:?}"
                );
                assert_eq!(environment[given[0].0], given[0].1);
            }
        }

        #[test]
        fn an_environment_without_a_proxy_stays_as_it_is() {
            assert_eq!(after(&[]).len(), 0);
            assert_eq!(
                after(&[("no_proxy", "corp"), ("http_proxy", "")])["no_proxy"],
                "corp"
            );
        }

        #[test]
        fn an_exception_for_everything_takes_the_proxies_away() {
            for everything in [("no_proxy", "*"), ("NO_PROXY", " * ")] {
                let proxies = [
                    ("http_proxy", "http://proxy"),
                    ("HTTPS_PROXY", "http://proxy"),
                ];
                let left = after(&[proxies[0], proxies[1], everything]);
                assert_eq!(
                    left.into_iter().collect::<Vec<_>>(),
                    [(everything.0.to_owned(), everything.1.to_owned())]
                );
            }
        }
    }
}

#[cfg(not(any(target_os = "macos", target_os = "windows")))]
mod webkit {
    use tauri::{Runtime, Webview};
    use webkit2gtk::{NetworkProxyMode, WebViewExt, WebsiteDataManagerExt};

    /// From this webview and those that share its data. The page itself comes from the program, not by the network.
    ///
    /// <https://webkitgtk.org/reference/webkit2gtk/stable/method.WebsiteDataManager.set_network_proxy_settings.html>
    pub fn take_proxies_from<R: Runtime>(webview: &Webview<R>) {
        let taken = webview.with_webview(|webview| {
            if let Some(data) = webview.inner().website_data_manager() {
                data.set_network_proxy_settings(NetworkProxyMode::NoProxy, None);
            }
        });
        if let Err(error) = taken {
            log::warn!("the webview keeps the desktop's proxies: {error}");
        }
    }
}

/// `WebView2` and `WKWebView` go to loopback directly.
#[cfg(any(target_os = "macos", target_os = "windows"))]
pub(crate) fn take_proxies_from<R: tauri::Runtime>(_: &tauri::Webview<R>) {}
