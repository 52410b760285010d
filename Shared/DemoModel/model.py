"""The upcycled model: the frozen base and sixteen small experts beside each of its feed-forwards.

GraniteMoeShared (transformers) with the base's feed-forward as the shared expert:
    x += attention(norm(x)); y = norm(x); x += shared(y) + Σ_k softmax(top-4 logits)_k · expert_k(y)
T tokens, H hidden size 576, E experts 16, I expert width 64. float32.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from operators import FrozenLinear, FrozenSwiGLU, RMSNorm, RoutedExperts, Rotary


@dataclass
class FrozenLayer:
    """One layer of the base; every weight also transposed (see `FrozenLinear`)."""

    attention_norm: torch.Tensor
    query_key_value: torch.Tensor
    query_key_value_transposed: torch.Tensor
    output: torch.Tensor
    output_transposed: torch.Tensor
    feed_forward_norm: torch.Tensor
    gate_up: torch.Tensor
    gate_up_transposed: torch.Tensor
    down: torch.Tensor
    down_transposed: torch.Tensor
    width: int


def frozen_layer(tensors, layer, configuration):
    """Gather a layer's tensors from GGUF names, fused where they read the same input."""
    def tensor(name):
        return tensors[f"blk.{layer}.{name}.weight"]

    fused = torch.cat((tensor("attn_q"), tensor("attn_k"), tensor("attn_v")))
    gate_up = torch.cat((tensor("ffn_gate"), tensor("ffn_up")))
    output, down = tensor("attn_output"), tensor("ffn_down")
    return FrozenLayer(
        tensor("attn_norm"), fused, fused.T.contiguous(), output, output.T.contiguous(),
        tensor("ffn_norm"), gate_up, gate_up.T.contiguous(), down, down.T.contiguous(),
        configuration.shared_intermediate_size)


class SparseBlock(nn.Module):
    """The routed part of one layer: a router [E, H] and the experts' weights."""

    def __init__(self, configuration):
        super().__init__()
        experts, hidden = configuration.num_local_experts, configuration.hidden_size
        width = configuration.intermediate_size
        self.top_k = configuration.num_experts_per_tok
        self.router = nn.Parameter(torch.empty(experts, hidden))
        self.gate_up = nn.Parameter(torch.empty(experts, 2 * width, hidden))
        self.down = nn.Parameter(torch.zeros(experts, hidden, width))

    @torch.no_grad()
    def start_from(self, layer, generator):
        """Gate and up copy neurons of the layer's own feed-forward; down is zero: nothing changes.

        The layer then computes what the base computes, and useful features exist from step one.
        """
        experts, double_width, hidden = self.gate_up.shape
        width = double_width // 2
        chosen = torch.randperm(layer.width, generator=generator)[:experts * width]
        gates = layer.gate_up[chosen].view(experts, width, hidden)
        ups = layer.gate_up[layer.width + chosen].view(experts, width, hidden)
        self.gate_up.copy_(torch.cat((gates, ups), dim=1))
        self.router.normal_(std=0.02, generator=generator)

    def route(self, inputs):
        """Router logits [T, E], and the chosen experts with their weights, [T, K] each.

        The softmax runs over the chosen logits only.
        """
        logits = inputs @ self.router.T
        chosen, experts = logits.topk(self.top_k, dim=-1)
        return logits, experts, chosen.softmax(dim=-1)

    def forward(self, inputs, experts, weights):
        """Weighted sum of the chosen experts: [T, H] -> [T, H]."""
        return RoutedExperts.apply(inputs, weights, experts, self.gate_up, self.down)


@dataclass
class Routing:
    """What one layer's router saw and chose: logits [T, E], experts [T, K]; inputs [T, H]."""

    inputs: torch.Tensor
    logits: torch.Tensor
    experts: torch.Tensor
    weights: torch.Tensor


def group_routing(groups, top_k):
    """Fixed routing of expert induction: a group's own `top_k` experts at equal weight.

    Together they are one wide expert times 1/top_k: the wide expert is cut into its slices before
    it is trained, which gives the same function as cutting it afterwards.
    """
    experts = groups[:, None] * top_k + torch.arange(top_k)
    return experts, torch.full(experts.shape, 1 / top_k)


def rotary_tables(positions, configuration):
    """Cosine and sine of the rotary angles, [T, 1, 32] each."""
    half = configuration.head_size // 2
    frequencies = configuration.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = positions[:, None, None].double() * frequencies
    return angles.cos().float(), angles.sin().float()


class UpcycledModel(nn.Module):
    """The whole model; parameters are the routed part only, the base is plain tensors."""

    def __init__(self, tensors, configuration, seed):
        super().__init__()
        self.configuration = configuration
        self.embedding = tensors["token_embd.weight"]
        self.embedding_transposed = self.embedding.T.contiguous()
        self.final_norm = tensors["output_norm.weight"]
        generator = torch.Generator().manual_seed(seed)
        self.layers = [
            frozen_layer(tensors, layer, configuration)
            for layer in range(configuration.num_hidden_layers)
        ]
        self.sparse = nn.ModuleList(SparseBlock(configuration) for _ in self.layers)
        for block, layer in zip(self.sparse, self.layers):
            block.start_from(layer, generator)

    def heads(self, layer, hidden, tables):
        """Rotated queries [T, 9, 64] and keys [T, 3, 64], and values [T, 3, 64]."""
        sizes = self.configuration
        normalized = RMSNorm.apply(hidden, layer.attention_norm, sizes.rms_norm_eps)
        fused = FrozenLinear.apply(
            normalized, layer.query_key_value, layer.query_key_value_transposed)
        fused = fused.view(len(hidden), -1, sizes.head_size)
        rotating = sizes.num_attention_heads + sizes.num_key_value_heads
        turned = Rotary.apply(fused[:, :rotating], *tables)
        queries, keys = turned.split((sizes.num_attention_heads, sizes.num_key_value_heads), dim=1)
        return queries, keys, fused[:, rotating:]

    def tree_attention(self, queries, keys, values, spans):
        """Attention of every tree of a batch, see `sequences.py`: -> [T, 576]."""
        keys = keys.repeat_interleave(self.configuration.group_size, dim=1)
        values = values.repeat_interleave(self.configuration.group_size, dim=1)
        queries, keys, values = (heads.transpose(0, 1) for heads in (queries, keys, values))
        pieces = []
        for span in spans:
            prefix = slice(span.start, span.prefix_end)
            pieces.append(attended(
                queries[:, prefix], keys[:, prefix], values[:, prefix], is_causal=True))
            for start, end, mask in span.groups:
                pieces.append(attended(
                    queries[:, start:end],
                    torch.cat((keys[:, prefix], keys[:, start:end]), dim=1),
                    torch.cat((values[:, prefix], values[:, start:end]), dim=1),
                    attn_mask=mask))
        return torch.cat(pieces)

    def feed_forward(self, index, hidden, groups, trace):
        """Shared and routed feed-forward of one layer, added to the residual stream."""
        layer, block = self.layers[index], self.sparse[index]
        inputs = RMSNorm.apply(hidden, layer.feed_forward_norm, self.configuration.rms_norm_eps)
        logits, experts, weights = block.route(inputs)
        trace.append(Routing(inputs, logits, experts, weights))
        if groups is not None:
            experts, weights = group_routing(groups, block.top_k)
        return hidden + FrozenSwiGLU.apply(inputs, layer) + block(inputs, experts, weights)

    def forward(self, batch, groups=None):
        """Hidden states after the last norm [T, H], and every layer's `Routing`.

        With `groups` [T] the routers are set aside and each token goes to its group's experts.
        """
        trace = []
        hidden = self.embedding[batch.ids]
        tables = rotary_tables(batch.positions, self.configuration)
        for index, layer in enumerate(self.layers):
            attention = self.tree_attention(*self.heads(layer, hidden, tables), batch.spans)
            hidden = hidden + FrozenLinear.apply(attention, layer.output, layer.output_transposed)
            hidden = self.feed_forward(index, hidden, groups, trace)
        normalized = RMSNorm.apply(hidden, self.final_norm, self.configuration.rms_norm_eps)
        return normalized, trace

    def logits(self, hidden):
        """Next-token logits through the tied embedding: [T, H] -> [T, vocabulary]."""
        return FrozenLinear.apply(hidden, self.embedding, self.embedding_transposed)


def attended(queries, keys, values, **mask):
    """Scaled dot-product attention: queries [9, T, 64], keys and values [9, S, 64] -> [T, 576]."""
    result = scaled_dot_product_attention(queries[None], keys[None], values[None], **mask)
    return result[0].transpose(0, 1).reshape(queries.shape[1], -1)
