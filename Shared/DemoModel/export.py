#!/usr/bin/env python3
"""Round the trained experts to what is shipped: a few small GGUF files and a manifest.

    python export.py --checkpoint DIR/checkpoint.pt --out DIR [--type Q4_0] [--cache DIR]

Each file holds ten layers: `blk.N.ffn_{gate,up,down}_exps.weight` quantised and
`blk.N.ffn_gate_inp.weight` (the router) as F32, under llama.cpp's names for the `granitemoe`
architecture. Laid over the base GGUF, whose `ffn_{gate,up,down}` become the shared expert, they
are the whole model. `manifest.json` names every file with its SHA-256.
"""

import argparse
import json
from pathlib import Path

import gguf
import numpy
import torch

import prompts
from base import FILE, FOLDER, Configuration, load_tokenizer, read_tensors
from fetch import PACKAGES, default_cache, sha256

ARCHITECTURE = "granitemoe"
LAYERS_PER_FILE = 10
FORMAT_VERSION = 1
PLAN = Path(__file__).with_name("plan.json")


def huggingface_configuration(sizes):
    """config.json of the model as GraniteMoeSharedForCausalLM."""
    return {
        "architectures": ["GraniteMoeSharedForCausalLM"],
        "model_type": "granitemoeshared",
        "hidden_size": sizes.hidden_size,
        "intermediate_size": sizes.intermediate_size,
        "shared_intermediate_size": sizes.shared_intermediate_size,
        "num_hidden_layers": sizes.num_hidden_layers,
        "num_attention_heads": sizes.num_attention_heads,
        "num_key_value_heads": sizes.num_key_value_heads,
        "num_local_experts": sizes.num_local_experts,
        "num_experts_per_tok": sizes.num_experts_per_tok,
        "vocab_size": sizes.vocab_size,
        "max_position_embeddings": sizes.max_position_embeddings,
        "rms_norm_eps": sizes.rms_norm_eps,
        "rope_theta": sizes.rope_theta,
        "hidden_act": "silu",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "attention_multiplier": sizes.head_size**-0.5,
        "embedding_multiplier": 1.0,
        "residual_multiplier": 1.0,
        "logits_scaling": 1.0,
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    }


def expert_tensors(state, layer, width):
    """A layer's tensors of a checkpoint under GGUF names, as float32 arrays."""
    gate_up = state[f"sparse.{layer}.gate_up"].numpy()
    return {
        f"blk.{layer}.ffn_gate_exps.weight": gate_up[:, :width],
        f"blk.{layer}.ffn_up_exps.weight": gate_up[:, width:],
        f"blk.{layer}.ffn_down_exps.weight": state[f"sparse.{layer}.down"].numpy(),
        f"blk.{layer}.ffn_gate_inp.weight": state[f"sparse.{layer}.router"].numpy(),
    }


def add_tensor(writer, name, values, kind):
    """Add experts quantised and routers as they are."""
    values = numpy.ascontiguousarray(values, dtype=numpy.float32)
    if name.endswith("ffn_gate_inp.weight"):
        writer.add_tensor(name, values)
    else:
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)


def write_file(path, state, layers, sizes, kind):
    """One GGUF file with the routed part of some layers."""
    writer = gguf.GGUFWriter(str(path), ARCHITECTURE)
    writer.add_name("ExpertMesh demo experts")
    writer.add_expert_count(sizes.num_local_experts)
    writer.add_expert_used_count(sizes.num_experts_per_tok)
    for layer in layers:
        for name, values in expert_tensors(state, layer, sizes.intermediate_size).items():
            add_tensor(writer, name, values, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def file_entry(path, layers, kind):
    """A manifest entry of one file."""
    return {
        "file": path.name, "sha256": sha256(path), "byteCount": path.stat().st_size,
        "firstLayer": layers[0], "lastLayer": layers[-1], "storage": kind.name,
    }


def manifest(entries, sizes, cache, progress):
    """Everything a loader and a reader need to know, apart from the scores."""
    package = next(package for package in PACKAGES if package.folder == FOLDER)
    return {
        "formatVersion": FORMAT_VERSION,
        "name": "expertmesh-demo",
        "config": huggingface_configuration(sizes),
        "base": {
            "file": f"{FOLDER}/{FILE}",
            "sha256": package.files[FILE],
            "package": f"{package.name}=={package.version}",
        },
        "experts": entries,
        "prompt": {
            "system": prompts.SYSTEM,
            "passage": "[{number}] {text}",
            "passageSeparator": "\n",
            "question": "\n\nQuestion: {question}",
            "citation": " [{number}]",
            "chatSystem": prompts.CHAT_SYSTEM,
        },
        "refusal": {
            "text": prompts.REFUSAL,
            "firstToken": load_tokenizer(cache).encode(prompts.REFUSAL).ids[0],
            "firstTokenBias": 0.0,
        },
        "training": {"plan": json.loads(PLAN.read_text(encoding="utf-8")), "reached": progress},
        "scores": {},
    }


def export(checkpoint, out, kind, cache):
    """Write the expert files and the manifest of a checkpoint."""
    sizes = Configuration()
    saved = torch.load(checkpoint, weights_only=True, mmap=True)
    out.mkdir(parents=True, exist_ok=True)
    entries = []
    for start in range(0, sizes.num_hidden_layers, LAYERS_PER_FILE):
        layers = range(start, start + LAYERS_PER_FILE)
        path = out / f"experts-{layers[0]:02}-{layers[-1]:02}.gguf"
        write_file(path, saved["model"], layers, sizes, kind)
        entries.append(file_entry(path, layers, kind))
    progress = {"stage": saved["stage"], "step": saved["step"]}
    write_manifest(out, manifest(entries, sizes, cache, progress))


def write_manifest(folder, content):
    """Write manifest.json, readable and with a final newline."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def read_manifest(folder):
    """manifest.json of an exported model."""
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def read_exported(folder):
    """The shipped (rounded) weights as float32: GGUF name -> tensor. Digests are checked."""
    tensors = {}
    for entry in read_manifest(folder)["experts"]:
        path = folder / entry["file"]
        if sha256(path) != entry["sha256"]:
            raise ValueError(f"{path} differs from its SHA-256 in manifest.json; export again.")
        tensors |= read_tensors(path)
    return tensors


def load_exported(model, folder):
    """Put the shipped weights into a training model."""
    tensors = read_exported(folder)
    with torch.no_grad():
        for layer, block in enumerate(model.sparse):
            def tensor(name):
                return tensors[f"blk.{layer}.{name}.weight"]

            block.gate_up.copy_(torch.cat((tensor("ffn_gate_exps"), tensor("ffn_up_exps")), dim=1))
            block.down.copy_(tensor("ffn_down_exps"))
            block.router.copy_(tensor("ffn_gate_inp"))


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--type", default="Q4_0", choices=("Q4_0", "Q4_1", "Q8_0", "F16"))
    parser.add_argument("--cache", type=Path, default=default_cache())
    options = parser.parse_args()
    kind = gguf.GGMLQuantizationType[options.type]
    export(options.checkpoint, options.out, kind, options.cache)


if __name__ == "__main__":
    main()
