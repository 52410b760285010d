#!/usr/bin/env python3
"""Train the demo model's experts by the stages of plan.json.

    python train.py --data ../../../shared/data --out DIR [--cache DIR] [--resume]

DIR receives `checkpoint.pt` (written whole, then renamed), `chats.json` and `log.jsonl`. The
schedule counts steps, not seconds, and every draw depends on (seed, stage, step) only: a run that
was interrupted and resumed sees the same material as one that was not.
"""

import argparse
import json
import os
import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from base import Configuration, base_path, load_base, load_tokenizer
from fetch import default_cache
from model import UpcycledModel
from sequences import IGNORED, packed
from trees import Material, replayed_chats

PLAN = Path(__file__).with_name("plan.json")


def rate_factor(step, stage):
    """Share of the peak rate: linear warm-up, a plateau, linear decay to zero at the end.

    The plateau does not depend on the number of steps, so a stage can be lengthened or cut short
    until its decay begins and the plan still describes the whole run.
    """
    warm = (step + 1) / stage["warmup_steps"]
    return min(warm, 1.0, (stage["steps"] - step) / stage["decay_steps"])


def optimizer_for(model, stage, plan):
    """AdamW over what the stage trains; the down projections start at zero and learn faster."""
    trained = model.sparse[stage["trained_from_layer"]:]
    model.requires_grad_(False)
    routers = [block.router.requires_grad_() for block in trained]
    groups = [{"params": routers, "peak": stage["rate"], "weight_decay": 0.0}]
    if stage["kind"] != "router":
        inner = [block.gate_up.requires_grad_() for block in trained]
        outer = [block.down.requires_grad_() for block in trained]
        groups += [
            {"params": inner, "peak": stage["rate"], "weight_decay": plan["weight_decay"]},
            {"params": outer, "peak": stage["down_rate"], "weight_decay": plan["weight_decay"]},
        ]
    return torch.optim.AdamW(groups, lr=0.0, betas=tuple(plan["betas"]), fused=True)


def balance_loss(trace):
    """Mean over layers of E · Σ_e share_e · probability_e (Fedus et al. 2021, equation 4)."""
    losses = []
    for routing in trace:
        expert_count = routing.logits.shape[1]
        counts = torch.bincount(routing.experts.reshape(-1), minlength=expert_count)
        share = counts / routing.experts.numel()
        losses.append(expert_count * (share * routing.logits.softmax(-1).mean(0)).sum())
    return torch.stack(losses).mean()


def language_loss(model, hidden, targets):
    """Cross-entropy at the positions that have a target; the head is computed only there."""
    chosen = targets != IGNORED
    return cross_entropy(model.logits(hidden[chosen]), targets[chosen])


def induction_losses(model, material, stage, step, plan):
    """Stage 1: each group's experts learn to model its texts, routers set aside."""
    batch = packed(material.discipline_trees(stage, step))
    hidden, _ = model(batch, groups=batch.groups)
    return len(batch.ids), language_loss(model, hidden, batch.targets), None


def router_losses(model, material, stage, step, plan):
    """Stage 3: every router learns to find a token's group, −log Σ_(experts of the group) p.

    The experts do not move and the routers' inputs do not depend on them, so no gradient has to
    pass through the model.
    """
    batch = packed(material.discipline_trees(stage, step))
    with torch.no_grad():
        _, trace = model(batch, groups=batch.groups)
    losses = []
    for routing, block in zip(trace, model.sparse):
        logits = routing.inputs @ block.router.T
        by_group = logits.softmax(-1).view(len(logits), -1, block.top_k).sum(-1)
        losses.append(by_group.log().gather(1, batch.groups[:, None]).mean())
    return len(batch.ids), -torch.stack(losses).mean(), None


def joint_losses(model, material, stage, step, plan):
    """Stage 4: experts and routers together on questions, textbooks and chats."""
    batch = packed(material.mixed_trees(stage, step))
    hidden, trace = model(batch)
    balance = balance_loss(trace[stage["trained_from_layer"]:])
    return len(batch.ids), language_loss(model, hidden, batch.targets), balance


LOSSES = {"induction": induction_losses, "router": router_losses, "joint": joint_losses}


def take_step(model, optimizer, material, stage, step, plan):
    """One optimizer step; returns what the log keeps of it."""
    started = time.perf_counter()
    count, loss, balance = LOSSES[stage["kind"]](model, material, stage, step, plan)
    total = loss if balance is None else loss + plan["balance_weight"] * balance
    total.backward()
    trained = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(trained, plan["gradient_norm_max"])
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * rate_factor(step, stage)
    if torch.isfinite(norm):
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return {
        "stage": stage["name"], "step": step, "loss": round(loss.item(), 4),
        "balance": None if balance is None else round(balance.item(), 4),
        "norm": round(norm.item(), 3), "tokens": count,
        "seconds": round(time.perf_counter() - started, 2),
    }


def save(path, model, optimizer, stage_index, step):
    """Write a checkpoint beside its final name, then rename."""
    partial = path.with_suffix(".partial")
    torch.save({
        "model": model.state_dict(), "optimizer": optimizer.state_dict(),
        "stage": stage_index, "step": step,
    }, partial)
    os.replace(partial, path)


def train(model, material, plan, out, resumed):
    """Run the stages from where the checkpoint left off."""
    first_stage, first_step = (resumed["stage"], resumed["step"]) if resumed else (0, 0)
    with open(out / "log.jsonl", "a", encoding="utf-8") as log:
        for index, stage in enumerate(plan["stages"][first_stage:], first_stage):
            optimizer = optimizer_for(model, stage, plan)
            if resumed and index == first_stage and first_step:
                optimizer.load_state_dict(resumed["optimizer"])
            start = first_step if index == first_stage else 0
            for step in range(start, stage["steps"]):
                record = take_step(model, optimizer, material, stage, step, plan)
                print(json.dumps(record), file=log, flush=True)
                if (step + 1) % plan["checkpoint_steps"] == 0:
                    save(out / "checkpoint.pt", model, optimizer, index, step + 1)
            save(out / "checkpoint.pt", model, optimizer, index + 1, 0)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the data folder (squad/, text/)")
    parser.add_argument("--out", type=Path, required=True, help="where the run keeps its files")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="see fetch.py")
    parser.add_argument("--plan", type=Path, default=PLAN, help="the schedule")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser.parse_args()


def main():
    """Load everything, then train."""
    options = arguments()
    plan = json.loads(options.plan.read_text(encoding="utf-8"))
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    torch.set_flush_denormal(True)
    options.out.mkdir(parents=True, exist_ok=True)
    configuration = Configuration()
    model = UpcycledModel(
        load_base(base_path(options.cache), configuration), configuration, plan["seed"])
    tokenizer = load_tokenizer(options.cache)
    chats = replayed_chats(
        model, tokenizer, options.out / "chats.json", plan["chat_answer_tokens_max"])
    resumed = None
    if options.resume:
        resumed = torch.load(options.out / "checkpoint.pt", weights_only=True)
        model.load_state_dict(resumed["model"])
    train(model, Material(plan, options.data, tokenizer, chats), plan, options.out, resumed)


if __name__ == "__main__":
    main()
