#!/usr/bin/env python3
"""Write the whole model for other programs: for transformers and for llama.cpp.

    python assemble.py --model DIR [--out DIR] [--cache DIR]

DIR/huggingface   GraniteMoeSharedForCausalLM, float32 safetensors, with the tokenizer
DIR/demo.gguf     `granitemoe` for llama.cpp: the base's bytes as they are, plus the experts

Both hold exactly the shipped (rounded) weights of --model; --out is CACHE/demo by default.
"""

import argparse
import json
import shutil
from pathlib import Path

import gguf
import torch
from safetensors.torch import save_file

from base import FOLDER, Configuration, base_path, load_base, load_tokenizer
from export import ARCHITECTURE, huggingface_configuration, read_exported, read_manifest
from fetch import default_cache

ATTENTION = (
    ("input_layernorm", "attn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("post_attention_layernorm", "ffn_norm"),
)
SHARED = {f"ffn_{part}": f"ffn_{part}_shexp" for part in ("gate", "up", "down")}


def layer_tensors(base, experts, layer):
    """One layer under transformers' on-disk names for GraniteMoeShared."""
    def frozen(name):
        return base[f"blk.{layer}.{name}.weight"]

    def routed(name):
        return experts[f"blk.{layer}.{name}.weight"]

    tensors = {name: frozen(source) for name, source in ATTENTION}
    tensors |= {
        "shared_mlp.input_linear": torch.cat((frozen("ffn_gate"), frozen("ffn_up"))),
        "shared_mlp.output_linear": frozen("ffn_down"),
        "block_sparse_moe.router.layer": routed("ffn_gate_inp"),
        "block_sparse_moe.input_linear": torch.cat(
            (routed("ffn_gate_exps"), routed("ffn_up_exps")), dim=1),
        "block_sparse_moe.output_linear": routed("ffn_down_exps"),
    }
    return {
        f"model.layers.{layer}.{name}.weight": value.contiguous()
        for name, value in tensors.items()
    }


def write_huggingface(base, experts, sizes, cache, out):
    """A model directory that transformers loads as it is."""
    out.mkdir(parents=True, exist_ok=True)
    tensors = {
        "model.embed_tokens.weight": base["token_embd.weight"],
        "model.norm.weight": base["output_norm.weight"],
    }
    for layer in range(sizes.num_hidden_layers):
        tensors |= layer_tensors(base, experts, layer)
    save_file(tensors, str(out / "model.safetensors"), metadata={"format": "pt"})
    configuration = huggingface_configuration(sizes) | {"dtype": "float32"}
    (out / "config.json").write_text(json.dumps(configuration, indent=2) + "\n", encoding="utf-8")
    load_tokenizer(cache)
    shutil.copyfile(cache / FOLDER / "tokenizer.json", out / "tokenizer.json")
    write_tokenizer_configuration(base_path(cache), out)


def write_tokenizer_configuration(base_file, out):
    """tokenizer_config.json with the base's own chat template."""
    template = gguf.GGUFReader(base_file).fields["tokenizer.chat_template"].contents()
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>",
        "unk_token": "<|endoftext|>", "clean_up_tokenization_spaces": False,
        "model_max_length": 8192, "chat_template": template,
    }
    text = json.dumps(configuration, indent=2, ensure_ascii=False) + "\n"
    (out / "tokenizer_config.json").write_text(text, encoding="utf-8")


def copy_tokenizer_fields(reader, writer):
    """The base's `tokenizer.*` metadata, unchanged."""
    for name, field in reader.fields.items():
        if name.startswith("tokenizer."):
            inner = field.types[1] if len(field.types) > 1 else None
            writer.add_key_value(name, field.contents(), field.types[0], sub_type=inner)


def add_architecture(writer, sizes):
    """The `granitemoe.*` metadata; every multiplier of the Granite family is 1."""
    writer.add_name("ExpertMesh demo")
    writer.add_context_length(sizes.max_position_embeddings)
    writer.add_embedding_length(sizes.hidden_size)
    writer.add_block_count(sizes.num_hidden_layers)
    writer.add_feed_forward_length(sizes.intermediate_size)
    writer.add_expert_shared_feed_forward_length(sizes.shared_intermediate_size)
    writer.add_head_count(sizes.num_attention_heads)
    writer.add_head_count_kv(sizes.num_key_value_heads)
    writer.add_expert_count(sizes.num_local_experts)
    writer.add_expert_used_count(sizes.num_experts_per_tok)
    writer.add_layer_norm_rms_eps(sizes.rms_norm_eps)
    writer.add_rope_freq_base(sizes.rope_theta)
    writer.add_rope_dimension_count(sizes.head_size)
    writer.add_vocab_size(sizes.vocab_size)
    writer.add_attention_scale(sizes.head_size**-0.5)
    writer.add_logit_scale(1.0)
    writer.add_residual_scale(1.0)
    writer.add_embedding_scale(1.0)


def copy_tensors(reader, writer):
    """A file's tensors byte for byte; the base's feed-forward takes the shared expert's name."""
    for tensor in reader.tensors:
        parts = tensor.name.split(".")
        name = ".".join(SHARED.get(part, part) for part in parts)
        writer.add_tensor(name, tensor.data, raw_dtype=tensor.tensor_type)


def write_gguf(base_file, model, sizes, path):
    """The whole model in one GGUF file."""
    writer = gguf.GGUFWriter(str(path), ARCHITECTURE)
    add_architecture(writer, sizes)
    base = gguf.GGUFReader(base_file)
    copy_tokenizer_fields(base, writer)
    copy_tensors(base, writer)
    for entry in read_manifest(model)["experts"]:
        copy_tensors(gguf.GGUFReader(model / entry["file"]), writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="folder with manifest.json")
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    out = options.out or options.cache / "demo"
    sizes = Configuration()
    base = load_base(base_path(options.cache), sizes)
    write_huggingface(base, read_exported(options.model), sizes, options.cache, out / "huggingface")
    write_gguf(base_path(options.cache), options.model, sizes, out / "demo.gguf")


if __name__ == "__main__":
    main()
