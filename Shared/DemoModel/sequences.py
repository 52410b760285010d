"""What the model is trained on: trees of token ids that share a prefix.

A tree is a prefix (passages) and branches (question and answer). Each branch sees the prefix and
itself, at positions that continue from the prefix, so that it computes exactly what the prompt
"prefix + branch" would; the prefix is computed once. A plain text is a tree without branches.
"""

from dataclasses import dataclass, field

import torch

IGNORED = -100  # target of a position without a loss, as in torch.nn.functional.cross_entropy
BRANCH_GROUP_TOKENS_MAX = 160  # branches attended together; longer groups waste masked products


@dataclass
class Piece:
    """A run of tokens, and for each position the token to be predicted there or `IGNORED`."""

    ids: list
    targets: list


@dataclass
class Tree:
    """A shared prefix and its branches; `group` is the discipline group of a textbook text."""

    prefix: Piece
    branches: list = field(default_factory=list)
    group: int = -1

    @property
    def token_count(self):
        """Tokens computed for this tree."""
        return len(self.prefix.ids) + sum(len(branch.ids) for branch in self.branches)


@dataclass
class Span:
    """Where a tree lies in a batch: the prefix, then groups of branches with their masks.

    Each group is (start, end, mask [group length, prefix length + group length], True = visible).
    """

    start: int
    prefix_end: int
    groups: list


@dataclass
class Batch:
    """Trees laid end to end: ids, positions, targets and groups are [T]."""

    ids: torch.Tensor
    positions: torch.Tensor
    targets: torch.Tensor
    groups: torch.Tensor
    spans: list


def answered(prompt_ids, answer_ids):
    """A piece whose loss falls on the answer's tokens only."""
    targets = [IGNORED] * (len(prompt_ids) - 1) + answer_ids + [IGNORED]
    return Piece(prompt_ids + answer_ids, targets)


def branch_groups(branches):
    """Consecutive branches gathered up to `BRANCH_GROUP_TOKENS_MAX` tokens."""
    gathered, count = [], 0
    for branch in branches:
        if gathered and count + len(branch.ids) > BRANCH_GROUP_TOKENS_MAX:
            yield gathered
            gathered, count = [], 0
        gathered.append(branch)
        count += len(branch.ids)
    if gathered:
        yield gathered


def visible(prefix_length, lengths):
    """Mask of a group of branches: all of the prefix, then causal within each branch."""
    total = sum(lengths)
    mask = torch.zeros(total, prefix_length + total, dtype=torch.bool)
    mask[:, :prefix_length] = True
    start = 0
    for length in lengths:
        own = slice(prefix_length + start, prefix_length + start + length)
        mask[start:start + length, own] = torch.ones(length, length, dtype=torch.bool).tril()
        start += length
    return mask


def packed(trees):
    """Lay trees end to end."""
    ids, positions, targets, groups, spans = [], [], [], [], []
    for tree in trees:
        start, prefix_length = len(ids), len(tree.prefix.ids)
        span = Span(start, start + prefix_length, [])
        ids += tree.prefix.ids
        positions += range(prefix_length)
        targets += tree.prefix.targets
        for gathered in branch_groups(tree.branches):
            group_start = len(ids)
            for branch in gathered:
                ids += branch.ids
                positions += range(prefix_length, prefix_length + len(branch.ids))
                targets += branch.targets
            mask = visible(prefix_length, [len(branch.ids) for branch in gathered])
            span.groups.append((group_start, len(ids), mask))
        groups += [tree.group] * tree.token_count
        spans.append(span)
    tensors = (torch.tensor(values) for values in (ids, positions, targets, groups))
    return Batch(*tensors, spans)
