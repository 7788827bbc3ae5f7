#!/bin/sh
# Makes the icons that tauri.conf.json names from icon.svg.
set -eu
cd "$(dirname "$0")"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
npm run --silent --prefix ../.. tauri -- icon "$PWD/icon.svg" --output "$made"
for icon in 32x32.png 128x128.png 128x128@2x.png icon.png icon.icns icon.ico; do
    cp "$made/$icon" .
done
