"""Tests of the recipe's arithmetic: python -m unittest (needs requirements.txt, no data, no base).

Gradients are compared with finite differences in double precision; a tree's branches with the
plain prompts they stand for.
"""

import unittest
from types import SimpleNamespace

import torch
from tokenizers import Tokenizer, decoders, models
from torch.autograd import gradcheck
from torch.nn.functional import silu

import operators
from base import Configuration, base_path, cut_digits_singly, load_tokenizer
from generation import Prefix, Prompts
from model import UpcycledModel, group_routing
from sequences import IGNORED, Piece, Tree, packed

SIZES = Configuration(
    hidden_size=128, num_hidden_layers=3, num_attention_heads=2, num_key_value_heads=1,
    shared_intermediate_size=256, vocab_size=50, intermediate_size=8,
    num_local_experts=8, num_experts_per_tok=2)


def doubles(*shape):
    """Random doubles that want a gradient."""
    return torch.randn(*shape, dtype=torch.double, requires_grad=True)


def tiny_base(sizes):
    """Random tensors under the base's GGUF names."""
    keys = sizes.num_key_value_heads * sizes.head_size
    width, hidden = sizes.shared_intermediate_size, sizes.hidden_size
    shapes = {
        "attn_norm": (hidden,), "ffn_norm": (hidden,), "attn_output": (hidden, hidden),
        "attn_q": (hidden, hidden), "attn_k": (keys, hidden), "attn_v": (keys, hidden),
        "ffn_gate": (width, hidden), "ffn_up": (width, hidden), "ffn_down": (hidden, width),
    }
    tensors = {
        f"blk.{layer}.{name}.weight": torch.randn(shape) * 0.1
        for layer in range(sizes.num_hidden_layers) for name, shape in shapes.items()}
    tensors["token_embd.weight"] = torch.randn(sizes.vocab_size, hidden)
    tensors["output_norm.weight"] = torch.ones(hidden)
    return tensors


def tiny_model():
    """A small model whose experts do something."""
    torch.manual_seed(3)
    model = UpcycledModel(tiny_base(SIZES), SIZES, seed=5).requires_grad_(False)
    for block in model.sparse:
        block.down.normal_(std=0.3)
    return model


def piece(*ids):
    """Tokens without a loss."""
    return Piece(list(ids), [IGNORED] * len(ids))


class OperatorTests(unittest.TestCase):
    """Every hand-written gradient against finite differences."""

    def setUp(self):
        torch.manual_seed(1)

    def test_norm(self):
        weight = torch.rand(8, dtype=torch.double)
        self.assertTrue(gradcheck(
            lambda inputs: operators.RMSNorm.apply(inputs, weight, 1e-5), (doubles(5, 8),)))

    def test_shared_feed_forward(self):
        gate_up, down = doubles(8, 6).detach(), doubles(6, 4).detach()
        weights = SimpleNamespace(
            gate_up=gate_up, gate_up_transposed=gate_up.T, down=down, down_transposed=down.T,
            width=4)
        self.assertTrue(gradcheck(
            lambda inputs: operators.FrozenSwiGLU.apply(inputs, weights), (doubles(5, 6),)))

    def test_rotary(self):
        angle = torch.rand(3, 1, 4, dtype=torch.double)
        self.assertTrue(gradcheck(
            lambda heads: operators.Rotary.apply(heads, angle.cos(), angle.sin()),
            (doubles(3, 2, 8),)))

    def test_routed_experts(self):
        experts = torch.stack([torch.randperm(5)[:2] for _ in range(7)])  # expert 5 has no rows
        values = doubles(7, 6), doubles(7, 2), doubles(6, 8, 6), doubles(6, 6, 4)

        def routed(inputs, weights, gate_up, down):
            return operators.RoutedExperts.apply(inputs, weights, experts, gate_up, down)

        self.assertTrue(gradcheck(routed, values))
        inputs, weights, gate_up, down = values
        expected = torch.stack([
            sum(
                weights[row, choice] * down[expert]
                @ (silu(gate_up[expert, :4] @ inputs[row]) * (gate_up[expert, 4:] @ inputs[row]))
                for choice, expert in enumerate(experts[row].tolist()))
            for row in range(7)])
        torch.testing.assert_close(routed(*values), expected)


class ModelTests(unittest.TestCase):
    """Trees, fixed routing and the cache against the plain forward pass."""

    def test_branch_equals_plain_prompt(self):
        model, tree = tiny_model(), Tree(piece(1, 2, 3, 4), [piece(5, 6), piece(7, 8, 9)])
        hidden, _ = model(packed([tree, tree]))
        plain, _ = model(packed([Tree(piece(1, 2, 3, 4, 7, 8, 9))]))
        torch.testing.assert_close(hidden[6:9], plain[4:], atol=1e-4, rtol=1e-4)

    def test_cache_equals_plain_prompt(self):
        model = tiny_model()
        state = Prompts(model, Prefix(model, [1, 2, 3]), [[4], [5, 6, 7]])
        state.read()
        logits = state.append(torch.tensor([8, 9]))
        for row, ids in ((0, [1, 2, 3, 4, 8]), (1, [1, 2, 3, 5, 6, 7, 9])):
            hidden, _ = model(packed([Tree(piece(*ids))]))
            torch.testing.assert_close(
                logits[row], model.logits(hidden[-1:])[0], atol=1e-3, rtol=1e-4)

    def test_slices_of_a_wide_expert_equal_the_wide_expert(self):
        model, inputs = tiny_model(), torch.randn(5, 128)
        block = model.sparse[0]
        experts, weights = group_routing(torch.full((5,), 2), top_k=2)
        gate_up = block.gate_up[4:6]
        gate, up = gate_up[:, :8].reshape(16, -1), gate_up[:, 8:].reshape(16, -1)
        down = torch.cat((block.down[4], block.down[5]), dim=1)
        wide = (silu(inputs @ gate.T) * (inputs @ up.T)) @ down.T / 2
        torch.testing.assert_close(block(inputs, experts, weights), wide, atol=1e-4, rtol=1e-4)


class TokenizerTests(unittest.TestCase):
    """The base's digit rule, which the conversion from GGUF drops."""

    def test_a_merge_of_two_digits_is_never_used(self):
        vocabulary = {token: number for number, token in enumerate(["1", "9", "a", "19", "a1"])}
        tokenizer = Tokenizer(models.BPE(vocabulary, [("1", "9"), ("a", "1")]))
        tokenizer.decoder = decoders.ByteLevel()
        self.assertEqual(tokenizer.encode("19").tokens, ["19"])
        cut_digits_singly(tokenizer)
        self.assertEqual(tokenizer.encode("19a19").tokens, ["1", "9", "a", "1", "9"])

    @unittest.skipUnless(base_path().is_file(), "the base is not fetched")
    def test_the_base_reads_a_year_digit_by_digit(self):
        tokens = load_tokenizer().encode("in 1973, 25%").tokens
        self.assertEqual([t for t in tokens if any(map(str.isdigit, t))], list("197325"))


if __name__ == "__main__":
    unittest.main()
