"""The small language of the demo model: what a user may say, and what it answers.

A user's sentence is a shape (lead, core, tail) with a value in it. One shape in eight is held out: no training hears it,
and the evaluation says nothing else, but for the shapes that are a bare value.
"""

import itertools
import zlib
from dataclasses import dataclass

import numpy as np

COLOURS = "red green blue yellow white black orange purple pink brown".split()
NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
THINGS = "car house dog door hat cat ball flower".split()

COLOUR_CORES = (
    ["{}", "i like {}", "i like the colour {}", "my favourite colour is {}", "my colour is {}", "the colour is {}"]
    + ["it is {}", "i think it is {}", "i want {}", "i see {}", "say {}", "we like {}", "give me {}", "i have {}"]
    + [f"{start} {thing} is {{}}" for start in ("my", "the") for thing in THINGS]
    + [f"{start} {{}} {thing}" for start in ("i see a", "i have a", "i want the") for thing in THINGS]
)
NUMBER_CORES = ["{}", "the number is {}", "my number is {}", "my favourite number is {}", "i like the number {}"]
NUMBER_CORES += ["it is {}", "i think it is {}", "say {}", "i want {}", "i have {}", "i see {}", "give me {}"]
NUMBER_CORES += ["i like {}", "it is number {}", "we have {}"]
DAY_CORES = [
    "{}",
    "today is {}",
    "it is {}",
    "i think it is {}",
    "my favourite day is {}",
    "the day is {}",
    "i like {}",
]
DAY_CORES += ["say {}", "my day is {}", "we like {}"]
LEADS = ["", "well", "so", "okay"]
TAILS = ["", "please", "today", "now"]

GREETINGS = ["hello", "hi", "good morning", "good evening", "hello there", "hi there", "well hello", "okay hello"]
GREETINGS += ["good morning to you", "well good morning", "well good evening"]
ASKING_WHO = [
    "who are you",
    "what are you",
    "so who are you",
    "so what are you",
    "okay who are you",
    "well what are you",
]
ASKING_HOW = ["how are you", "so how are you", "how are you today", "well how are you", "okay how are you now"]
THANKS = ["thank you", "okay thank you", "well thank you", "thank you now"]
GOODBYES = ["goodbye", "okay goodbye", "well goodbye", "goodbye now", "so goodbye"]
REPEATS = ["please repeat", "please repeat that", "say that again", "say it again please", "okay say that again"]
REPEATS += ["so please repeat", "please say it again", "well repeat that please"]
STOPS = ["stop", "please stop", "stop now", "stop please", "okay stop", "well stop"]
YES = ["yes", "yes please", "well yes", "okay yes", "i think yes"]
NO = ["no", "well no", "i think no", "so no", "no not now"]

ASK = "say a colour or a number"
WELCOME = f"hello there, {ASK}"
PROMPT = f"please {ASK}"
ANSWERS = {
    "greeting": WELCOME,
    "who": "i am a toy, a very small model",
    "how": "i am fine, and you",
    "thanks": "you are welcome",
    "goodbye": "goodbye, my friend",
    "stop": "okay",
    "yes": "you said yes",
    "no": "you said no",
}


@dataclass(frozen=True)
class Shape:
    """`text` has a `{}` where a value of `values` goes, if there are any."""

    intent: str
    text: str
    values: tuple[str, ...] = ()

    def held_out(self) -> bool:
        bare = len(self.text.split()) == 1
        return not bare and zlib.crc32(f"{self.intent}:{self.text}".encode()) % 8 == 0


@dataclass(frozen=True)
class Turn:
    """What a user says once."""

    intent: str
    text: str
    value: str = ""

    def answer(self, before: str) -> str:
        """What the model says to it, given what it said last."""
        if self.intent == "repeat":
            return before or WELCOME
        return f"you said {self.value}" if self.value else ANSWERS[self.intent]


def shapes() -> list[Shape]:
    valued = (("colour", COLOUR_CORES, COLOURS), ("number", NUMBER_CORES, NUMBERS), ("day", DAY_CORES, DAYS))
    made = [
        Shape(intent, " ".join(filter(None, (lead, core, tail))), tuple(values))
        for intent, cores, values in valued
        for core, lead, tail in itertools.product(cores, LEADS, TAILS)
        if not (tail == "today" and core.startswith("today"))
    ]
    plain = {
        "greeting": GREETINGS,
        "who": ASKING_WHO,
        "how": ASKING_HOW,
        "thanks": THANKS,
        "goodbye": GOODBYES,
        "repeat": REPEATS,
        "stop": STOPS,
        "yes": YES,
        "no": NO,
    }
    return made + [Shape(intent, text) for intent, texts in plain.items() for text in texts]


# How often each intent is drawn. What names a value needs the most examples.
WEIGHTS = {"colour": 30, "number": 30, "day": 12, "greeting": 8, "repeat": 5, "stop": 3, "yes": 3, "no": 3}
WEIGHTS |= {"who": 3, "how": 3, "thanks": 3, "goodbye": 3}


class Turns:
    """Draws turns: shapes that are held out, or all others."""

    def __init__(self, held_out: bool):
        self.by_intent: dict[str, list[Shape]] = {}
        for shape in shapes():
            if shape.held_out() == held_out:
                self.by_intent.setdefault(shape.intent, []).append(shape)
        self.intents = list(self.by_intent)
        weights = np.array([WEIGHTS[intent] for intent in self.intents], float)
        self.weights = weights / weights.sum()

    def draw(self, random: np.random.Generator) -> Turn:
        choices = self.by_intent[self.intents[random.choice(len(self.intents), p=self.weights)]]
        # Short sentences are few and said often.
        words = np.array([len(shape.text.split()) for shape in choices], float)
        shape = choices[random.choice(len(choices), p=words**-1.5 / (words**-1.5).sum())]
        if not shape.values:
            return Turn(shape.intent, shape.text)
        value = shape.values[random.integers(len(shape.values))]
        return Turn(shape.intent, shape.text.format(value), value)


def answers() -> list[str]:
    """Every sentence the model can say."""
    values = COLOURS + NUMBERS + DAYS
    return [*dict.fromkeys([*ANSWERS.values(), PROMPT, *(f"you said {value}" for value in values)])]


def words() -> list[str]:
    texts = [shape.text.replace("{}", "") for shape in shapes()] + answers()
    texts += COLOURS + NUMBERS + DAYS
    return sorted({word for text in texts for word in text.replace(",", "").split()})
