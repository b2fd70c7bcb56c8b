"""Small SentencePiece models with the ids of Moshi's: 0 unknown (end of padding), 1 begin, 2 end, 3 padding."""

import io
from pathlib import Path

import sentencepiece

TEXT = Path(__file__).resolve().parents[1] / "demo-model/text.txt"


def train(vocabulary: int, byte_fallback: bool) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT.read_text().splitlines()),
        model_writer=model,
        model_type="unigram",
        vocab_size=vocabulary,
        byte_fallback=byte_fallback,
        character_coverage=1.0,
        normalization_rule_name="identity",
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=3,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()
