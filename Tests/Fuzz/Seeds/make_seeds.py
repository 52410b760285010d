#!/usr/bin/env python3
"""Write one small valid file of each format, from which the fuzzers start."""
import json
import struct
from pathlib import Path

HERE = Path(__file__).parent


def string(text):
    return struct.pack("<Q", len(text)) + text.encode()


def safetensors():
    tensors = {"__metadata__": {"format": "pt"},
               "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
               "b": {"dtype": "BF16", "shape": [2], "data_offsets": [16, 20]},
               "c": {"dtype": "I64", "shape": [], "data_offsets": [20, 28]}}
    header = json.dumps(tensors).encode()
    return struct.pack("<Q", len(header)) + header + bytes(range(28))


def gguf():
    values = [string("general.alignment") + struct.pack("<II", 4, 32),
              string("s") + struct.pack("<I", 8) + string("text"),
              string("l") + struct.pack("<IIQ", 9, 8, 2) + string("a") + string("b"),
              string("f") + struct.pack("<IIQff", 9, 6, 2, 0.5, 1.5),
              string("b") + struct.pack("<IB", 7, 1), string("d") + struct.pack("<Id", 12, 0.1)]
    # name, dimensions innermost first, type, offset: F32 [2, 4], Q8_0 [1, 32], Q6_K [256]
    tensors = [string("a") + struct.pack("<IQQIQ", 2, 4, 2, 0, 0), string("b") + struct.pack("<IQQIQ", 2, 32, 1, 8, 32),
               string("c") + struct.pack("<IQIQ", 1, 256, 14, 96)]
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values)) + b"".join(values + tensors)
    return header + bytes(-len(header) % 32) + bytes(96) + bytes(range(210))


def artifact():
    header = b"XMEXPERT" + struct.pack("<6I", 1, 8, 0, 32, 1, 1)  # Q8_0 gate and up, F32 down
    return header + bytes(64 - len(header)) + bytes(range(68)) + bytes(60) + bytes(128)


def manifest():
    trunk = [{"file": "trunk.gguf", "sha256": "00" * 32, "byteCount": 7}]
    return json.dumps({"formatVersion": 1, "name": "n", "source": "s", "trunk": trunk, "expertStorage": "F32",
                       "layers": [[], ["ab" * 32]]}).encode()


for name, content in (("safetensors", safetensors()), ("gguf", gguf()), ("artifact", artifact()), ("manifest", manifest())):
    (HERE / name).mkdir(exist_ok=True)
    (HERE / name / "valid").write_bytes(content)
