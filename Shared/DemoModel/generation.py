"""Greedy continuation of many prompts that share a prefix, with a key/value cache.

B prompts, L new tokens of each, P prefix tokens, S cached tokens of each prompt's own.
"""

import torch

from model import attended, rotary_tables
from operators import FrozenLinear, RMSNorm


class Prefix:
    """Keys and values [3, P, 64] of every layer for a prefix that several prompts share."""

    @torch.no_grad()
    def __init__(self, model, ids):
        self.length = len(ids)
        self.layers = []
        hidden = model.embedding[torch.tensor(ids, dtype=torch.long)]
        tables = rotary_tables(torch.arange(self.length), model.configuration)
        group = model.configuration.group_size
        for index, layer in enumerate(model.layers):
            queries, keys, values = (
                heads.transpose(0, 1) for heads in model.heads(layer, hidden, tables))
            self.layers.append((keys, values))
            attention = attended(
                queries, keys.repeat_interleave(group, 0), values.repeat_interleave(group, 0),
                is_causal=True)
            hidden = hidden + FrozenLinear.apply(attention, layer.output, layer.output_transposed)
            hidden = model.feed_forward(index, hidden, None, [])


def joint_attention(queries, prefix, keys, values, mask):
    """Attention over a shared prefix and each prompt's own tokens.

    queries [B, L, 9, 64]; prefix ([3, P, 64], [3, P, 64]); keys and values [B, S, 3, 64];
    mask [B, L, S], True = visible -> [B·L, 576]
    """
    batch, length, heads, size = queries.shape
    prefix_keys, prefix_values = prefix
    groups, prefix_length, _ = prefix_keys.shape
    share = heads // groups
    queries = queries.view(batch, length, groups, share, size).permute(2, 0, 1, 3, 4)
    queries = queries.reshape(groups, -1, size) * size**-0.5
    shape = (groups, batch, length * share)
    to_prefix = (queries @ prefix_keys.transpose(1, 2)).view(*shape, prefix_length)
    to_own = queries.view(*shape, size) @ keys.permute(2, 0, 3, 1)
    to_own = to_own.masked_fill(~mask.repeat_interleave(share, 1), float("-inf"))
    weights = torch.cat((to_prefix, to_own), dim=-1).softmax(-1)
    from_prefix = weights[..., :prefix_length].reshape(groups, -1, prefix_length) @ prefix_values
    from_own = weights[..., prefix_length:] @ values.permute(2, 0, 1, 3)
    result = from_prefix.view(*shape, size) + from_own
    result = result.view(groups, batch, length, share, size).permute(1, 2, 0, 3, 4)
    return result.reshape(batch * length, heads * size)


class Prompts:
    """Prompts after a prefix, padded on the right to one length; tokens are appended to all."""

    def __init__(self, model, prefix, prompts):
        self.model, self.prefix = model, prefix
        self.lengths = torch.tensor([len(prompt) for prompt in prompts])
        self.caches = [None] * len(model.layers)
        self.shown = torch.empty(len(prompts), 0, dtype=torch.bool)
        self.prompts = prompts

    @torch.no_grad()
    def read(self):
        """Logits [B, vocabulary] after each prompt's last token."""
        longest = int(self.lengths.max())
        ids = torch.tensor([prompt + [0] * (longest - len(prompt)) for prompt in self.prompts])
        self.shown = torch.arange(longest) < self.lengths[:, None]
        mask = torch.ones(longest, longest, dtype=torch.bool).tril().expand(len(ids), -1, -1)
        positions = self.prefix.length + torch.arange(longest).expand_as(ids)
        hidden = self.run(ids, positions, mask)
        return self.model.logits(hidden[torch.arange(len(ids)), self.lengths - 1])

    @torch.no_grad()
    def append(self, tokens):
        """Logits [B, vocabulary] after one more token [B] of each prompt."""
        positions = (self.prefix.length + self.lengths)[:, None]
        self.lengths = self.lengths + 1
        self.shown = torch.cat((self.shown, torch.ones(len(tokens), 1, dtype=torch.bool)), 1)
        return self.model.logits(self.run(tokens[:, None], positions, self.shown[:, None])[:, 0])

    def run(self, ids, positions, mask):
        """Hidden states [B, L, 576] of new tokens, whose keys and values join the caches."""
        model, (batch, length) = self.model, ids.shape
        hidden = model.embedding[ids.reshape(-1)]
        tables = rotary_tables(positions.reshape(-1), model.configuration)
        for index, layer in enumerate(model.layers):
            queries, *new = (
                heads.view(batch, length, -1, 64) for heads in model.heads(layer, hidden, tables))
            keys, values = self.extended(index, new)
            attention = joint_attention(
                queries, self.prefix.layers[index], keys, values, mask)
            hidden = hidden + FrozenLinear.apply(attention, layer.output, layer.output_transposed)
            hidden = model.feed_forward(index, hidden, None, [])
        hidden = RMSNorm.apply(hidden, model.final_norm, model.configuration.rms_norm_eps)
        return hidden.view(batch, length, -1)

    def extended(self, index, new):
        """A layer's cached keys and values with the new ones behind them."""
        old = self.caches[index]
        joined = new if old is None else [torch.cat(pair, 1) for pair in zip(old, new)]
        self.caches[index] = joined
        return joined


def greedy(model, prefix, prompts, limit, end, first_bias=None):
    """The most likely continuations, at most `limit` tokens each, without the end token.

    `first_bias` = (token, value) is added to that token's logit for the first token only.
    """
    state = Prompts(model, prefix, prompts)
    logits = state.read()
    if first_bias is not None:
        logits[:, first_bias[0]] += first_bias[1]
    answers, running = [[] for _ in prompts], set(range(len(prompts)))
    for _ in range(limit):
        tokens = logits.argmax(-1)
        for row in sorted(running):
            if tokens[row] == end:
                running.discard(row)
            else:
                answers[row].append(int(tokens[row]))
        if not running:
            break
        logits = state.append(tokens)
    return answers
