"""A tiny model of random weights as a checkpoint, and edited copies of it: what swaps need, in a second.

The weights are a fixture of the unit tests; the tokenizer has a token for each printable character.
"""

import json
import shutil
import struct
from pathlib import Path

import mesh

FIXTURE = mesh.ROOT / "Tests/ModelTests/Fixtures/granitemoeshared"
EXPERTS = "block_sparse_moe"
FLOAT_BYTES = {"BF16": 2, "F32": 4}


class Checkpoint:
    """Tensors and configuration of a safetensors checkpoint, to be changed and saved."""

    def __init__(self):
        self.config = json.loads((FIXTURE / "config.json").read_text())
        # So that the token depends on what the experts add, and not on the last token alone.
        self.config |= {"embedding_multiplier": 0.2, "residual_multiplier": 3.0}
        data = (FIXTURE / "model.safetensors").read_bytes()
        length = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:8 + length])
        header.pop("__metadata__", None)
        body = data[8 + length:]
        self.tensors = {
            name: (info["dtype"], info["shape"], bytearray(body[slice(*info["data_offsets"])]))
            for name, info in header.items()
        }

    def negate(self, layer, experts):
        """The outputs of these experts get the other sign."""
        name = f"model.layers.{layer}.{EXPERTS}.output_linear.weight"
        dtype, shape, content = self.tensors[name]
        size, width = len(content) // shape[0], FLOAT_BYTES[dtype]
        for expert in experts:
            for sign in range(expert * size + width - 1, (expert + 1) * size, width):
                content[sign] ^= 0x80

    def prune(self, kept):
        """In every layer only these experts are left, and their rows of the gate."""
        for name, (dtype, shape, content) in self.tensors.items():
            if EXPERTS not in name:
                continue
            size = len(content) // shape[0]
            rows = b"".join(content[expert * size:(expert + 1) * size] for expert in kept)
            self.tensors[name] = (dtype, [len(kept), *shape[1:]], bytearray(rows))
        self.config["num_local_experts"] = len(kept)

    def save(self, folder):
        folder.mkdir(parents=True)
        header, body = {}, b""
        for name, (dtype, shape, content) in self.tensors.items():
            header[name] = {
                "dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(content)]}
            body += content
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
        (folder / "config.json").write_text(json.dumps(self.config))
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer(self.config["vocab_size"])))


def tokenizer(count):
    """As many tokens as the model has: the characters of ASCII from the space on."""
    vocabulary = {chr(32 + token): token for token in range(count)}
    return {"model": {"type": "BPE", "unk_token": "?", "merges": [], "vocab": vocabulary}}


def imported(folder, name, edit=lambda checkpoint: None):
    """The model directory of an edited copy."""
    checkpoint = Checkpoint()
    edit(checkpoint)
    source, directory = Path(folder) / f"{name}.checkpoint", Path(folder) / name
    checkpoint.save(source)
    mesh.meshctl("import", source, "--into", directory)
    shutil.rmtree(source)
    return directory
