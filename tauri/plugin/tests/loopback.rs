//! What `GLib`, which `WebKitGTK` asks, makes of the environment that `keep_loopback_direct` leaves.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::{env, process};

use gio::ProxyResolver;
use gio::prelude::{ObjectExt, ProxyResolverExt};
use tauri_plugin_oracle_sidecar::keep_loopback_direct;

const CHILD: &str = "LOOPBACK_TEST_CHILD";
const PROXY: &str = "http://proxy.example:3128";
const DIRECT: &str = "direct://";

type Variables<'a> = &'a [(&'a str, &'a str)];

fn tell_ways() {
    keep_loopback_direct();
    let resolver = ProxyResolver::default();
    let way = |host: &str| {
        let address = format!("http://{host}:50123/v1/query");
        resolver
            .lookup(&address, gio::Cancellable::NONE)
            .unwrap()
            .join("|")
    };
    let hosts = ["127.0.0.1", "localhost", "db.corp.example", "example.org"];
    println!(
        "\nchild {} {} {}",
        process::id(),
        resolver.type_(),
        hosts.map(way).join(" ")
    );
}

/// The child's resolver, and its ways to loopback, to loopback's name, to a host that some exceptions hold, to another.
fn ways(environment: Variables) -> (String, Vec<String>) {
    let mut command = Command::new(env::current_exe().unwrap());
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    let child = command
        .args([
            "--exact",
            "loopback_is_direct_and_the_rest_as_the_user_wants_it",
            "--nocapture",
        ])
        // GNOME's resolver reads no environment.
        .env_remove("XDG_CURRENT_DESKTOP")
        .env(CHILD, "1")
        .envs(environment.iter().copied())
        .stdout(process::Stdio::piped())
        .spawn()
        .unwrap();
    let process = child.id().to_string();
    let told = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix("child "))
        .expect(&told);
    let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    assert_eq!(words[0], process, "it started anew as another process");
    (words[1].clone(), words[2..].to_vec())
}

#[test]
fn loopback_is_direct_and_the_rest_as_the_user_wants_it() {
    if env::var_os(CHILD).is_some() {
        return tell_ways();
    }
    let corp = "corp.example,.corp.example";
    let table: [(Variables, &str, &str); 8] = [
        (&[], DIRECT, DIRECT),
        (&[("http_proxy", PROXY)], PROXY, PROXY),
        (&[("HTTP_PROXY", PROXY)], PROXY, PROXY),
        (&[("http_proxy", PROXY), ("no_proxy", corp)], DIRECT, PROXY),
        (&[("http_proxy", PROXY), ("NO_PROXY", corp)], DIRECT, PROXY),
        (
            &[("http_proxy", PROXY), ("no_proxy", " 127.0.0.1")],
            PROXY,
            PROXY,
        ),
        (&[("http_proxy", PROXY), ("no_proxy", "*")], DIRECT, DIRECT),
        (
            &[
                ("http_proxy", PROXY),
                ("HTTP_PROXY", PROXY),
                ("NO_PROXY", "*"),
            ],
            DIRECT,
            DIRECT,
        ),
    ];
    for (environment, to_corp, to_others) in table {
        let (resolver, ways) = ways(environment);
        if resolver == "GDummyProxyResolver" {
            println!("skipped: glib-networking, which reads the environment, is not installed");
            return;
        }
        assert_eq!(
            ways,
            [DIRECT, DIRECT, to_corp, to_others],
            "{environment:?}"
        );
    }
}
