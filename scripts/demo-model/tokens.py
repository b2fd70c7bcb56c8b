"""Turns dialogues into what the language model learns from: tokens.py FOLDER [--dialogues 5000] [--seed 1]

FOLDER has the codec that ships and gets tokenizer.model and tokens/, a file for every hundred dialogues; those that are
there already stay as they are.
"""

import argparse
import functools
import io
import time
from pathlib import Path

import codec as mimi
import dialogues
import domain
import numpy as np
import sentencepiece
import torch
from dialogues import FRAME_SAMPLES, FRAMES, AgentSpeech, Dialogue, UserSpeech

END_OF_PAD, PAD = 0, 3
SHARD = 100
CODEBOOKS = 4
"""Of each voice: the codec's others add nothing that a recogniser would hear."""
HEARD_AFTER = 2
"""Frames from the end of a user's word until the training expects it to have been heard."""
LEAD_FRAMES, TAIL_FRAMES = 50, 2
"""Silence before a sentence of the model's that is encoded, and frames of its fading that belong to it."""


def train_tokenizer() -> bytes:
    """Every word of the language is a piece."""
    model = io.BytesIO()
    words = domain.words()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(words)] * 2),
        model_writer=model,
        model_type="word",
        vocab_size=len(words) + 4,
        normalization_rule_name="identity",
        unk_id=END_OF_PAD,
        bos_id=1,
        eos_id=2,
        pad_id=PAD,
        minloglevel=2,
    )
    return model.getvalue()


class Tokenization:
    def __init__(self, folder: Path):
        self.codec = mimi.load(folder)
        path = folder / "tokenizer.model"
        if not path.exists():
            path.write_bytes(train_tokenizer())
        self.text = sentencepiece.SentencePieceProcessor(str(path))
        self.words = {word: index for index, word in enumerate(domain.words(), start=1)}
        """Numbers of what can be heard; 0 is nothing."""
        self.silence = self.encode(np.zeros(LEAD_FRAMES * FRAME_SAMPLES, np.float32))[:, -1]

    def encode(self, pcm: np.ndarray) -> np.ndarray:
        """→ codes [codebooks, frames]."""
        return self.codec.encode(torch.from_numpy(pcm)[None, None])[0, :CODEBOOKS].numpy()

    @functools.cache  # noqa: B019
    def sentence(self, text: str) -> np.ndarray:
        """Codes of a sentence of the model's after silence: the same whenever it says it."""
        frames = dialogues.agent_frames(text)
        said = dialogues.agent_says(text).pcm[: frames * FRAME_SAMPLES]
        pcm = np.zeros((LEAD_FRAMES + frames + TAIL_FRAMES) * FRAME_SAMPLES, np.float32)
        pcm[LEAD_FRAMES * FRAME_SAMPLES :][: len(said)] = said
        return self.encode(pcm)[:, LEAD_FRAMES:]

    def tokens(self, dialogue: Dialogue) -> dict[str, np.ndarray]:
        """`text` [frames], `agent` and `user` [codebooks, frames], `heard` [frames]."""
        text, heard = np.full(FRAMES, PAD), np.zeros(FRAMES, int)
        agent = np.repeat(self.silence[:, None], FRAMES, 1)
        for speech in dialogue.agent:
            self.write(speech, text, agent)
        for speech in dialogue.user:
            self.listen(speech, heard)
        return {"text": text, "agent": agent, "user": self.encode(dialogue.pcm), "heard": heard}

    def write(self, speech: AgentSpeech, text: np.ndarray, agent: np.ndarray) -> None:
        said = dialogues.agent_says(speech.text)
        cut = speech.end < speech.start + dialogues.agent_frames(speech.text)
        end = min(FRAMES, speech.end + (0 if cut else TAIL_FRAMES))
        if end <= speech.start:
            return
        agent[:, speech.start : end] = self.sentence(speech.text)[:, : end - speech.start]
        starts, frame = dict(said.words), speech.start
        offset = 0
        for word in said.text.split():
            offset = said.text.index(word, offset)
            frame = max(frame, speech.start + starts.get(offset, 0) // FRAME_SAMPLES)
            if frame >= end:
                return
            [text[frame]] = self.text.encode(word.strip(","))
            if frame and text[frame - 1] == PAD:
                text[frame - 1] = END_OF_PAD
            frame, offset = frame + 1, offset + len(word)

    def listen(self, speech: UserSpeech, heard: np.ndarray) -> None:
        for end, word in speech.words:
            frame = end // FRAME_SAMPLES + HEARD_AFTER
            if frame < FRAMES:
                heard[frame] = self.words[word]


def write_shard(path: Path, tokenization: Tokenization, seed: int, indices: range) -> None:
    rows = [tokenization.tokens(dialogues.dialogue(seed, index)) for index in indices]
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(file, **{name: np.stack([row[name] for row in rows]).astype(np.int16) for name in rows[0]})
    partial.replace(path)


def read(folder: Path) -> dict[str, np.ndarray]:
    """All dialogues there are, each array [dialogues, …]."""
    shards = [np.load(path) for path in sorted((folder / "tokens").glob("*.npz"))]
    return {name: np.concatenate([shard[name] for shard in shards]) for name in shards[0].files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dialogues", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tokenization = Tokenization(arguments.folder)
    (arguments.folder / "tokens").mkdir(exist_ok=True)
    for first in range(0, arguments.dialogues, SHARD):
        path = arguments.folder / "tokens" / f"{first:06}.npz"
        if not path.exists():
            began = time.monotonic()
            write_shard(path, tokenization, arguments.seed, range(first, first + SHARD))
            left = (time.monotonic() - began) * (arguments.dialogues - first - SHARD) / SHARD / 60
            print(f"tokens: {first + SHARD} of {arguments.dialogues} dialogues, {left:.0f} min left", flush=True)


if __name__ == "__main__":
    main()
