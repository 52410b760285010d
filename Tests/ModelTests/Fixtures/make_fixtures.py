#!/usr/bin/env python3
"""Makes tiny checkpoints with random weights, and what transformers computes with them.

usage: make_fixtures.py [name ...]        needs torch, transformers 5, safetensors, gguf

Beside this script: NAME/{config.json,model.safetensors,golden.json}, the weights bfloat16, the reference
float32 arithmetic on the same rounded weights; and NAME-F32.gguf, NAME-Q8_0.gguf for some, with
NAME-Q8_0.json where rounding to 8 bits makes another model. Seeded: the same versions of
the libraries give the same files.

golden.json: for each prompt its token ids, the logits of every position, and in every sparse layer the
chosen experts (ascending) with their weights; for the second prompt 64 greedily chosen tokens.
"""
import json, os, shutil, sys
os.environ.setdefault("HF_HUB_OFFLINE", "1")
import gguf, numpy as np, torch, transformers
from transformers import AutoModelForCausalLM

torch.set_num_threads(1)
transformers.utils.logging.disable_progress_bar()
torch.use_deterministic_algorithms(True)
HERE = os.path.dirname(os.path.abspath(__file__))

COMMON = dict(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
              max_position_embeddings=256, bos_token_id=None, eos_token_id=0, pad_token_id=1, initializer_range=0.2)
GRANITE = dict(intermediate_size=32, num_local_experts=8, num_experts_per_tok=3, embedding_multiplier=6.0,
               logits_scaling=3.0, residual_multiplier=0.4, attention_multiplier=0.25, tie_word_embeddings=True)
QWEN = dict(intermediate_size=64, moe_intermediate_size=32, num_experts=8, num_experts_per_tok=3)
SPECS = {  # name: (class, what differs)
    "llama": ("Llama", dict(intermediate_size=64, rope_theta=50000.0)),
    "llama-bias-llama3": ("Llama", dict(intermediate_size=64, attention_bias=True, tie_word_embeddings=True,
        rope_parameters=dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0,
                             high_freq_factor=4.0, original_max_position_embeddings=32))),
    "olmoe": ("Olmoe", dict(intermediate_size=32, num_experts=8, num_experts_per_tok=3, num_key_value_heads=4)),
    "olmoe-norm-clip": ("Olmoe", dict(intermediate_size=32, num_experts=8, num_experts_per_tok=3, norm_topk_prob=True,
                                      clip_qkv=0.8)),
    "mixtral": ("Mixtral", dict(intermediate_size=32, num_local_experts=8, num_experts_per_tok=2)),
    "mixtral-swa-hd": ("Mixtral", dict(intermediate_size=32, num_local_experts=8, num_experts_per_tok=2,
                                       sliding_window=8, head_dim=16)),
    "qwen2moe": ("Qwen2Moe", dict(QWEN, shared_expert_intermediate_size=64)),
    "qwen2moe-dense1": ("Qwen2Moe", dict(QWEN, shared_expert_intermediate_size=64, mlp_only_layers=[1],
                                         norm_topk_prob=True)),
    "qwen3moe": ("Qwen3Moe", dict(QWEN, head_dim=16, norm_topk_prob=True)),
    "granitemoe": ("GraniteMoe", GRANITE),
    "granitemoeshared": ("GraniteMoeShared", dict(GRANITE, shared_intermediate_size=64)),
}
GGUF = {"llama": "llama", "granitemoeshared": "granitemoe", "olmoe": "olmoe", "mixtral": "llama", "qwen3moe": "qwen3moe"}


def prompts():
    generator = np.random.default_rng(5)
    return [generator.integers(2, 96, size=n).tolist() for n in (3, 12, 70)]


def randomise(model, seed):
    """Vectors are ones or zeros after init; give them values, so that a forgotten norm or bias shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for _, parameter in sorted(model.named_parameters()):
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
            parameter.copy_(parameter.bfloat16().float())


def run(model, ids):
    choices = []
    hooks = [module.register_forward_hook(lambda _m, _i, out: choices.append(out))
             for name, module in model.named_modules() if type(module).__name__.lower().endswith("topkrouter")]
    with torch.no_grad():
        logits = model(torch.tensor([ids]), use_cache=False).logits[0].float()
    for hook in hooks:
        hook.remove()
    return logits, choices


def greedy(model, ids, count=64):
    """The tokens, and the smallest lead of a chosen token over the next: far above rounding, or the seed is bad."""
    ids, lead = list(ids), float("inf")
    for _ in range(count):
        with torch.no_grad():
            logits = model(torch.tensor([ids]), use_cache=False).logits[0, -1].float()
        top = torch.topk(logits, 2)
        lead = min(lead, float(top.values[0] - top.values[1]))
        ids.append(int(top.indices[0]))
    return ids[-count:], lead


def golden(model):
    entries = []
    for ids in prompts():
        logits, choices = run(model, ids)
        layers = []
        for _, weights, experts in choices:
            order = torch.sort(experts, dim=-1)
            layers.append(dict(experts=order.values.tolist(), weights=torch.gather(weights.float(), 1, order.indices).tolist()))
        entries.append(dict(ids=ids, logits=[[float(f"{x:.7g}") for x in row] for row in logits.tolist()], layers=layers))
    tokens, lead = greedy(model, entries[1]["ids"])
    return dict(prompts=entries, greedy=tokens), lead


def reference(directory):
    return AutoModelForCausalLM.from_pretrained(
        directory, attn_implementation="eager", dtype=torch.float32, experts_implementation="eager").eval()


def make(name, seed):
    family, differences = SPECS[name]
    directory = os.path.join(HERE, name)
    shutil.rmtree(directory, ignore_errors=True)
    config = getattr(transformers, family + "Config")(**{**COMMON, **differences})
    torch.manual_seed(seed)
    model = getattr(transformers, family + "ForCausalLM")(config).eval()
    randomise(model, seed + 1)
    model.to(torch.bfloat16).save_pretrained(directory)
    if os.path.exists(os.path.join(directory, "generation_config.json")):
        os.remove(os.path.join(directory, "generation_config.json"))
    result, lead = golden(reference(directory))
    json.dump(result, open(os.path.join(directory, "golden.json"), "w"), separators=(",", ":"))
    return lead


# ---- GGUF, as llama.cpp's converter writes it.

def gguf_name(name):
    table = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
             "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
             "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
             "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
             "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
             "mlp.gate": "ffn_gate_inp", "block_sparse_moe.gate": "ffn_gate_inp",
             "block_sparse_moe.router.layer": "ffn_gate_inp"}
    stem = name.removesuffix(".weight")
    parts = stem.split(".")
    if parts[1:2] == ["layers"]:
        return f"blk.{parts[2]}.{table['.'.join(parts[3:])]}.weight"
    return table[stem] + ".weight"


def split_experts(tensors, config):
    """Yields (GGUF name, array): experts stacked, fused gate and up taken apart."""
    import re
    stacks = {}
    for name, array in tensors.items():
        layer = re.match(r"model\.layers\.(\d+)\.", name)
        block = f"blk.{layer.group(1)}" if layer else ""
        expert = re.search(r"experts\.(\d+)\.(\w+)\.weight", name)
        if expert:
            kind = {"w1": "gate", "w3": "up", "w2": "down"}.get(expert.group(2), expert.group(2).removesuffix("_proj"))
            stacks.setdefault(f"{block}.ffn_{kind}_exps.weight", {})[int(expert.group(1))] = array
        elif "input_linear" in name:
            suffix = "shexp" if "shared" in name else "exps"
            gate, up = np.split(array, 2, axis=-2)
            yield f"{block}.ffn_gate_{suffix}.weight", gate
            yield f"{block}.ffn_up_{suffix}.weight", up
        elif "output_linear" in name:
            yield f"{block}.ffn_down_{'shexp' if 'shared' in name else 'exps'}.weight", array
        else:
            yield gguf_name(name), array
    for name, experts in stacks.items():
        yield name, np.stack([experts[i] for i in sorted(experts)])


def interleave(rows, heads):
    """The row order of llama.cpp's rotary embedding for llama and granite: halves become neighbours."""
    size = rows.shape[0] // heads
    return rows.reshape(heads, 2, size // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def write_gguf(name, kind):
    from safetensors.torch import load_file
    directory = os.path.join(HERE, name)
    config = transformers.AutoConfig.from_pretrained(directory)
    arch = GGUF[name]
    writer = gguf.GGUFWriter(os.path.join(HERE, f"{name}-{kind}.gguf"), arch)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    head_size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_rope_dimension_count(head_size)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_feed_forward_length(config.intermediate_size)
    count = getattr(config, "num_local_experts", None) or getattr(config, "num_experts", None)
    if count:
        writer.add_expert_count(count)
        writer.add_expert_used_count(config.num_experts_per_tok)
    if arch == "qwen3moe":
        writer.add_expert_feed_forward_length(config.moe_intermediate_size)
    if arch == "granitemoe":
        writer.add_attention_scale(config.attention_multiplier)
        writer.add_embedding_scale(config.embedding_multiplier)
        writer.add_residual_scale(config.residual_multiplier)
        writer.add_logit_scale(config.logits_scaling)
        writer.add_expert_shared_feed_forward_length(config.shared_intermediate_size)
    tensors = {n: t.float().numpy() for n, t in load_file(os.path.join(directory, "model.safetensors")).items()}
    for tensor, array in split_experts(tensors, config):
        if arch in ("llama", "granitemoe") and tensor.endswith(("attn_q.weight", "attn_k.weight")):
            array = interleave(array, config.num_attention_heads if "attn_q" in tensor else config.num_key_value_heads)
        array = np.ascontiguousarray(array)
        if kind == "Q8_0" and array.ndim > 1 and "ffn_gate_inp" not in tensor:
            quantised = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(tensor, quantised, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(tensor, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def round_to_q8_0(model):
    def rounded(matrix):
        shape = matrix.shape
        blocks = gguf.quants.quantize(matrix.reshape(-1, shape[-1]).numpy(), gguf.GGMLQuantizationType.Q8_0)
        return torch.from_numpy(gguf.quants.dequantize(blocks, gguf.GGMLQuantizationType.Q8_0)).reshape(shape)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and not name.endswith(("mlp.gate.weight", "router.weight", "block_sparse_moe.gate.weight")):
                parameter.copy_(rounded(parameter.contiguous()))


def make_gguf(name):
    write_gguf(name, "F32")
    if name not in ("llama", "granitemoeshared"):
        return
    write_gguf(name, "Q8_0")
    model = reference(os.path.join(HERE, name))
    round_to_q8_0(model)
    result, _ = golden(model)
    json.dump(result, open(os.path.join(HERE, f"{name}-Q8_0.json"), "w"), separators=(",", ":"))


def main():
    for index, name in enumerate(SPECS):
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        seed, lead = 100 * index, 0
        while lead < 2e-3:
            seed += 1
            lead = make(name, seed)
        if name in GGUF:
            make_gguf(name)
        size = sum(os.path.getsize(os.path.join(HERE, name, f)) for f in os.listdir(os.path.join(HERE, name)))
        print(f"{name:20} seed {seed} lead {lead:.4f} {size} bytes", flush=True)


if __name__ == "__main__":
    main()
