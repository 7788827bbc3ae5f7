#!/bin/bash
# Puts the certificate that signs where the platform's tools look for it, on a runner that is thrown
# away: SIGN=yes for the steps that follow where there is one. Untried.
#
# From the environment: CERTIFICATE (in base64), CERTIFICATE_PASSWORD; on macOS NOTARY_KEY (in base64),
# NOTARY_KEY_ID, NOTARY_ISSUER besides, which make NOTARIZE=yes.
set -euo pipefail

import_on_macos() {
    local keychain="$RUNNER_TEMP/build.keychain-db" password
    password=$(uuidgen)
    security create-keychain -p "$password" "$keychain"
    security set-keychain-settings -lut 3600 "$keychain"
    security unlock-keychain -p "$password" "$keychain"
    printf %s "$CERTIFICATE" | base64 --decode >"$RUNNER_TEMP/certificate.p12"
    security import "$RUNNER_TEMP/certificate.p12" -P "$CERTIFICATE_PASSWORD" \
        -t cert -f pkcs12 -k "$keychain" -T /usr/bin/codesign
    rm "$RUNNER_TEMP/certificate.p12"
    security set-key-partition-list -S apple-tool:,apple: -k "$password" "$keychain" >/dev/null
    security list-keychains -d user -s "$keychain" login.keychain
    [ -n "$NOTARY_KEY" ] || return 0
    # A key in a file: no password of Apple's stands on a command line. The profile goes where
    # notarytool looks by itself, the runner's own keychain; Tauri's bundler reads the file.
    printf %s "$NOTARY_KEY" | base64 --decode >"$RUNNER_TEMP/notary.p8"
    xcrun notarytool store-credentials sidecar --key "$RUNNER_TEMP/notary.p8" \
        --key-id "$NOTARY_KEY_ID" --issuer "$NOTARY_ISSUER"
    echo "NOTARIZE=yes" >>"$GITHUB_ENV"
}

# Into the store, so that no password stands on a command line of signtool's.
import_on_windows() {
    local kits="/c/Program Files (x86)/Windows Kits/10/bin" thumbprint
    printf %s "$CERTIFICATE" | base64 --decode >"$RUNNER_TEMP/certificate.pfx"
    # shellcheck disable=SC2016 # PowerShell expands them
    thumbprint=$(powershell -Command '(Import-PfxCertificate -FilePath "$env:RUNNER_TEMP\certificate.pfx" `
        -CertStoreLocation Cert:\CurrentUser\My -Password `
        (ConvertTo-SecureString $env:CERTIFICATE_PASSWORD -AsPlainText -Force)).Thumbprint' | tr -d '\r')
    rm "$RUNNER_TEMP/certificate.pfx"
    echo "THUMBPRINT=$thumbprint" >>"$GITHUB_ENV"
    dirname "$(find "$kits" -path '*/x64/signtool.exe' | sort | tail -n 1)" >>"$GITHUB_PATH"
}

[ -n "$CERTIFICATE" ] || { echo "No certificate: what is built is not signed with one." && exit 0; }
case "$RUNNER_OS" in
macOS) import_on_macos ;;
Windows) import_on_windows ;;
*) exit 0 ;;
esac
echo "SIGN=yes" >>"$GITHUB_ENV"
