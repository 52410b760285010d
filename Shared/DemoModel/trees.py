"""From texts to trees of token ids: the three kinds of training material."""

import json
import random
from pathlib import Path

import prompts
import textbooks
from generation import Prefix, greedy
from sequences import IGNORED, Piece, Tree, answered
from squad import CaseMaker, split

CHAT_PROMPTS = Path(__file__).with_name("chat-prompts.txt")
CHAT_BATCH = 40


def plain(ids):
    """A piece without a loss."""
    return Piece(ids, [IGNORED] * len(ids))


def thinned(ids, share, generator, first=0):
    """A piece with a next-token loss on a random share of the positions from `first` on.

    The 28-million-parameter head is a large part of a step's cost; a share of it teaches as well.
    """
    targets = [
        ids[position + 1] if position >= first and generator.random() < share else IGNORED
        for position in range(len(ids) - 1)
    ]
    return Piece(ids, targets + [IGNORED])


def case_tree(case, tokenizer):
    """A question-answering case as a tree: passages once, one branch per question."""
    prefix = tokenizer.encode(prompts.passages_prefix(case.passages)).ids
    branches = []
    for question, answer, number in case.questions:
        text = prompts.cited(answer, number) if number else prompts.REFUSAL
        branches.append(answered(
            tokenizer.encode(prompts.question_branch(question)).ids,
            tokenizer.encode(text + prompts.END).ids))
    return Tree(plain(prefix), branches)


def replayed_chats(model, tokenizer, path, token_count_max):
    """The untrained base's own greedy answers as (prompt ids, answer ids), made once and kept."""
    if not path.is_file():
        lines = CHAT_PROMPTS.read_text(encoding="utf-8").split("\n")
        asked = [tokenizer.encode(prompts.chat_prompt(line)).ids for line in lines if line]
        end = tokenizer.token_to_id(prompts.END)
        answers = []
        for start in range(0, len(asked), CHAT_BATCH):
            batch = asked[start:start + CHAT_BATCH]
            prefix = Prefix(model, batch[0][:1])  # every chat begins with <|im_start|>
            answers += greedy(
                model, prefix, [prompt[1:] for prompt in batch], token_count_max, end)
        ended = [answer + [end] * (len(answer) < token_count_max) for answer in answers]
        path.write_text(json.dumps(list(zip(asked, ended))), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


class Material:
    """Everything that can be trained on; draws are decided by (seed, stage, step) alone."""

    def __init__(self, plan, folder, tokenizer, chats):
        self.plan, self.tokenizer, self.chats = plan, tokenizer, chats
        self.sections = textbooks.training_sections(folder)
        self.cases = CaseMaker(split(folder)[0])

    def generator(self, stage, step):
        """The random numbers of one step."""
        return random.Random(f"{self.plan['seed']}/{stage['name']}/{step}")

    def discipline_trees(self, stage, step):
        """One block of every discipline group."""
        generator = self.generator(stage, step)
        return [
            self.textbook_tree(group, stage, generator) for group in range(len(self.sections))]

    def textbook_tree(self, group, stage, generator):
        """A block of text of one group, loss on a share of its positions."""
        ids = textbooks.block(
            self.sections[group], self.tokenizer, generator, stage["block_tokens"])
        return Tree(thinned(ids, stage["block_loss_share"], generator), [], group)

    def chat_tree(self, stage, generator):
        """A chat with the base's own answer, loss on a share of the answer."""
        prompt, answer = generator.choice(self.chats)
        piece = thinned(
            prompt + answer, stage["chat_loss_share"], generator, first=len(prompt) - 1)
        return Tree(piece)

    def mixed_trees(self, stage, step):
        """Trees of all kinds by the stage's shares, until the step has its tokens.

        Refusals become more frequent while the rate decays: asked for too early, they are learnt
        before the answers are and given where an answer was due.
        """
        generator = self.generator(stage, step)
        decayed = max(0.0, 1 - (stage["steps"] - step) / stage["decay_steps"])
        first, last = stage["refusal_share"]
        refusal_share = first + (last - first) * decayed
        trees = []
        while sum(tree.token_count for tree in trees) < stage["step_tokens"]:
            kind = generator.choices(("squad", "textbook", "chat"), stage["mixture"])[0]
            if kind == "squad":
                case = self.cases.case(generator, stage["squad"], refusal_share)
                trees.append(case_tree(case, self.tokenizer))
            elif kind == "textbook":
                group = generator.randrange(len(self.sections))
                trees.append(self.textbook_tree(group, stage, generator))
            else:
                trees.append(self.chat_tree(stage, generator))
        return trees
