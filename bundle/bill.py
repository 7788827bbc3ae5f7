"""What is inside a build, for those who have to know: `python -m bundle.bill BINARY --parts FILE`.

Writes two files beside the binary: a software bill of materials (CycloneDX 1.6, JSON) and the
licence texts of everything in it. The same build gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import ssl
import subprocess
import sys
import sysconfig
import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

from common.settings import VERSION

from .report import files, sha256

Json: TypeAlias = "dict[str, Any]"

# What of these packages is in the binary: files of their own, or, of PyInstaller, the bootloader.
PACKAGES = ("oracledb", "cryptography", "cffi", "pyinstaller")
# Its metadata says it in a sentence.
PYINSTALLER_LICENCE = "GPL-2.0-or-later WITH Bootloader-exception"
UNKNOWN = "licence not known"
# Libraries of the system, by the beginning of their file's name: what they are called, their
# licence, and who knows the version.
SYSTEM_LIBRARIES = (
    ("libcrypto", "openssl", "Apache-2.0"),
    ("libssl", "openssl", "Apache-2.0"),
    ("libz.", "zlib", "Zlib"),
    ("libgcc_s", "libgcc", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    ("libffi", "libffi", "MIT"),
    ("libuuid", "libuuid", "BSD-3-Clause"),
)


@dataclass
class Component:
    """One thing inside, and where its licence can be read."""

    name: str
    version: str
    licence: str
    purl: str
    texts: list[str] = field(default_factory=list)
    inside: list[Json] = field(default_factory=list)
    """What it was made of, as its own bill says."""

    def json(self) -> Json:
        entry: Json = {
            "type": "library",
            "bom-ref": self.purl,
            "name": self.name,
            "version": self.version,
            "purl": self.purl,
        }
        if self.licence != UNKNOWN:
            entry["licenses"] = [{"expression": self.licence}]
        if self.inside:
            entry["components"] = self.inside
        return entry


def python_component() -> Component:
    version = platform.python_version()
    text = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    texts = [text.read_text(encoding="utf-8")] if text.is_file() else []
    return Component("cpython", version, "Python-2.0.1", f"pkg:generic/cpython@{version}", texts)


def package_component(name: str) -> Component:
    package = metadata.distribution(name)
    has_one = "License-Expression" in package.metadata
    licence = package.metadata["License-Expression"] if has_one else PYINSTALLER_LICENCE
    texts, inside = [], []
    for file in package.files or []:
        path = Path(str(package.locate_file(file)))
        if re.search(r"licen[cs]e|copying|notice", path.name, re.IGNORECASE) and path.is_file():
            texts.append(path.read_text(encoding="utf-8", errors="replace"))
        if path.suffix == ".json" and path.parent.name == "sboms":
            inside += _of_a_bill(json.loads(path.read_text(encoding="utf-8")))
    return Component(
        name, package.version, licence, f"pkg:pypi/{name}@{package.version}", texts, inside
    )


def _of_a_bill(bill: Json) -> list[Json]:
    """A package's own components, without references that point into its build."""
    kept = ("type", "name", "version", "licenses", "hashes")
    found = []
    for component in bill["components"]:
        entry = {key: component[key] for key in kept if key in component}
        entry["purl"] = component["purl"].partition("?")[0]
        found.append(entry)
    return sorted(found, key=lambda entry: (entry["name"], entry["version"]))


def library_components(collected: Sequence[Sequence[str]]) -> Iterator[Component]:
    """The libraries that came from the system, each once; of one that is not known its name."""
    versions = {
        "openssl": ssl.OPENSSL_VERSION.split()[1],
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }
    seen = set()
    for name, path in collected:
        if "/" in name or "\\" in name or re.match(r"lib?python|_cffi_backend", name):
            continue  # in a package's folder, or Python's own
        known = [library for library in SYSTEM_LIBRARIES if name.startswith(library[0])]
        _, what, licence = known[0] if known else ("", name, UNKNOWN)
        if what in seen:
            continue
        seen.add(what)
        package, package_version = _debian_package(path)
        version = versions.get(what, package_version)
        purl = f"pkg:generic/{what}@{version}"
        yield Component(what, version, licence, purl, _debian_text(package))


def _debian_package(path: str) -> tuple[str, str]:
    """The package that a file belongs to, and its version; where there is no dpkg, neither."""
    try:
        # Since /lib is /usr/lib, the database may know the file by either name.
        owner = subprocess.run(
            ["dpkg", "-S", f"*/{Path(path).name}"], capture_output=True, text=True, check=True
        ).stdout.split(":")[0]
        version = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", owner],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return "", "unknown"
    return owner, version.split("+")[0].split("-")[0]


def _debian_text(package: str) -> list[str]:
    text = Path("/usr/share/doc") / package / "copyright"
    return [text.read_text(encoding="utf-8")] if package and text.is_file() else []


def bill(binary: Path, components: Sequence[Component]) -> Json:
    """The bill as CycloneDX writes it."""
    digests = [(str(p.relative_to(binary.parent)), sha256(p)) for p in files(binary)]
    digest = hashlib.sha256(repr(digests).encode()).hexdigest()
    made = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), timezone.utc)
    own: Json = {
        "type": "application",
        "bom-ref": f"pkg:generic/oracle-sidecar@{VERSION}",
        "name": "oracle-sidecar",
        "version": VERSION,
        "purl": f"pkg:generic/oracle-sidecar@{VERSION}",
    }
    if binary.is_file():
        own["hashes"] = [{"alg": "SHA-256", "content": digests[0][1]}]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {"timestamp": made.isoformat(), "component": own},
        "components": [component.json() for component in components],
        "dependencies": [
            {"ref": own["bom-ref"], "dependsOn": [component.purl for component in components]}
        ],
    }


def licences(components: Sequence[Component]) -> str:
    """All texts, each under the name of what it covers."""
    pages = []
    for component in components:
        title = f"{component.name} {component.version} ({component.licence})"
        inside = [f"  with {c['name']} {c['version']}: {_expression(c)}" for c in component.inside]
        texts = component.texts or ["(The text was not found on the machine that built this.)"]
        pages.append("\n".join([title, "=" * len(title), *inside, "", "\n\n".join(texts)]))
    return "\n\n\n".join(pages)


def _expression(component: Json) -> str:
    found = component.get("licenses") or [{}]
    first = found[0]
    return str(first.get("expression") or first.get("license", {}).get("id", "see its project"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bundle.bill")
    parser.add_argument("binary", type=Path)
    parser.add_argument("--parts", type=Path, required=True)
    options = parser.parse_args()
    binary: Path = options.binary
    collected = json.loads(options.parts.read_text())["binaries"]
    components = [
        python_component(),
        *map(package_component, PACKAGES),
        *library_components(collected),
    ]
    name = binary.name.removesuffix(".exe")
    made = json.dumps(bill(binary, components), indent=1) + "\n"
    (binary.parent / f"{name}.cdx.json").write_text(made, encoding="utf-8")
    (binary.parent / f"{name}.licences.txt").write_text(licences(components), encoding="utf-8")
    missing = [component.name for component in components if not component.texts]
    if missing:
        print(f"No licence text was found for {', '.join(missing)}.", file=sys.stderr)
    print(f"bill of materials and licence texts of {len(components)} components: {name}.*")
    return 0


if __name__ == "__main__":
    sys.exit(main())
