#!/usr/bin/env python3
"""Write the fixtures of CheckpointTests with other people's code: transformers, safetensors, gguf.

usage: HF_HUB_OFFLINE=1 make_fixtures.py            (writes beside itself; seeded, so rerunning changes nothing)

blocks.gguf        a few blocks of every storage type with the extremes, and for each, `.decoded`: the
                   numbers that the gguf package reads; `input` and, for each type it can write, `.encoded`
FAMILY/            a checkpoint with one or two layers, written by transformers
olmoe.gguf         the olmoe checkpoint as GGUF, and olmoe-mixed.gguf with its experts quantised
overlay/           a base without experts, a file with experts and gates, and the manifest that joins them
digests.json       for every checkpoint, layer × expert: the SHA-256 of the artifact, packed here by numpy
"""
import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import torch
import transformers
from gguf import GGMLQuantizationType as Q
from gguf import GGUFWriter, quants

HERE = Path(__file__).parent
BLOCK_TYPES = [Q.F32, Q.F16, Q.BF16, Q.Q8_0, Q.Q4_0, Q.Q4_1, Q.Q6_K]
HALF_EXTREMES = [0.0, -0.0, 1.0, -1.0, 65504.0, -65504.0, 6e-8, -6e-8, 6.1e-5, 0.333]


def put(writer, name, data, kind, shape=None):
    writer.add_tensor(name, data, raw_shape=shape, raw_dtype=kind)


# Blocks


def random_blocks(kind, count, rng):
    """Random bytes with finite scales, extremes first."""
    block_length, byte_count = {Q.Q8_0: (32, 34), Q.Q4_0: (32, 18), Q.Q4_1: (32, 20), Q.Q6_K: (256, 210)}[kind]
    blocks = rng.integers(0, 256, (count, byte_count), dtype=np.uint8)
    blocks[0, 2:] = 0
    blocks[1, 2:] = 255
    blocks[2, 2:] = 128
    scales = np.resize(np.array(HALF_EXTREMES, np.float16), count)
    offset = 208 if kind == Q.Q6_K else 0
    blocks[:, offset:offset + 2] = scales.view(np.uint8).reshape(count, 2)
    if kind == Q.Q4_1:
        blocks[:, 2:4] = scales[::-1].copy().view(np.uint8).reshape(count, 2)
    return blocks


def plain_numbers(kind, rng):
    """Raw bytes of every kind of number: zeros, subnormals, largest, infinities."""
    if kind == Q.F32:
        special = [0, -0.0, 1e-45, 3.4028235e38, -3.4028235e38, np.inf, -np.inf]
        return np.concatenate([np.array(special, np.float32), rng.standard_normal(25, np.float32)]).view(np.uint8)
    if kind == Q.F16:
        special = np.array([0, -0.0, 6e-8, 65504, -65504, np.inf, -np.inf], np.float16)
        return np.concatenate([special, rng.standard_normal(25).astype(np.float16)]).view(np.uint8)
    special = np.array([0, 0x8000, 1, 0x7F7F, 0xFF7F, 0x7F80, 0xFF80], np.uint16)
    return np.concatenate([special, rng.integers(0x3000, 0x4FFF, 25, dtype=np.uint16)]).view(np.uint8)


def encoder_input(rng):
    rows = [np.zeros(32), np.full(32, -3.5), np.linspace(-1, 1, 32), np.linspace(1, -1, 32), np.r_[np.zeros(31), 5.0]]
    rows += [rng.standard_normal(32) * scale for scale in (1e-6, 1e-3, 1.0, 100.0, 3e4)]
    return np.stack(rows).astype(np.float32)


def write_blocks():
    rng = np.random.default_rng(1)
    writer = GGUFWriter(HERE / "blocks.gguf", "test")
    write_every_value_type(writer)
    for kind in BLOCK_TYPES:
        if kind in (Q.F32, Q.F16, Q.BF16):
            blocks = plain_numbers(kind, rng)[None, :]
        else:
            blocks = random_blocks(kind, 10, rng)
        decoded = quants.dequantize(blocks, kind) if kind != Q.F32 else blocks.view(np.float32)
        put(writer, kind.name, blocks, kind)
        put(writer, kind.name + ".decoded", np.ascontiguousarray(decoded.astype(np.float32)), Q.F32)
    numbers = encoder_input(rng)
    put(writer, "input", numbers, Q.F32)
    for kind in BLOCK_TYPES[1:-1]:
        put(writer, kind.name + ".encoded", quants.quantize(numbers, kind).view(np.uint8), kind)
    put(writer, "integers", np.arange(8, dtype=np.int32), Q.I32)
    finish(writer)


def write_every_value_type(writer):
    writer.add_uint8("test.uint8", 255)
    writer.add_int8("test.int8", -128)
    writer.add_uint16("test.uint16", 65535)
    writer.add_int16("test.int16", -32768)
    writer.add_uint32("test.uint32", 4294967295)
    writer.add_int32("test.int32", -2147483648)
    writer.add_uint64("test.uint64", 9223372036854775807)
    writer.add_int64("test.int64", -9223372036854775808)
    writer.add_float32("test.float32", 0.1)
    writer.add_float64("test.float64", 0.1)
    writer.add_bool("test.bool", True)
    writer.add_string("test.string", "naïve ☕")
    writer.add_array("test.strings", ["a", "", "日本"])
    writer.add_array("test.integers", [1, -2, 3])
    writer.add_array("test.numbers", [0.5, -1.5])
    writer.add_array("test.booleans", [True, False])


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# Checkpoints


COMMON = dict(vocab_size=16, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
              max_position_embeddings=16, bos_token_id=None, eos_token_id=0, pad_token_id=1, initializer_range=0.3)
FAMILIES = {
    "olmoe": ("Olmoe", dict(intermediate_size=32, num_experts=3, num_experts_per_tok=2)),
    "mixtral": ("Mixtral", dict(intermediate_size=48, num_local_experts=2, num_experts_per_tok=2)),
    "qwen3moe": ("Qwen3Moe", dict(intermediate_size=48, moe_intermediate_size=32, num_experts=2, num_experts_per_tok=1,
                                  head_dim=16, mlp_only_layers=[0])),
    "granitemoeshared": ("GraniteMoeShared", dict(intermediate_size=32, shared_intermediate_size=32, num_local_experts=3,
                                                  num_experts_per_tok=2, tie_word_embeddings=True)),
}


def write_family(name, index):
    family, options = FAMILIES[name]
    torch.manual_seed(index)
    config = getattr(transformers, family + "Config")(**{**COMMON, **options})
    model = getattr(transformers, family + "ForCausalLM")(config).to(torch.bfloat16)
    # Fresh gates and experts may be uninitialised: give every parameter seeded values.
    with torch.no_grad():
        for _, parameter in sorted(model.named_parameters()):
            parameter.copy_(torch.randn(parameter.shape) * 0.3)
    model.save_pretrained(HERE / name)
    (HERE / name / "generation_config.json").unlink(missing_ok=True)


def half_words(tensor):
    """The raw 16-bit words of a bfloat16 tensor."""
    return tensor.view(torch.uint16).numpy()


def load(name):
    from safetensors.torch import load_file as load_torch
    return {k: half_words(v) for k, v in load_torch(HERE / name / "model.safetensors").items()}


def experts_of(name, tensors):
    """layer → list of (gate, up, down), straight from the families' documented names."""
    layers = []
    for layer in range(2):
        prefix = f"model.layers.{layer}."
        experts = []
        packed = tensors.get(prefix + "block_sparse_moe.input_linear.weight")
        if packed is not None:
            down = tensors[prefix + "block_sparse_moe.output_linear.weight"]
            middle = packed.shape[1] // 2
            experts = [(packed[e, :middle], packed[e, middle:], down[e]) for e in range(packed.shape[0])]
        for spelling in ("mlp.experts.{}.{}_proj.weight", "block_sparse_moe.experts.{}.{}.weight"):
            words = ("gate", "up", "down") if "_proj" in spelling else ("w1", "w3", "w2")
            expert = 0
            while prefix + spelling.format(expert, words[0]) in tensors:
                experts.append(tuple(tensors[prefix + spelling.format(expert, w)] for w in words))
                expert += 1
        layers.append(experts)
    return layers


def artifact(gate, up, down, gate_up_type, down_type, hidden, intermediate):
    """gate, up, down: arrays whose rows are the rows' bytes."""
    header = b"XMEXPERT" + struct.pack("<6I", 1, gate_up_type, down_type, hidden, intermediate, 1)
    header += bytes(64 - len(header))
    rows = np.stack([gate, up], axis=1).tobytes()
    padding = bytes(-len(rows) % 64)
    return header + rows + padding + down.tobytes()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def plain_digests(layers, kind):
    rows = lambda a: np.ascontiguousarray(a).view(np.uint8)
    return [[digest(artifact(rows(g), rows(u), rows(d), kind, kind, g.shape[1], g.shape[0])) for g, u, d in experts]
            for experts in layers]


# GGUF


def write_gguf(path, layers, gate_up, down, architecture="olmoe", trunk=True):
    """Trunk tensors are stand-ins; experts packed [expert, row, column], quantised by the gguf package."""
    writer = GGUFWriter(path, architecture)
    writer.add_block_count(len(layers))
    writer.add_token_list(["a", "b"])
    if trunk:
        put(writer, "token_embd.weight", np.arange(512, dtype=np.float32).reshape(16, 32), Q.F32)
    digests = []
    for layer, experts in enumerate(layers):
        if trunk:
            put(writer, f"blk.{layer}.attn_norm.weight", np.ones(32, np.float32), Q.F32)
        put(writer, f"blk.{layer}.ffn_gate_inp.weight", np.ones((len(experts), 32), np.float32), Q.F32)
        digests.append(put_experts(writer, layer, experts, gate_up, down))
    finish(writer)
    return digests


def put_experts(writer, layer, experts, gate_up, down):
    kinds = dict(gate=gate_up, up=gate_up, down=down)
    packed = {}
    for index, word in enumerate(("gate", "up", "down")):
        floats = np.stack([quants.dequantize(e[index].view(np.uint8), Q.BF16) for e in experts])
        data = floats if kinds[word] == Q.F32 else quants.quantize(floats, kinds[word]).view(np.uint8)
        packed[word] = np.ascontiguousarray(data)
        put(writer, f"blk.{layer}.ffn_{word}_exps.weight", packed[word], kinds[word])
    rows = {word: a.view(np.uint8) for word, a in packed.items()}
    return [digest(artifact(rows["gate"][e], rows["up"][e], rows["down"][e], gate_up.value, down.value,
                            experts[e][0].shape[1], experts[e][0].shape[0])) for e in range(len(experts))]


def write_overlay(layers):
    folder = HERE / "overlay"
    folder.mkdir(exist_ok=True)
    writer = GGUFWriter(folder / "base.gguf", "llama")
    writer.add_block_count(len(layers))
    writer.add_token_list(["a", "b"])
    put(writer, "token_embd.weight", np.arange(512, dtype=np.float32).reshape(16, 32), Q.F32)
    for layer in range(len(layers)):
        for word in ("gate", "up", "down"):
            put(writer, f"blk.{layer}.ffn_{word}.weight", np.full((32, 32), layer, np.float32), Q.F32)
    finish(writer)
    digests = write_gguf(folder / "experts-0.gguf", layers, Q.Q8_0, Q.Q8_0, "granitemoe", trunk=False)
    part = lambda name: dict(file=name, sha256=digest((folder / name).read_bytes()))
    manifest = dict(formatVersion=1, name="overlay", recipe="a member for people",
                    config=dict(architectures=["GraniteMoeSharedForCausalLM"], hidden_size=32),
                    base=part("base.gguf"), experts=[part("experts-0.gguf")])
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return digests


def main():
    write_blocks()
    digests = {}
    for index, name in enumerate(FAMILIES):
        write_family(name, index)
        digests[name] = plain_digests(experts_of(name, load(name)), Q.BF16.value)
    olmoe = experts_of("olmoe", load("olmoe"))
    digests["olmoe.gguf"] = write_gguf(HERE / "olmoe.gguf", olmoe, Q.BF16, Q.BF16)
    digests["olmoe-mixed.gguf"] = write_gguf(HERE / "olmoe-mixed.gguf", olmoe, Q.Q4_1, Q.Q8_0)
    digests["overlay/manifest.json"] = write_overlay(olmoe)
    (HERE / "digests.json").write_text(json.dumps(digests, indent=1) + "\n")


if __name__ == "__main__":
    main()
