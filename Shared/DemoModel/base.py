"""The frozen base: SmolLM2-135M-Instruct read from its GGUF file into float32 tensors."""

from dataclasses import dataclass
from pathlib import Path

import gguf
import torch
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

from fetch import default_cache

FOLDER = "smollm2-135m-instruct"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


@dataclass(frozen=True)
class Configuration:
    """Sizes of the base and of the experts beside it; names as in the checkpoint's config.json."""

    hidden_size: int = 576
    num_hidden_layers: int = 30
    num_attention_heads: int = 9
    num_key_value_heads: int = 3
    head_size: int = 64
    shared_intermediate_size: int = 1536
    vocab_size: int = 49152
    max_position_embeddings: int = 8192
    rope_theta: float = 100000.0
    rms_norm_eps: float = 1e-5
    intermediate_size: int = 64
    num_local_experts: int = 16
    num_experts_per_tok: int = 4

    @property
    def group_size(self):
        """Query heads per key/value head."""
        return self.num_attention_heads // self.num_key_value_heads


def base_path(cache=None):
    """Where fetch.py puts the base file."""
    return Path(cache or default_cache()) / FOLDER / FILE


def read_tensors(path):
    """Every tensor of a GGUF file, dequantised: name -> float32 tensor."""
    return {
        tensor.name: torch.from_numpy(
            gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())
        for tensor in gguf.GGUFReader(path).tensors
    }


def unpermuted(weight, heads):
    """Rows of a query or key projection in half-rotation order.

    GGUF files of the llama architecture keep rotary pairs interleaved, [heads, 32, 2, hidden];
    the half-rotation code of `model.py` and of transformers wants [heads, 2, 32, hidden].
    """
    hidden = weight.shape[1]
    return weight.reshape(heads, -1, 2, hidden).transpose(1, 2).reshape(-1, hidden)


def load_base(path, configuration):
    """The base as float32 tensors under GGUF names, rotary rows in half-rotation order."""
    tensors = read_tensors(path)
    for layer in range(configuration.num_hidden_layers):
        for name, heads in (
            ("attn_q", configuration.num_attention_heads),
            ("attn_k", configuration.num_key_value_heads),
        ):
            key = f"blk.{layer}.{name}.weight"
            tensors[key] = unpermuted(tensors[key], heads).contiguous()
    return tensors


def load_tokenizer(cache=None):
    """The base's tokenizer, converted once from the GGUF metadata and kept in the cache."""
    converted = Path(cache or default_cache()) / FOLDER / "tokenizer.json"
    if not converted.is_file():
        convert_tokenizer(base_path(cache), converted)
    return Tokenizer.from_file(str(converted))


def convert_tokenizer(source, target):
    """Write tokenizer.json as transformers reads it from the GGUF file, digits cut one by one.

    The conversion drops the digit rule of the file's pre-tokenizer, `smollm`.
    """
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name)
    tokenizer = loaded.backend_tokenizer
    cut_digits_singly(tokenizer)
    partial = target.with_suffix(".partial")
    tokenizer.save(str(partial))
    partial.replace(target)


def cut_digits_singly(tokenizer):
    """Give a byte-level tokenizer the digit rule of `smollm`: no token holds two digits."""
    tokenizer.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
