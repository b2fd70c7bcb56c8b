"""Goldens of the tokenizer: a small SentencePiece model with byte pieces, and what SentencePiece says of it.

python tokenizer.py         # everything under cli/src/test/resources/tokenizer
"""

import json
from importlib.metadata import version
from pathlib import Path

import sentencepiece

RESOURCES = Path(__file__).parents[2] / "cli/src/test/resources/tokenizer"
# The characters outside ASCII get pieces of their own; those in TEXTS that are not here are spelt in bytes.
CORPUS = [
    "the harbour is not far from here, and the road is easy to find",
    "would you tell me, please, how far it is to the harbour?",
    "good morning, how are you today? I am well, thank you.",
    "un café crème, s'il vous plaît 😀 merci beaucoup 😀",
]
TEXTS = [
    "how are you today?",
    "café crème, please",
    "😀 good morning 😀",
    "日本語 and 한국어",
    "👩‍🚀 and 🇫🇷 and 😀🚀😀",
    "line\nbreak and\ttab",
    "naïve coöperation, Ελληνικά, кириллица, עברית",
]
# To be cut into pieces: what normalisers change, what stands in no piece, and what a user would write.
SPOKEN = [
    *TEXTS,
    "",
    " ",
    "  two   spaces  ",
    "<system> You are a wise and friendly teacher. <system>",
    "a <laugh> in the<laugh><laugh>harbour",
    "ﬁne ½ ｆｕｌｌ Ⅳ cafe\u0301 \u3000 wide\u00a0space, tab\tand\nline",
    "zzz QQQ 12345 ~~~",
]
KINDS = {
    "UNKNOWN": sentencepiece.SentencePieceProcessor.is_unknown,
    "CONTROL": sentencepiece.SentencePieceProcessor.is_control,
    "UNUSED": sentencepiece.SentencePieceProcessor.is_unused,
    "BYTE": sentencepiece.SentencePieceProcessor.is_byte,
}


def train(path: Path, **options) -> None:
    """The special ids are Moshi's: 0 unknown, 1 start, 2 end, 3 padding."""
    with path.open("wb") as model:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS * 50),
            model_writer=model,
            model_type="unigram",
            vocab_size=400,
            hard_vocab_limit=False,
            character_coverage=1.0,
            user_defined_symbols=["<laugh>"],
            pad_id=3,
            num_threads=1,
            minloglevel=2,
            **options,
        )


def encoded(path: Path) -> list[dict]:
    processor = sentencepiece.SentencePieceProcessor(str(path))
    return [{"text": text, "tokens": processor.encode(text)} for text in SPOKEN]


def main() -> None:
    RESOURCES.mkdir(parents=True, exist_ok=True)
    path = RESOURCES / "tokenizer.model"
    train(path, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False)
    # SentencePiece's own usual way: characters are replaced by a table in the file, and no bytes.
    train(RESOURCES / "nfkc.model", normalization_rule_name="nmt_nfkc")
    processor = sentencepiece.SentencePieceProcessor(str(path))
    ids = range(processor.vocab_size())
    goldens = {
        "sentencepiece": version("sentencepiece"),
        "pieces": [processor.id_to_piece(i) for i in ids],
        "kinds": {kind: [i for i in ids if test(processor, i)] for kind, test in KINDS.items()},
        "texts": [{"tokens": tokens, "decoded": processor.decode(tokens)} for tokens in map(processor.encode, TEXTS)],
        "encoded": {name: encoded(RESOURCES / name) for name in ("tokenizer.model", "nfkc.model")},
    }
    (RESOURCES / "goldens.json").write_text(json.dumps(goldens, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
