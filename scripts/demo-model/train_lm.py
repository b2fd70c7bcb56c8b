"""Trains the language model on tokens: train_lm.py FOLDER [--steps 6000] [--seed 1]

FOLDER has what tokens.py makes. Goes on from the checkpoint there, if there is one. Writes config.json and
model.safetensors, in bfloat16.
"""

import argparse
import time
from pathlib import Path

import checkpoints
import domain
import lm
import numpy as np
import safetensors.torch
import tokens
import torch
import torch.nn.functional as F
from codec import rotation
from torch import Tensor, nn

BATCH = 8
RATE, WARM_UP, DECAY_FROM = 2e-3, 200, 0.2
DROPPED = 0.04
"""Share of the tokens that are read as others: a token that the model itself has drawn can be wrong, too."""
SILENT_WEIGHT = 0.5
"""Of the text where the model says nothing, which is most of the time. Much less would have it speak out of turn."""
SILENT_SHARE = 0.1
"""Of these frames' voice so much is learnt at a step."""
UNHEARD_WEIGHT = 0.1
"""Of what is heard where no word of the user's ends."""
SEMANTIC_WEIGHT, ACOUSTIC_WEIGHT, HEARD_WEIGHT = 1.0, 0.5, 1.0
HELD_OUT = 50
"""Dialogues at the end that are not trained on, to see what is learnt by heart."""


class Training:
    def __init__(self, folder: Path, steps: int, seed: int):
        self.folder, self.steps, self.seed = folder, steps, seed
        torch.manual_seed(seed)
        self.data = {name: torch.from_numpy(array.astype(np.int64)) for name, array in tokens.read(folder).items()}
        self.count = len(self.data["text"]) - HELD_OUT
        self.model = lm.Lm()
        self.heard_head = nn.Linear(lm.CONFIG["dim"], len(domain.words()) + 1)
        self.parameters = [*self.model.parameters(), *self.heard_head.parameters()]
        matrices = [p for p in self.parameters if p.dim() > 1 and p.shape[-1] > 1]
        others = [p for p in self.parameters if p.dim() <= 1 or p.shape[-1] == 1]
        groups = [{"params": matrices, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98))
        self.step, self.seconds = 0, 0.0

    def state(self) -> dict:
        return {
            "step": self.step,
            "seconds": self.seconds,
            "model": self.model.state_dict(),
            "heard": self.heard_head.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }

    def restore(self, state: dict) -> None:
        self.step, self.seconds = state["step"], state["seconds"]
        self.model.load_state_dict(state["model"])
        self.heard_head.load_state_dict(state["heard"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])

    def rows(self) -> Tensor:
        """The dialogues of this step: every epoch has all of them once, in an order of its own."""
        epoch, place = divmod(self.step * BATCH, self.count - self.count % BATCH)
        order = np.random.default_rng([self.seed, 3, epoch]).permutation(self.count)
        return torch.from_numpy(order[place : place + BATCH])

    def losses(self, rows: Tensor, dropped: float) -> dict[str, Tensor]:
        text, agent, user, heard = (self.data[name][rows] for name in ("text", "agent", "user", "heard"))
        wanted = lm.delayed(agent, lm.DELAYS[: lm.DEP_Q])
        audio = torch.cat([wanted, lm.delayed(user, lm.DELAYS[lm.DEP_Q :])], 1)
        read = lm.before(replaced(audio, lm.CARD, dropped), lm.CARD)
        read_text = lm.before(replaced(text, tokens.PAD + 1, dropped), lm.CONFIG["text_card"])
        steps = text.shape[1]
        rope = rotation(steps, lm.CONFIG["dim"] // lm.CONFIG["num_heads"])
        with torch.autocast("cpu", torch.bfloat16):
            out = self.model(read_text, read, rope, lm.mask(steps))
            text_logits, heard_logits = self.model.text_linear(out), self.heard_head(out)
        silent = (agent == agent[:, :, :1]).all(1) & (text == tokens.PAD)
        weight = torch.where(silent, SILENT_WEIGHT, 1.0)
        text_loss = F.cross_entropy(text_logits.float().flatten(0, 1), text.flatten(), reduction="none")
        heard_weight = torch.where(heard == 0, UNHEARD_WEIGHT, 1.0).flatten()
        heard_loss = F.cross_entropy(heard_logits.float().flatten(0, 1), heard.flatten(), reduction="none")

        # With its delays a step tells something of the frame before, too.
        silent = silent & lm.before(silent, 1)
        learnt = ~silent | (torch.rand(silent.shape) < SILENT_SHARE)
        learnt[:, 0] = False  # What the delays put there is the initial token.
        targets = wanted.transpose(1, 2)[learnt]
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model.depformer(out[learnt], torch.cat([text[learnt][:, None], targets[:, :-1]], 1))
        each = F.cross_entropy(logits.float().flatten(0, 1), targets.T.flatten(), reduction="none").view(lm.DEP_Q, -1)
        return {
            "text": (text_loss * weight.flatten()).sum() / weight.sum(),
            "semantic": each[0].mean(),
            "acoustic": each[1:].mean(),
            "heard": (heard_loss * heard_weight).sum() / heard_weight.sum(),
        }

    def learn(self) -> dict[str, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = checkpoints.rate(RATE, self.step, self.steps, WARM_UP, DECAY_FROM)
        losses = self.losses(self.rows(), DROPPED)
        loss = losses["text"] + SEMANTIC_WEIGHT * losses["semantic"] + ACOUSTIC_WEIGHT * losses["acoustic"]
        loss = loss + HEARD_WEIGHT * losses["heard"]
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        return losses

    @torch.no_grad()
    def held_out(self) -> str:
        parts = [self.losses(torch.arange(self.count + i, self.count + i + 10), 0.0) for i in range(0, HELD_OUT, 10)]
        return ", ".join(f"{name} {torch.stack([part[name] for part in parts]).mean():.3f}" for name in parts[0])

    def run(self) -> None:
        checkpoint = checkpoints.Checkpoint(self.folder / "lm.pt")
        if (state := checkpoint.load()) is not None:
            self.restore(state)
        progress = checkpoints.Progress("lm", self.step, self.steps)
        while self.step < self.steps:
            began = time.monotonic()
            losses = self.learn()
            self.step, self.seconds = self.step + 1, self.seconds + time.monotonic() - began
            progress.add(tuple(loss.item() for loss in losses.values()), tuple(losses))
            if self.step == self.steps or checkpoint.due():
                checkpoint.save(self.state())
                self.export()
                print(f"lm: step {self.step}, held out: {self.held_out()}", flush=True)
        self.export()

    def export(self) -> None:
        tensors = {name: tensor.bfloat16() for name, tensor in lm.mlx_layout(self.model).items()}
        safetensors.torch.save_file(tensors, self.folder / "model.safetensors")
        lm.write_config(self.folder)


def replaced(values: Tensor, below: int, share: float) -> Tensor:
    """Some tokens by chance ones below a number."""
    if share == 0:
        return values
    return torch.where(torch.rand(values.shape) < share, torch.randint_like(values, below), values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    Training(arguments.folder, arguments.steps, arguments.seed).run()


if __name__ == "__main__":
    main()
