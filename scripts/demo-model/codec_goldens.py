"""What the training's codec makes of sentences that it has not been trained on, for the test that Rust's does the same:
codec_goldens.py FOLDER OUT

FOLDER has the codec; OUT gets speech.wav, and codes.txt with a line a frame.
"""

import argparse
import sys
from pathlib import Path

import codec as mimi
import dialogues
import domain
import numpy as np
import torch
from dialogues import FRAME_SAMPLES
from evaluate import SEED, read_wav, user_says, write_wav

SENTENCES = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    codec, random = mimi.load(arguments.folder), np.random.default_rng([SEED, 4])
    turns = domain.Turns(held_out=True)
    said = [user_says(turns.draw(random).text, random) for _ in range(SENTENCES)]
    pcm = np.concatenate([*said, dialogues.agent_says(domain.PROMPT).pcm])
    path = arguments.out / "speech.wav"
    write_wav(path, pcm[: len(pcm) // FRAME_SAMPLES * FRAME_SAMPLES])
    heard = torch.from_numpy(read_wav(path))[None, None]
    codes = codec.encode(heard)
    if (codes != codec.encode(heard * (1 + 1e-5))).any():
        sys.exit("a token is so near a tie that it proves nothing; take other sentences")
    np.savetxt(arguments.out / "codes.txt", codes[0].T.numpy(), fmt="%d")
    print(f"{codes.shape[2]} frames")


if __name__ == "__main__":
    main()
