"""A small grammar that writes English-French sentence pairs for a textbook on translation.

Tables of words are in lexicon.py, morphology and clauses in syntax.py.  Here the words are
chosen, and the sentence patterns, each a function from a random generator to one pair, put them together.

Conventions:

* "I" and "we" are masculine in French, "they" is "ils" unless two women are named;
* "you" with a first name, Mum or Dad is "tu"; alone, or with sir, madam or children, it is "vous";
* "his" and "her" always refer to the subject of the sentence, so "son" and "sa" are never ambiguous.

Run `python data/pair_grammar` to write the rows of data/eng-fra.tsv that come from here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from lexicon import (
    ACTIONS,
    ADULT_ONLY,
    ADVERBS,
    AFTER,
    ATTRIBUTES,
    BEFORE,
    BEING,
    CITIES,
    COMPARATIVES,
    DAILY,
    DATIVES,
    DISTANT,
    DUTIES,
    ENDINGS,
    EXCLAIMED,
    FORBIDDABLE,
    HABITS,
    HAVING,
    HOURS,
    INTRANSITIVE,
    KNOWING,
    LIKED,
    LONELY,
    LONG_TIMES,
    MASS_KINDS,
    MEASURES,
    MEN,
    MIDS,
    NOT_SAID,
    NUMBERS,
    OWNED,
    PAIRED,
    PEOPLE_ADJECTIVES,
    PLACES,
    QUALITIES,
    QUALITY_EXTRA,
    SPOTS,
    STATES,
    STEPS,
    TIMES,
    TRAITS,
    WOMEN,
)
from syntax import (
    HE,
    KINDS,
    ME,
    NOUNS,
    NP,
    REFLEXIVE,
    SHE,
    THEY,
    WE,
    WHO,
    Noun,
    Pair,
    Pred,
    Subject,
    agree,
    article,
    clause,
    en_clause,
    en_plural,
    en_question,
    fr_clause,
    fr_name,
    fr_plural,
    inversion,
    join,
    join_words,
    named,
    np,
    of,
    order,
    possessive,
    pronoun,
    question,
    say,
    to,
)

Rng = random.Random


# ------------------------------------------------------------------------- choosing from the lexicon


class Frame(NamedTuple):
    """A verb with the objects it may take."""

    en: str
    after: str
    fr: str
    flags: str
    objects: list[list[str]]


class Simple(NamedTuple):
    """A verb without object, with the adverbs and places that suit it."""

    pred: Pred
    ways: list[str]
    places: list[str]


def frames(table: str) -> list[Frame]:
    """Read a table of verbs and objects."""
    rows = [row.split("; ") for row in table.strip().splitlines()]
    heads = [(*row[0].split(), [o.split(":") for o in row[1].split()]) for row in rows]
    return [Frame(*en.replace(".", " ", 1).partition(" ")[::2], *rest) for en, *rest in heads]


def simple_verbs(table: str) -> dict[str, Simple]:
    """Read the table of verbs without object."""
    verbs = {}
    for row in table.strip().splitlines():
        head, ways, places = ([w.replace(".", " ") for w in part.split()] for part in row.split(";"))
        (en, _, rest), (se, _, fr) = head[0].partition(" "), head[1].rpartition(" ")
        verbs[head[0]] = Simple(Pred(en, rest, fr, "", reflexive=bool(se)), ways, places)
    return verbs


ACTION, ENDING, KNOW, HABIT = frames(ACTIONS), frames(ENDINGS), frames(KNOWING), frames(HABITS)
SIMPLE = simple_verbs(INTRANSITIVE)
EVENTS = [f for f in ACTION if "f" in f.flags] + ENDING
STAY = SIMPLE["stay"].pred


def some_name(r: Rng) -> Subject:
    """Choose a first name."""
    return named(r.choice(MEN + WOMEN))


def kin(r: Rng, owner: Subject = ME) -> Subject:
    """Choose a member of somebody's family, or a friend by name."""
    noun = r.choice(KINDS["kin"])
    if noun.en == "friend":
        friend = some_name(r)
        while friend.en in owner.en:
            friend = some_name(r)
        noun = Noun(
            f"friend {friend.en}",
            f"{'amie' if friend.gender == 'f' else 'ami'} {friend.fr}",
            friend.gender,
            "kin",
        )
    phrase = np(noun, "my", owner)
    return Subject(phrase.en, phrase.fr, gender=noun.gender, young=noun.en in ("son", "daughter"))


def relative_of(r: Rng) -> Subject:
    """Choose my mother, our mother or Paul's mother."""
    if r.random() < 0.7:
        return kin(r, r.choice([ME, ME, WE]))
    noun, owner = r.choice(KINDS["kin"][:6]), some_name(r)
    return Subject(
        f"{owner.en}'s {noun.en}",
        f"{np(noun, 'the').fr} {of(owner.fr)}",
        gender=noun.gender,
        young=noun.en in ("son", "daughter"),
    )


def somebody(r: Rng) -> Subject:
    """Choose a person in the street or at school."""
    noun = r.choice(KINDS["child"] + KINDS["adult"])
    phrase = np(
        noun, "my" if noun.en == "neighbour" else "the", plural=noun.kind == "child" and r.random() < 0.4
    )
    return Subject(
        phrase.en,
        phrase.fr,
        5 if phrase.plural else 2,
        noun.gender,
        phrase.plural,
        young=noun.kind == "child",
    )


def couple(r: Rng) -> Subject:
    """Choose two people by name."""
    a, b = r.sample(MEN + WOMEN, 2)
    gender = "f" if {a, b} <= set(WOMEN) else "m"
    return Subject(f"{a} and {b}", f"{fr_name(a)} et {fr_name(b)}", 5, gender, True)


def you(r: Rng) -> Subject:
    """Choose whom to call tu (by name) or vous."""
    roll = r.random()
    if roll < 0.5:
        friend = some_name(r)
        return Subject("you", "tu", 1, friend.gender, False, friend.en, friend.fr, True)
    if roll < 0.6:
        call_en, call_fr, gender = r.choice([("Mum", "maman", "f"), ("Dad", "papa", "m")])
        return Subject("you", "tu", 1, gender, False, call_en, call_fr)
    calls = [("", "", "m", False)] * 3 + [
        ("sir", "monsieur", "m", False),
        ("madam", "madame", "f", False),
        ("children", "les enfants", "m", True),
    ]
    call_en, call_fr, gender, plural = r.choice(calls)
    return Subject("you", "vous", 4, gender, plural, call_en, call_fr, plural)


def third(r: Rng) -> Subject:
    """Choose a third person, not a pronoun."""
    return r.choice([some_name, some_name, relative_of, somebody, couple])(r)


def someone(r: Rng) -> Subject:
    """Choose any subject but you."""
    return third(r) if r.random() < 0.6 else r.choice([ME, ME, WE, HE, SHE, THEY])


def anyone(r: Rng) -> Subject:
    """Choose any subject, sometimes you."""
    return you(r) if r.random() < 0.12 else someone(r)


def attribute(r: Rng, noun: Noun, table: dict[str, str] = ATTRIBUTES) -> str:
    """Choose an adjective that suits a noun."""
    extra = QUALITY_EXTRA.get(noun.en, "") if table is QUALITIES else ""
    fitting = [a for a in f"{table.get(noun.kind, '')} {extra}".split() if (noun.en, a) not in NOT_SAID]
    return r.choice(fitting) if fitting else ""


def suits(s: Subject, noun: Noun) -> bool:
    """Keep dresses for women and girls, and nouns from meeting themselves."""
    return noun.en not in s.en and (noun.en != "dress" or s.gender == "f")


def deed(
    r: Rng,
    s: Subject,
    table: list[Frame] = ACTION,
    flag: str = "",
    verbs: str = "",
    plain: bool = False,
) -> Pred:
    """Choose a verb and a fitting object for a subject; a plain object has no adjective."""
    fitting = [f for f in table if flag in f.flags and (not verbs or f.en in verbs.split())]
    table = [f for f in fitting if not (s.young and f.en in ADULT_ONLY)] or HABIT
    while True:
        frame = r.choice(table)
        token, codes = r.choice(frame.objects)
        noun = r.choice(KINDS[token]) if token in KINDS else NOUNS[token]
        if not suits(s, noun) or s.young and {noun.en, frame.en} & ADULT_ONLY:
            continue
        det = {"t": "the", "s": "this", "m": "my", "a": "a", "x": "bare"}[r.choice(codes)]
        if noun.kind == "kin":
            person = kin(r, s)
            while person.young or person.en.split()[-1] in s.en:
                person = kin(r, s)
            return act(frame, NP(person.en, person.fr, person.en, person.fr, person.gender), noun)
        if noun.kind == "adult" and noun.en == "neighbour":
            det = "my"
        adj = attribute(r, noun) if not plain and r.random() < {"a": 0.35, "my": 0.2}.get(det, 0) else ""
        adj = "" if frame.en == "buy" and adj in ("hot", "cold") else adj
        adj = adj if det == "a" or noun.kind != "animal" and adj in OWNED else ""
        plural = s.plural and noun.kind in ("clothes", "thing") and det in "my a" and noun.en != "phone"
        return act(frame, np(noun, det, s, adj, plural), noun)


def act(frame: Frame, obj: NP, noun: Noun) -> Pred:
    """Join a verb and its object."""
    return Pred(
        frame.en,
        join_words(frame.after, obj.en),
        frame.fr,
        obj.fr,
        join_words(frame.after, obj.en_neg),
        obj.fr_neg,
        noun=noun,
    )


def big(p: Pred) -> bool:
    """Tell whether a deed may be dated by the year."""
    return (
        p.en in ("buy", "sell", "learn")
        and bool(p.noun)
        and p.noun.kind in ("vehicle", "home", "furniture", "animal")
    )


def time(r: Rng, tense: str, p: Pred | None = None) -> Pair:
    """Choose an expression of time that suits a tense (and a deed)."""
    never = () if p is None or big(p) else LONG_TIMES
    if tense == "habit" and p and p.en in ("wash", "clean"):
        return "every week", "toutes les semaines"
    if tense == "habit" and p:
        never = ("every week",)
    if p and p.en in DAILY:
        never += DISTANT
    return r.choice([pair for pair in TIMES[tense].items() if pair[0] not in never])


def way(r: Rng, s: Subject, verb: Simple) -> Pair:
    """Choose an adverb of manner that suits a verb."""
    if not verb.ways:
        return "", ""
    en = r.choice(verb.ways)
    return en, agree(("seul", "seule"), s.gender, s.plural) if en == "alone" else ADVERBS[en]


def simple(r: Rng, s: Subject, need: str = "") -> Simple:
    """Choose a verb without object (with places or ways, if needed)."""
    return r.choice(
        [v for k, v in SIMPLE.items() if (not need or getattr(v, need)) and not (s.young and k == "drive")]
    )


def lasting(r: Rng) -> Simple:
    """Choose a verb without object that may last, with places."""
    return r.choice([v for v in SIMPLE.values() if v.places and v.pred.en not in ("fall", "arrive", "stay")])


def place(r: Rng, verb: Simple) -> Pair:
    """Choose a place that suits a verb."""
    en = r.choice(verb.places)
    return en, PLACES[en]


def state(s: Subject, en: str) -> Pred:
    """Return the predicate "be tired", "be hungry" or "be late"."""
    if en in HAVING and en not in PEOPLE_ADJECTIVES:
        return Pred("be", en, "avoir", HAVING[en])
    return Pred("be", en, "être", BEING.get(en) or agree(PEOPLE_ADJECTIVES[en], s.gender, s.plural))


def feeling(r: Rng, s: Subject) -> Pred:
    """Choose a passing state."""
    return state(s, r.choice(STATES + list(HAVING) + list(BEING)))


def going(r: Rng) -> Pair:
    """Choose where to go."""
    if r.random() < 0.25:
        city = r.choice(CITIES)
        return city.replace("in ", "to "), PLACES[city]
    if r.random() < 0.2:
        name = r.choice(MEN + WOMEN)
        return f"to {name}'s house", f"chez {fr_name(name)}"
    noun = r.choice([n for n in KINDS["public"] if n.en not in ("street", "town", "shop", "hotel")])
    if noun.en == "school":
        return "to school", "à l'école"
    return f"to the {noun.en}", to(np(noun, "the").fr)


def hour(r: Rng, among: str = "") -> Pair:
    """Choose an hour (among those given), perhaps with a quarter or a half."""
    en = r.choice(among.split() or [n for n in NUMBERS if n != "twenty"])
    fr = "une heure" if en == "one" else NUMBERS[en] + " heures"
    return r.choice(
        [(f"{en} o'clock", fr)] * 2
        + [(f"half past {en}", fr + " et demie"), (f"quarter past {en}", fr + " et quart")]
    )


PATTERNS: list[tuple[int, Callable[[Rng], Pair]]] = []


def pattern(share: int) -> Callable[[Callable[[Rng], Pair]], Callable[[Rng], Pair]]:
    """Register a sentence pattern with the number of pairs wanted of it."""

    def register(function: Callable[[Rng], Pair]) -> Callable[[Rng], Pair]:
        PATTERNS.append((share, function))
        return function

    return register


# ---------------------------------------------------------------------------------------- patterns


@pattern(270)
def short_past(r: Rng) -> Pair:
    """Paul slept.  They left."""
    s = some_name(r) if r.random() < 0.7 else r.choice([ME, WE, HE, SHE, THEY])
    return say(clause(s, SIMPLE[r.choice(LONELY)].pred, "past"))


@pattern(400)
def short_now(r: Rng) -> Pair:
    """I'm working.  Marie's late."""
    s = some_name(r) if r.random() < 0.6 else r.choice([ME, WE, HE, SHE, THEY])
    lively = r.random() < 0.55
    p = (
        SIMPLE[r.choice([v for v in LONELY if v not in ("fall", "arrive")])].pred
        if lively
        else state(s, r.choice([*STATES, *TRAITS, *HAVING, "late"]))
    )
    tense = "prog" if lively else "pres"
    return say((en_clause(s, p, tense, short=not s.en.endswith("s")), fr_clause(s, p, tense)))


@pattern(45)
def greeting(r: Rng) -> Pair:
    """Hello, Anna."""
    words = r.choice(
        [
            ("hello", "bonjour"),
            ("goodnight", "bonne nuit"),
            ("thanks", "merci"),
            ("well done", "bravo"),
            ("good evening", "bonsoir"),
            ("see you tomorrow", "à demain"),
        ]
    )
    calls = [(n, fr_name(n)) for n in MEN + WOMEN] + [("sir", "monsieur"), ("madam", "madame")]
    call = r.choice(calls)
    return say((f"{words[0]}, {call[0]}", f"{words[1]}, {call[1]}"), "!")


@pattern(112)
def habit(r: Rng) -> Pair:
    """My brother works too much.  She always gets up early."""
    s = anyone(r)
    verb = simple(r, s, "ways")
    how = way(r, s, verb)
    mid = (
        r.choice([("", ""), ("", ""), *MIDS.items()])
        if how[0] not in ("a lot", "too much", "well")
        else ("", "")
    )
    return say(join(clause(s, verb.pred, "pres", mid=mid), how), ".", s)


@pattern(112)
def daily(r: Rng) -> Pair:
    """Marie helps her mother every day."""
    s = someone(r)
    p = deed(r, s, HABIT)
    if r.random() < 0.4:
        return say(clause(s, p, "pres", mid=r.choice(list(MIDS.items()))))
    return say(join(clause(s, p, "pres"), time(r, "habit", p)))


@pattern(125)
def now_doing(r: Rng) -> Pair:
    """Paul is reading a book.  I'm cooking the fish right now."""
    s = someone(r)
    p = deed(r, s, ACTION, "p")
    if r.random() < 0.2:
        return say(join(clause(s, p, "train"), ("right now", "")))
    return say(join(clause(s, p, "prog"), time(r, "now")))


@pattern(99)
def somewhere(r: Rng) -> Pair:
    """The children are playing in the park."""
    s = someone(r)
    verb = simple(r, s, "places")
    tense = r.choice(["prog", "prog", "past", "near"])
    tense = "past" if verb.pred.en in ("fall", "arrive", "cry") else tense
    extra = {"prog": ("", ""), "past": time(r, "past", verb.pred), "near": time(r, "future", verb.pred)}[
        tense
    ]
    if s is SHE or s is HE or r.random() < 0.4:
        extra = "", ""
    return say(join(clause(s, verb.pred, tense), place(r, verb), extra))


@pattern(172)
def did(r: Rng) -> Pair:
    """Anna bought a red car last year.  Yesterday, we sold our house."""
    s = someone(r)
    p = deed(r, s, EVENTS)
    when, told = time(r, "past", p), clause(s, p, "past")
    roll = r.random()
    if roll < 0.2:
        return say((f"{when[0]}, {told[0]}", f"{when[1]}, {told[1]}"))
    return say(join(told, when) if roll < 0.65 else told)


@pattern(132)
def did_not(r: Rng) -> Pair:
    """I didn't buy any bread.  He hasn't finished his book yet."""
    s = anyone(r)
    if r.random() < 0.3:
        p = deed(r, s, EVENTS, "i", plain=True)
        return say(join(clause(s, p, "perfect", "pas encore"), ("yet", "")), ".", s)
    p = deed(r, s, EVENTS, plain=True)
    return say(join(clause(s, p, "past", "pas"), r.choice([("", ""), ("", ""), time(r, "past", p)])), ".", s)


@pattern(125)
def does_not(r: Rng) -> Pair:
    """My sister never eats meat.  Paul doesn't drink coffee any more."""
    s = anyone(r)
    roll = r.random()
    p = deed(r, s, HABIT) if roll < 0.7 else deed(r, s, KNOW, verbs="know understand")
    if p.rest.startswith(("a ", "an ")):
        return does_not(r)
    if roll < 0.3:
        bare = replace(p, rest_neg="")
        return say((en_clause(s, bare, "pres", mid="never"), fr_clause(s, p, "pres", "jamais")), ".", s)
    if roll < 0.5:
        return say(join(clause(s, p, "pres", "plus"), ("any more", "")), ".", s)
    return say(clause(s, p, "pres", "pas"), ".", s)


@pattern(73)
def nothing(r: Rng) -> Pair:
    """We bought nothing.  I didn't see anyone yesterday."""
    s = someone(r)
    if r.random() < 0.5:
        verb, fr = r.choice(
            [
                ("eat", "manger"),
                ("buy", "acheter"),
                ("see", "voir"),
                ("find", "trouver"),
                ("understand", "comprendre"),
                ("forget", "oublier"),
                ("say", "dire"),
            ]
        )
        p, neg = Pred(verb, "nothing", fr, "", "anything"), "rien"
    else:
        verb, fr = r.choice([("see", "voir"), ("meet", "rencontrer"), ("call", "appeler"), ("help", "aider")])
        p, neg = Pred(verb, "nobody", fr, "", "anyone"), "personne"
    told = (en_clause(s, p, "past", r.random() < 0.7), fr_clause(s, p, "past", neg))
    return say(join(told, r.choice([("", ""), time(r, "past", p)])))


@pattern(172)
def yes_or_no(r: Rng) -> Pair:
    """Are you hungry, Tom?  Does she speak English?  Did Marie call the doctor?"""
    s = you(r) if r.random() < 0.45 else third(r) if r.random() < 0.6 else r.choice([HE, SHE, THEY])
    roll = r.random()
    if roll < 0.25:
        return say(question(r, s, feeling(r, s), "pres"), "?", s)
    if roll < 0.45:
        return say(question(r, s, deed(r, s, KNOW), "pres"), "?", s)
    if roll < 0.6:
        speak = Pred("speak", r.choice(["French", "English"]), "parler", "")
        return say(
            question(r, s, replace(speak, fr_rest={"French": "français"}.get(speak.rest, "anglais")), "pres"),
            "?",
            s,
        )
    tense, table = r.choice(
        [("past", EVENTS), ("past", EVENTS), ("near", [f for f in ACTION if "f" in f.flags])]
    )
    return say(question(r, s, deed(r, s, table), tense), "?", s)


@pattern(139)
def when_where_why(r: Rng) -> Pair:
    """Where does Paul live?  Why is she crying?  When did you arrive, Anna?"""
    s = you(r) if r.random() < 0.4 else third(r) if r.random() < 0.7 else r.choice([HE, SHE, THEY])
    roll = r.random()
    if roll < 0.3:
        verb = r.choice([Pred("live", "", "habiter", ""), SIMPLE["work"].pred, SIMPLE["wait"].pred])
        verb, tense = (verb, "pres") if verb.en != "wait" else (Pred("go", "", "aller", ""), "prog")
        return say(question(r, s, verb, tense, ("where", "où")), "?", s)
    if roll < 0.65:
        p = SIMPLE[r.choice(["leave", "arrive", "come back", "go out"])].pred
        return say(question(r, s, p, r.choice(["past", "near", "future"]), ("when", "quand")), "?", s)
    p = (
        SIMPLE[r.choice(["cry", "laugh", "run", "smile", "leave", "wait"])].pred
        if roll < 0.85
        else state(s, r.choice([*STATES, "afraid", "late", "cold", "thirsty"]))
    )
    return say(question(r, s, p, "pres" if p.en == "be" else "prog", ("why", "pourquoi")), "?", s)


@pattern(86)
def what(r: Rng) -> Pair:
    """What is Anna eating?  What did you buy, Tom?"""
    s = you(r) if r.random() < 0.4 else third(r) if r.random() < 0.7 else r.choice([HE, SHE, THEY])
    verbs = [
        ("eat", "manger"),
        ("drink", "boire"),
        ("read", "lire"),
        ("write", "écrire"),
        ("cook", "préparer"),
        ("watch", "regarder"),
        ("buy", "acheter"),
        ("do", "faire"),
        ("say", "dire"),
    ]
    tense = r.choice(["prog", "past", "near"])
    verb, fr = r.choice(verbs)
    p = Pred(verb, "", fr, "")
    return say((f"what {en_question(s, p, tense)}", f"qu'est-ce que {fr_clause(s, p, tense)}"), "?", s)


@pattern(86)
def who(r: Rng) -> Pair:
    """Who bought this car?  Who's singing in the kitchen?"""
    if r.random() < 0.4:
        verb = lasting(r)
        return say(join(clause(WHO, verb.pred, "prog"), place(r, verb)), "?")
    if r.random() < 0.3:
        return say(
            clause(
                WHO, state(WHO, r.choice(["hungry", "thirsty", "cold", "ready", "tired", "afraid"])), "pres"
            ),
            "?",
        )
    p = deed(r, WHO, EVENTS, plain=True)
    while "his " in p.rest or p.en in ("meet", "see"):
        p = deed(r, WHO, EVENTS, plain=True)
    return say(clause(WHO, p, "past"), "?")


@pattern(132)
def plan(r: Rng) -> Pair:
    """We're going to sell the house.  Marie will come tomorrow."""
    s = someone(r)
    tense = r.choice(["near", "future"])
    if r.random() < 0.35:
        verb = r.choice([Pred("go", "", "aller", ""), Pred("come", "", "venir", "")])
        return say(join(clause(s, verb, "future"), going(r), time(r, "future")))
    neg = r.choice(["", "", "pas"])
    p = deed(r, s, ACTION, "f", plain=bool(neg))
    return say(join(clause(s, p, tense, neg), r.choice([("", ""), time(r, "future", p)])))


@pattern(99)
def went(r: Rng) -> Pair:
    """Marie went to the market this morning.  She is going there tomorrow."""
    s = someone(r)
    go = Pred("go", "", "aller", "")
    if r.random() < 0.25:
        how = r.choice(
            [("by train", "en train"), ("by car", "en voiture"), ("by bus", "en bus"), ("alone", "")]
        )
        if how[0] == "alone":
            how = "alone", agree(("seul", "seule"), s.gender, s.plural)
        return say(join(clause(s, Pred("go", "there", "aller", "", clitic="y"), "past"), how))
    if r.random() < 0.2:
        city = r.choice(["London Londres", "Paris Paris", "Lyon Lyon"]).split()
        often = r.choice(
            [("every year", "tous les ans"), ("every week", "toutes les semaines"), ("by train", "en train")]
        )
        p = pronoun(s)
        love = clause(s, Pred("love", city[0], "adorer", city[1]), "pres")
        return say(
            join(love, ("and", "et"), clause(p, Pred("go", "there", "aller", "", clitic="y"), "pres"), often)
        )
    where = going(r)
    return say(join(clause(s, go, "past"), where, r.choice([("", ""), time(r, "past", go)])))


@pattern(112)
def polite(r: Rng) -> Pair:
    """I'd like some bread, please.  Could you open the window, please?"""
    s = you(r)
    while not s.call_en and r.random() < 0.3 or s.plural:
        s = you(r)
    please = ("please", "s'il te plaît" if s.person == 1 else "s'il vous plaît")
    if r.random() < 0.45:
        obj = np(r.choice(KINDS["food"] + KINDS["drink"] + KINDS["snack"]), "a")
        s = r.choice(
            [
                Subject("", "", 4),
                Subject("", "", 4, call_en="sir", call_fr="monsieur"),
                Subject("", "", 4, call_en="madam", call_fr="madame"),
            ]
        )
        lead = r.choice([("I'd like", "je voudrais"), ("we'd like", "nous voudrions")])
        return say((f"{lead[0]} {obj.en}, please", f"{lead[1]} {obj.fr}, s'il vous plaît"), ".", s)
    p = deed(
        r,
        s,
        [
            f
            for f in ACTION
            if "i" in f.flags and f.en in ["open", "close", "wash", "clean", "call", "bring", "buy"]
        ],
    )
    fr = inversion(s, p, "could") if s.person == 4 else fr_clause(s, p, "could")
    return say(
        (f"could you {p.en} {p.rest}, {please[0]}", f"{fr}, {please[1]}"),
        "?",
        replace(s, call_en="") if s.person == 4 else s,
    )


@pattern(79)
def long_ago(r: Rng) -> Pair:
    """When he was ten, Paul lived in Lyon.  We used to live in England."""
    s = someone(r)
    live = Pred("live", "", "habiter", "")
    city = r.choice(CITIES)
    where = city, PLACES[city]
    if r.random() < 0.3:
        verb = lasting(r)
        doing = r.choice([(live, where), (verb.pred, place(r, verb))])
        return say(join(("", "avant,"), clause(s, doing[0], "used"), doing[1]))
    age = r.choice(list(NUMBERS)[5:])
    p = pronoun(s)
    young = clause(p, Pred("be", age, "avoir", NUMBERS[age] + " ans"), "state")
    told = join(clause(s, live, "state"), where)
    return say((f"when {young[0]}, {told[0]}", f"{r.choice(['quand', 'lorsque'])} {young[1]}, {told[1]}"))


@pattern(99)
def meanwhile(r: Rng) -> Pair:
    """I was reading a letter when Paul arrived."""
    s, other = someone(r), third(r)
    while set(other.en.split()) & set(s.en.split()) or other.plural and s.plural:
        other = third(r)
    event = SIMPLE[r.choice(["arrive", "come back", "leave", "fall", "wake up", "go out"])].pred
    if r.random() < 0.4:
        verb = lasting(r)
        first = join(clause(s, verb.pred, "was"), place(r, verb) if r.random() < 0.6 else ("", ""))
    else:
        first = clause(s, deed(r, s, ACTION, "p"), "was")
    return say(join(first, ("when", "quand"), clause(other, event, "past")))


@pattern(112)
def gift(r: Rng) -> Pair:
    """Paul gave me a book.  She showed her car to her uncle.  Give them the key, please."""
    things = [n for k in ("thing", "gift", "clothes", "reading", "snack") for n in KINDS[k]]
    verb, fr = r.choice([("give", "donner"), ("give", "donner"), ("show", "montrer"), ("bring", "apporter")])
    to_whom = r.choice(DATIVES)
    roll = r.random()
    if roll < 0.4:
        s = you(r)
        obj = np(r.choice(things), r.choice(["the", "the", "this"]))
        if roll < 0.12:
            return say(
                order(Pred(verb, f"{to_whom[0]} {obj.en}", fr, obj.fr, clitic=to_whom[1]), s.person, True),
                "!",
                s,
            )
        p = Pred(verb, f"{to_whom[0]} {obj.en}", fr, obj.fr, clitic=to_whom[1])
        return say(order(p, s.person), r.choice("!."), s)
    s = someone(r)
    while s in (ME, WE) and to_whom[0] in ("me", "us") or s.person == 5 and to_whom[0] == "them":
        s = third(r)
    if roll < 0.65:
        obj, uncle = np(r.choice(things), r.choice(["the", "my", "a"]), s), kin(r, s)
        while uncle.en.split()[-1] in s.en:
            uncle = kin(r, s)
        p = Pred(verb, f"{obj.en} to {uncle.en}", fr, f"{obj.fr} à {uncle.fr}")
    else:
        noun = r.choice(things)
        obj = np(noun, "a", s, attribute(r, noun) if r.random() < 0.4 else "")
        p = Pred(verb, f"{to_whom[0]} {obj.en}", fr, obj.fr, clitic=to_whom[1])
    tense = r.choice(["past", "past", "future"])
    return say(join(clause(s, p, tense), r.choice([("", ""), ("", ""), time(r, tense, p)])))


@pattern(112)
def saw_her(r: Rng) -> Pair:
    """Marie saw us yesterday.  I'll call you tomorrow, Paul.  We talked to her."""
    s, other = someone(r), None
    en, fr, gender, plural = r.choice(
        [
            ("him", "le", "m", False),
            ("her", "la", "f", False),
            ("us", "nous", "m", True),
            ("them", "les", "m", True),
            ("me", "me", "m", False),
            ("you", "", "m", False),
        ]
    )
    while s in (ME, WE) and en in ("me", "us") or s.person == 5 and en == "them":
        s = third(r)
    if en == "you":
        other = you(r)
        fr, gender, plural = REFLEXIVE[other.person], other.gender, other.plural
    tense = r.choice(["past", "future", "near"])
    if r.random() < 0.2:
        indirect = "lui" if en in ("him", "her") else "leur" if en == "them" else fr
        p = Pred("talk", f"to {en}", "parler", "", clitic=indirect)
    else:
        verbs = {
            "see": "voir",
            "call": "appeler",
            "help": "aider",
            "wait for": "attendre",
            "find": "trouver",
            "forget": "oublier",
            "listen to": "écouter",
            "watch": "regarder",
        }
        key = r.choice(list(verbs)[:3] if tense != "past" else list(verbs))
        verb, _, after = key.partition(" ")
        p = Pred(verb, join_words(after, en), verbs[key], "", clitic=fr, agrees=(gender, plural))
    neg = "pas" if r.random() < 0.25 else ""
    when = time(r, "past" if tense == "past" else "future", p)
    return say(join(clause(s, p, tense, neg), when if r.random() < 0.6 and not neg else ("", "")), ".", other)


@pattern(73)
def of_them(r: Rng) -> Pair:
    """I bought three of them.  She doesn't need it.  We want some."""
    s = anyone(r)
    roll = r.random()
    if roll < 0.6:
        verb, fr = r.choice(
            [
                ("buy", "acheter"),
                ("eat", "manger"),
                ("see", "voir"),
                ("find", "trouver"),
                ("sell", "vendre"),
                ("lose", "perdre"),
                ("take", "prendre"),
                ("read", "lire"),
            ]
        )
        many, quantity = r.choice(list(NUMBERS.items())[1:10])
        p = Pred(verb, f"{many} of them", fr, quantity, clitic="en")
        tense = r.choice(["past", "past", "near" if verb not in ("lose", "see", "find") else "past"])
        return say(
            join(
                clause(s, p, tense),
                time(r, "past" if tense == "past" else "future", p) if roll < 0.2 else ("", ""),
            ),
            ".",
            s,
        )
    if roll < 0.8:
        p = Pred("need", r.choice(["it", "them"]), "avoir", "besoin", clitic="en")
        return say(clause(s, p, "pres", "pas" if roll < 0.7 else ""), ".", s)
    p = Pred("want", "some", "vouloir", "", "any", clitic="en")
    return say(clause(s, p, "pres", r.choice(["", "pas"])), ".", s)


@pattern(125)
def gets_up(r: Rng) -> Pair:
    """Paul gets up at seven o'clock.  She washed her hands before eating."""
    s = anyone(r)
    if r.random() < 0.25:
        p = Pred("wash", f"{possessive(s)} hands", "laver", "les mains", reflexive=True, agrees=("m", False))
        before, tense = (
            r.choice([("eating", "manger"), ("cooking", "cuisiner")]),
            r.choice(["past", "past", "pres"]),
        )
        extra = r.choice([("", ""), (f"before {before[0]}", f"avant de {before[1]}")])
        if tense == "pres":
            return say(
                join(
                    clause(s, p, tense, mid=r.choice([("always", "toujours"), ("often", "souvent")])), extra
                ),
                ".",
                s,
            )
        return say(join(clause(s, p, tense), extra), ".", s)
    name = r.choice(["get up", "wake up", "go to bed", "leave", "come back", "arrive"])
    verb, at = SIMPLE[name], hour(r, HOURS.get(name, ""))
    tense = r.choice(["pres" if s.person not in (1, 4) else "past", "past", "past", "future", "near"])
    return say(
        join(
            clause(s, verb.pred, tense),
            (f"at {at[0]}", f"à {at[1]}"),
            time(r, "habit") if tense == "pres" and r.random() < 0.3 else ("", ""),
        ),
        ".",
        s,
    )


CALLS = [
    Pred("sit", "down", "asseoir", "", reflexive=True),
    Pred("hurry", "up", "dépêcher", "", reflexive=True),
    Pred("come", "here", "venir", "ici"),
    Pred("wait", "for me", "attendre", "", clitic="me"),
    Pred("listen", "to me", "écouter", "", clitic="me"),
    Pred("help", "me", "aider", "", clitic="me"),
    Pred("call", "us", "appeler", "", clitic="nous"),
    *(SIMPLE[verb].pred for verb in ("get up", "wake up", "rest", "eat", "have fun")),
]


@pattern(260)
def orders(r: Rng) -> Pair:
    """Close the door, Tom!  Don't open this letter, madam!  Sit down, Alice.  Let's take the bus!"""
    s = you(r)
    roll = r.random()
    if roll < 0.15:
        return say(order(deed(r, WE, ACTION, "i", "take eat drink buy watch help clean listen"), 3), "!")
    if roll < 0.4:
        return say(order(r.choice(CALLS), s.person), "!", s)
    if roll < 0.55:
        verbs = [SIMPLE[v].pred for v in ("run", "cry", "laugh", "leave", "fall", "sing")]
        verbs += [state(s, w) for w in ("sad", "afraid", "late")]
        return say(order(r.choice(verbs), s.person, True), r.choice("!."), s)
    if roll < 0.65:
        return say(order(deed(r, s, ENDING, verbs="forget"), s.person, True), r.choice("!."), s)
    p = deed(r, s, ACTION, "i")
    neg = roll > 0.8 and p.en in FORBIDDABLE and not p.rest_neg.startswith(("a ", "an "))
    return say(order(p, s.person, neg), r.choice("!."), s)


@pattern(119)
def compare(r: Rng) -> Pair:
    """Anna is taller than her brother.  The car is as old as the house.  Tom swims better than me."""
    roll = r.random()
    if roll < 0.55:
        s, other = third(r), third(r)
        while (
            s.plural
            or s.young
            or other.plural
            or other.young
            or other.en == s.en
            or "'s" in other.en
            or other.en.startswith("our")
        ):
            s, other = third(r), third(r)
        if r.random() < 0.25 and s.en in MEN + WOMEN:
            other = kin(r, s)
        if r.random() < 0.25:
            verb = SIMPLE[r.choice(["sing", "swim", "dance", "drive", "sleep"])].pred
            told = clause(s, verb, r.choice(["pres", "pres", "state"]))
            return say(
                join(
                    told,
                    ("better than", "mieux que"),
                    r.choice([(other.en, other.fr), ("me", "moi"), ("us", "nous")]),
                )
            )
        adj = r.choice(["tall", "strong", "young", "kind", "funny"])
        forms, than = PEOPLE_ADJECTIVES[adj], (other.en, other.fr)
        subject = (s.en, s.fr)
    else:
        kind = r.choice(["vehicle", "home", "clothes", "public", "furniture", "animal"])
        adj = r.choice(
            {
                "vehicle": "fast expensive small",
                "clothes": "old expensive",
                "animal": "big old small fast",
                "furniture": "old expensive big",
            }.get(kind, "big old small").split()
        )
        a, b = r.sample([n for n in KINDS[kind] if n.en not in ("house", "street", "town")], 2)
        nouns = [np(n, r.choice(["this", "my"]) if kind in ("clothes", "vehicle") else "the") for n in (a, b)]
        s = Subject(nouns[0].en, nouns[0].fr, 5 if nouns[0].plural else 2, a.gender, nouns[0].plural)
        forms, subject, than = (BEFORE | AFTER)[adj], (s.en, s.fr), (nouns[1].en, nouns[1].fr)
    be, est = ("are", "sont") if s.plural else ("is", "est")
    form = agree(forms, s.gender, s.plural)
    if adj != "young" and r.random() < 0.35:
        no, ne, pas = r.choice([("", "", ""), ("n't", "ne", "pas")])
        return say(
            (
                f"{subject[0]} {be}{no} as {adj} as {than[0]}",
                join_words(subject[1], ne, est, pas, f"aussi {form} que {than[1]}"),
            )
        )
    return say(
        (
            f"{subject[0]} {be} {COMPARATIVES[adj]} than {than[0]}",
            f"{subject[1]} {est} plus {form} que {than[1]}",
        )
    )


def spotted(r: Rng, uncountable: bool = True) -> tuple[Noun, Pair]:
    """Choose a thing and a spot where it may be."""
    en = r.choice(list(SPOTS))
    token = r.choice(SPOTS[en][1].split())
    nouns = [
        n for n in KINDS.get(token, [NOUNS.get(token)]) if n and (uncountable or n.kind not in MASS_KINDS)
    ]
    return (r.choice(nouns), (en, SPOTS[en][0])) if nouns else spotted(r, uncountable)


@pattern(152)
def there_is(r: Rng) -> Pair:
    """There's a cat on the bed.  There's no bread left.  How many books are there on the table?"""
    roll = r.random()
    noun, spot = spotted(r, roll < 0.6)
    while roll >= 0.75 and noun.kind in ("public", "clothes", "furniture"):
        noun, spot = spotted(r, False)
    if roll < 0.35:
        adj = attribute(r, noun) if r.random() < 0.4 else ""
        obj = np(
            noun,
            r.choice(["a", "a", "two", "three", "five"]) if noun.kind not in MASS_KINDS else "a",
            adj=adj,
        )
        was = r.random() < 0.2
        lead = ("there were" if was else "there are") if obj.plural else "there was" if was else "there's"
        return say(join((lead, "il y avait" if was else "il y a"), (obj.en, obj.fr), spot))
    if roll < 0.5:
        noun = r.choice(KINDS["food"] + KINDS["drink"])
        lead = r.choice(
            [
                ("there isn't any", "il n'y a pas de"),
                ("there's no more", "il n'y a plus de"),
                ("there was no", "il n'y avait pas de"),
            ]
        )
        return say(
            join(lead, (noun.en, noun.fr), r.choice([("", ""), ("in the kitchen", "dans la cuisine")]))
        )
    if roll < 0.75:
        obj = np(noun, "a")
        lead = "are there" if obj.plural else "is there"
        return say(join((lead, r.choice(["est-ce qu'il y a", "y a-t-il"])), (obj.en_neg, obj.fr), spot), "?")
    return say(
        join(
            (f"how many {en_plural(noun.en)} are there", f"combien {of(fr_plural(noun.fr))} y a-t-il"), spot
        ),
        "?",
    )


@pattern(112)
def has_to(r: Rng) -> Pair:
    """Paul has to clean his car.  We have to leave early."""
    s = anyone(r)
    if r.random() < 0.45:
        p = SIMPLE[
            r.choice(["sleep", "work", "leave", "eat", "rest", "come back", "go to bed", "get up"])
        ].pred
        early = p.en in ("leave", "come", "go", "get")
        extra = r.choice([("", ""), ("early", "tôt") if early else ("now", "maintenant")])
    else:
        p = deed(r, s, ACTION, "i", DUTIES)
        extra = r.choice([("", ""), ("today", "aujourd'hui"), ("tomorrow", "demain"), ("tonight", "ce soir")])
    have = Pred("have", f"to {p.en} {p.rest}".strip(), "", "")
    return say(join((en_clause(s, have, "pres"), f"il faut que {fr_clause(s, p, 'subj')}"), extra), ".", s)


@pattern(132)
def modal(r: Rng) -> Pair:
    """I can't find my key.  You should help your sister, Tom.  Emma can swim."""
    s = anyone(r)
    roll = r.random()
    if roll < 0.2:
        skills = [SIMPLE[v].pred for v in ("swim", "dance", "sing", "drive")]
        skills += [
            Pred("read", "", "lire", ""),
            Pred("write", "", "écrire", ""),
            Pred("cook", "", "cuisiner", ""),
        ]
        return say(
            clause(
                s, r.choice(skills[:3] + skills[4:] if s.young else skills), "able", r.choice(["", "pas"])
            ),
            ".",
            s,
        )
    if roll < 0.35:
        return say(
            clause(s, deed(r, s, ACTION, verbs="find open close understand see"), "can", "pas"), ".", s
        )
    tense = r.choice(["want", "want", "must", "should"])
    if tense != "want":
        return say(clause(s, deed(r, s, ACTION, "i", DUTIES), tense), ".", s)
    neg = r.choice(["", "", "pas"])
    return say(clause(s, deed(r, s, ACTION, "f", plain=bool(neg)), tense, neg), ".", s)


@pattern(60)
def weather(r: Rng) -> Pair:
    """It's cold in Paris today.  It was raining in London yesterday."""
    now = [
        ("it's cold", "il fait froid"),
        ("it's hot", "il fait chaud"),
        ("it's raining", "il pleut"),
        ("it's snowing", "il neige"),
    ]
    then = [
        ("it was cold", "il faisait froid"),
        ("it was hot", "il faisait chaud"),
        ("it was raining", "il pleuvait"),
        ("it was snowing", "il neigeait"),
    ]
    city = r.choice(CITIES)
    where = r.choice([("", ""), (city, PLACES[city]), (city, PLACES[city])])
    if r.random() < 0.5:
        return say(join(r.choice(now), where, r.choice([("", ""), ("today", "aujourd'hui")])))
    day = r.choice(
        [
            ("yesterday", "hier"),
            ("this morning", "ce matin"),
            ("last night", "hier soir"),
            ("on Monday", "lundi"),
        ]
    )
    return say(join(r.choice(then), where, day))


@pattern(86)
def age_and_hour(r: Rng) -> Pair:
    """My sister is ten years old.  It's half past three.  The train leaves at six o'clock."""
    roll, at = r.random(), hour(r)
    if roll < 0.4:
        s = third(r)
        age = r.choice(list(NUMBERS)[4:])
        if s.en.endswith(("baby", "teacher", "doctor", "mother", "father", "woman", "man")):
            s = some_name(r)
        return say(clause(s, Pred("be", f"{age} years old", "avoir", f"{NUMBERS[age]} ans"), "pres"))
    if roll < 0.55:
        return say((f"it's {at[0]}", f"il est {at[1]}"), ".")
    thing = r.choice([("train", "train"), ("bus", "bus"), ("plane", "avion")])
    s = Subject(f"the {thing[0]}", f"le {thing[1]}")
    if roll < 0.85:
        p = SIMPLE[r.choice(["leave", "arrive"])].pred
        return say(join(clause(s, p, r.choice(["pres", "past", "future"])), (f"at {at[0]}", f"à {at[1]}")))
    s = r.choice([s, third(r)])
    return say(
        question(
            r,
            s,
            SIMPLE[r.choice(["leave", "arrive"])].pred,
            r.choice(["pres", "past", "future"]),
            ("what time", "à quelle heure"),
        ),
        "?",
    )


@pattern(86)
def need(r: Rng) -> Pair:
    """I need a new coat.  Paul doesn't need the car today."""
    s = anyone(r)
    noun = r.choice(
        [
            n
            for k in ("clothes", "thing", "vehicle", "food", "drink", "furniture", "mass")
            for n in KINDS[k]
            if n.en != "music" and suits(s, n)
        ]
    )
    obj = np(noun, "a", s, attribute(r, noun) if r.random() < 0.4 else "")
    partitive = noun.kind in MASS_KINDS or obj.plural
    rest = obj.fr_neg if partitive else "de " + obj.fr
    p = Pred(
        "need",
        np(noun, "bare").en if noun.en in ("money", "work") else obj.en,
        "avoir",
        "besoin " + rest,
        obj.en_neg,
    )
    if not partitive and r.random() < 0.4:
        obj = np(noun, "this" if s.plural else r.choice(["this", "my"]), s)
        p = Pred("need", obj.en, "avoir", f"besoin de {obj.fr}")
    elif r.random() < 0.7:
        return say(clause(s, p, "pres"), ".", s)
    neg = r.choice(["", "pas"]) if "any" not in p.rest_neg else ""
    return say(join(clause(s, p, "pres", neg), r.choice([("", ""), ("today", "aujourd'hui")])), ".", s)


@pattern(125)
def where_is(r: Rng) -> Pair:
    """Your key is under the table.  Where is my bag, Mum?"""
    noun, spot = spotted(r)
    movable = noun.kind in ("thing", "clothes", "reading", "snack", "food", "gift") or noun.en in (
        "dog",
        "cat",
        "car",
        "bike",
    )
    obj = np(
        noun,
        r.choice(["the", "my"]) if movable and noun.kind not in MASS_KINDS else "the",
        r.choice([ME, WE]),
    )
    s = Subject(obj.en, obj.fr, 5 if obj.plural else 2, noun.gender, obj.plural)
    if movable and r.random() < 0.3:
        who_to = you(r)
        return say(
            (f"where {'are' if s.plural else 'is'} {s.en}", f"où {'sont' if s.plural else 'est'} {s.fr}"),
            "?",
            who_to,
        )
    neg = "pas" if r.random() < 0.2 else ""
    return say(join(clause(s, Pred("be", "", "être", ""), r.choice(["pres", "pres", "state"]), neg), spot))


@pattern(132)
def quality(r: Rng) -> Pair:
    """The soup is too hot.  My shoes were dirty.  Is this book interesting?"""
    noun = r.choice([n for kind in QUALITIES for n in KINDS[kind]])
    noun = NOUNS[r.choice(["bag", "box"])] if r.random() < 0.12 else noun
    adj = attribute(r, noun, QUALITIES)
    obj = np(
        noun,
        r.choice(["the", "this", "my"])
        if noun.kind in ("clothes", "vehicle", "thing", "home")
        else r.choice(["the", "this"]),
    )
    s = Subject(obj.en, obj.fr, 5 if obj.plural else 2, noun.gender, obj.plural)
    degree = (
        r.choice([("", ""), ("", ""), ("very", "très"), ("too", "trop")])
        if adj not in ("open", "closed")
        else ("", "")
    )
    if adj in ("good", "bad", "beautiful", "empty", "interesting", "funny") and degree[0] == "too":
        degree = "very", "très"
    form = agree((BEFORE | AFTER)[adj], noun.gender, obj.plural)
    p = Pred("be", join_words(degree[0], adj), "être", join_words(degree[1], form))
    if r.random() < 0.15 and not degree[0]:
        return say((en_question(s, p, "pres"), join_words("est-ce que", fr_clause(s, p, "pres"))), "?")
    return say(
        clause(s, p, r.choice(["pres", "pres", "state"]), "pas" if r.random() < 0.2 and not degree[0] else "")
    )


@pattern(132)
def has(r: Rng) -> Pair:
    """My uncle has a beautiful house.  They had two black cats.  It's a good film.  What a pretty dress!"""
    kind = r.choice(
        [k for k in ATTRIBUTES if k not in ("adult", "child", "transport", "public", "nature", "opening")]
    )
    noun = r.choice(KINDS[kind])
    adj, roll = attribute(r, noun), r.random()
    if not adj or roll < 0.4 and kind not in ("food", "drink", "snack", "media", "mind", "reading"):
        s, det = (
            someone(r),
            r.choice(["a", "a", "two", "three"]) if kind in ("vehicle", "animal", "clothes") else "a",
        )
        obj = np(noun if kind != "furniture" else NOUNS["table"], det, adj=adj)
        return say(clause(s, Pred("have", obj.en, "avoir", obj.fr), r.choice(["pres", "pres", "state"])))
    if roll < 0.6 or kind in ("food", "drink"):
        obj = np(noun, "bare" if kind in MASS_KINDS else "a", adj=adj)
        en = "these are" if obj.plural else "this is" if r.random() < 0.5 else "it's"
        return say((f"{en} {obj.en.removeprefix('some ')}", f"ce {'sont' if obj.plural else 'est'} {obj.fr}"))
    plural = noun.en in PAIRED or r.random() < 0.2
    obj = np(noun, "bare", adj=adj if adj in EXCLAIMED or kind == "mind" else "beautiful", plural=plural)
    exclaim = ["quel", "quelle", "quels", "quelles"][2 * plural + (noun.gender == "f")]
    core = re.sub("^(un|une|des|de) ", "", obj.fr)
    return say((f"what {obj.en if plural else article(obj.en)}", f"{exclaim} {core}"), "!")


@pattern(112)
def relative_who(r: Rng) -> Pair:
    """The woman who is waiting for the bus is my aunt.  I know the man who bought this car."""
    noun = r.choice([n for n in KINDS["adult"] + KINDS["child"] if n.en not in ("neighbour", "child")])
    plain = np(noun, "the")
    s = Subject(plain.en, plain.fr, 2, noun.gender, young=noun.kind == "child")
    rel = Subject("who", "qui", 2, noun.gender, young=s.young)
    if r.random() < 0.4:
        verb = lasting(r)
        act_en = join(clause(rel, verb.pred, "prog"), place(r, verb))
    else:
        act_en = clause(rel, deed(r, rel, ACTION, "p"), "prog")
    act_en = act_en[0].replace("who's", "who is"), act_en[1]
    if r.random() < 0.5:
        same = [n for n in KINDS["kin"] if n.gender == noun.gender and n.en != "friend"]
        young = [n for n in same if n.en in ("brother", "sister", "son", "daughter")]
        who_is = np(r.choice(young if s.young else same), "my", r.choice([ME, WE]))
        return say(join((s.en, s.fr), act_en, ("is", "est"), (who_is.en, who_is.fr)))
    knows = someone(r)
    while knows.young or knows.en in s.en:
        knows = someone(r)
    lead = clause(knows, Pred("know", s.en, "connaître", s.fr), "pres")
    return say(join(lead, act_en))


@pattern(99)
def relative_that(r: Rng) -> Pair:
    """This is the dress that Anna bought yesterday.  The book that I'm reading is interesting."""
    verb = r.choice(
        [
            f
            for f in EVENTS
            if f.en in ["buy", "sell", "lose", "find", "wash", "forget", "write", "bring", "read"]
        ]
    )
    s = someone(r)
    p = deed(r, s, [verb])
    if p.noun.kind in MASS_KINDS or p.noun.en in ("money", "lesson"):
        return relative_that(r)
    obj = np(p.noun, "the", plural=False)
    told = clause(s, replace(p, rest="", fr_rest="", agrees=(p.noun.gender, obj.plural)), "past")
    told = f"that {told[0]}", f"que {told[1]}"
    when = r.choice([("", ""), time(r, "past", p)])
    if r.random() < 0.5:
        lead = (
            ("these are", "ce sont")
            if obj.plural
            else r.choice([("this is", "ce est"), ("here is", "voici")])
        )
        return say(join(lead, (obj.en, obj.fr), told, when))
    adj = attribute(r, p.noun, QUALITIES)
    if p.noun.kind != "home" and (not adj or adj in ("new", "dirty") or verb.en == "wash"):
        return say(
            join(
                ("where are" if obj.plural else "where is", "où sont" if obj.plural else "où est"),
                (obj.en, obj.fr),
                told,
                when,
            ),
            "?",
        )
    form = agree((BEFORE | AFTER)[adj], p.noun.gender, obj.plural)
    be = ("are", "sont") if obj.plural else ("is", "est")
    return say(join((obj.en, obj.fr), told, be, (adj, form)))


@pattern(99)
def since(r: Rng) -> Pair:
    """Paul has been working in London for two years.  They've been waiting for the bus for ten minutes."""
    s = someone(r)
    count = r.choice(["two", "three", "five", "ten"])
    roll = r.random()
    if roll < 0.5:
        city = r.choice(CITIES)
        p = r.choice(
            [
                Pred("live", city, "habiter", PLACES[city]),
                Pred("work", city, "travailler", PLACES[city]),
                Pred("learn", "English", "apprendre", "l'anglais"),
                Pred("learn", "French", "apprendre", "le français"),
            ]
        )
        unit = r.choice([("years", "ans"), ("months", "mois")])
    else:
        p = r.choice(
            [
                deed(r, s, ACTION, verbs="wait"),
                deed(r, s, ACTION, verbs="look"),
                SIMPLE["cry" if s.person in (0, 3) else "sleep"].pred,
                SIMPLE["cry"].pred,
            ]
        )
        unit = r.choice([("minutes", "minutes"), ("hours", "heures")])
        unit = ("minutes", "minutes") if count in ("five", "ten") or p.en == "cry" else unit
    return say(join(clause(s, p, "since"), (f"for {count} {unit[0]}", f"depuis {NUMBERS[count]} {unit[1]}")))


REASONS = {  # what one does, and the states that make one do it
    "stay at home": (Pred("stay", "at home", "rester", "à la maison"), "ill tired"),
    "go to bed": (SIMPLE["go to bed"].pred, "tired sleepy"),
    "rest": (SIMPLE["rest"].pred, "tired ill"),
    "eat": (Pred("eat", "an apple", "manger", "une pomme"), "hungry"),
    "run": (SIMPLE["run"].pred, "late"),
    "cook": (Pred("cook", "some rice", "préparer", "du riz"), "hungry"),
    "cry": (SIMPLE["cry"].pred, "sad afraid"),
    "drink": (Pred("drink", "some water", "boire", "de l'eau"), "thirsty hot"),
    "smile": (SIMPLE["smile"].pred, "happy"),
    "close": (Pred("close", "the window", "fermer", "la fenêtre"), "cold"),
    "open": (Pred("open", "the window", "ouvrir", "la fenêtre"), "hot"),
    "sing": (SIMPLE["sing"].pred, "happy"),
    "taxi": (Pred("take", "the bus", "prendre", "le bus"), "late tired"),
}


@pattern(132)
def because(r: Rng) -> Pair:
    """Paul is staying at home because he's ill.  Since you're cold, Tom, close the window."""
    s, (p, states) = someone(r), r.choice(list(REASONS.values()))
    why = r.choice(states.split())
    if r.random() < 0.25:
        s = you(r)
        now = clause(pronoun(s), state(s, why), "pres")
        link = r.choice([("if", "si"), ("since", "puisque")])
        if p.en in ("cry", "smile", "sing", "run"):
            p, now = REASONS["rest"][0], clause(pronoun(s), state(s, "tired"), "pres")
        told = order(p, s.person)
        return say((f"{link[0]} {now[0]}, {told[0]}", f"{link[1]} {now[1]}, {told[1]}"), ".", s)
    main, sub = r.choice([("prog", "pres"), ("past", "state")])
    return say(
        join(clause(s, p, main), ("because", "parce que"), clause(pronoun(s), state(pronoun(s), why), sub))
    )


@pattern(112)
def if_then(r: Rng) -> Pair:
    """If it rains, we'll stay at home.  If Anna is hungry, she'll eat an apple."""
    s = someone(r)
    late = r.random() < 0.3
    if r.random() < 0.45:
        p, states = r.choice([v for k, v in REASONS.items() if k not in ("cry", "smile", "sing")])
        one, two = (pronoun(s), s) if late else (s, pronoun(s))
        first, then = clause(one, state(one, r.choice(states.split())), "pres"), clause(two, p, "future")
    else:
        first, verbs = r.choice(
            [
                (("it rains", "il pleut"), ["stay", "sleep", "wait"]),
                (("it's hot", "il fait chaud"), ["swim", "sleep", "go out"]),
                (("it's cold", "il fait froid"), ["stay", "sleep", "come back"]),
            ]
        )
        key = r.choice(verbs)
        where = {
            "stay": ("at home", "à la maison"),
            "sleep": ("at home", "à la maison"),
            "wait": ("in the car", "dans la voiture"),
            "swim": ("a lot", "beaucoup"),
            "go out": ("", ""),
            "come back": ("early", "tôt"),
        }[key]
        then = join(clause(s, SIMPLE[key].pred, "future"), where)
    if late:
        return say((f"{then[0]} if {first[0]}", f"{then[1]} si {first[1]}"))
    return say((f"if {first[0]}, {then[0]}", f"si {first[1]}, {then[1]}"))


@pattern(73)
def just(r: Rng) -> Pair:
    """The train has just left.  Marie has just sold her car."""
    s = someone(r)
    if r.random() < 0.5:
        p = SIMPLE[
            r.choice(["leave", "arrive", "come back", "eat", "fall", "wake up", "get up", "go out"])
        ].pred
    else:
        p = deed(r, s, [f for f in EVENTS if f.en not in ("see", "help")])
    if r.random() < 0.3:
        return say(clause(s, p, "perfect", mid=("already", "déjà")))
    return say(clause(s, p, "just"))


@pattern(112)
def think(r: Rng) -> Pair:
    """I think that Paul is tired.  I hope you'll find your key, Anna.  She says that she's hungry."""
    s, other = someone(r), anyone(r)
    while other is ME or other.person == s.person and s.person in (3, 5):
        other = anyone(r)
    verb, fr = r.choice([("think", "penser"), ("know", "savoir"), ("say", "dire"), ("hope", "espérer")])
    if s.person != 2 and verb == "say":
        verb, fr = "think", "penser"
    if s.person == 2 and verb == "know" and other in (HE, SHE):
        verb, fr = "say", "dire"
    if s.person == 2 and verb != "know" and r.random() < 0.4:
        other = pronoun(s)
    if verb == "hope":
        s, lead = r.choice([(ME, ("I hope", "j'espère que")), (WE, ("we hope", "nous espérons que"))])
        return say(join(lead, clause(other, deed(r, other, EVENTS, "f"), "future")), ".", other)
    lead = clause(s, Pred(verb, "that", fr, "que"), "pres")
    return say(join(lead, clause(other, feeling(r, other), "pres")), ".", other)


@pattern(73)
def owner(r: Rng) -> Pair:
    """This is Paul's car.  Is this your coat, Tom?  I like Anna's dress.  My aunt is a doctor."""
    noun, name = (
        r.choice([n for k in ("clothes", "vehicle", "thing", "home", "reading") for n in KINDS[k]]),
        some_name(r),
    )
    obj = np(noun, "the")
    his = f"{name.en}'s {en_plural(noun.en) if obj.plural else noun.en}", f"{obj.fr} {of(name.fr)}"
    lead = ("these are", "ce sont") if obj.plural else ("this is", "ce est")
    roll = r.random()
    if roll < 0.4:
        return say(join(lead, his))
    if roll < 0.6:
        s = you(r)
        mine = np(noun, "my", s)
        return say(
            (
                f"{'are these' if obj.plural else 'is this'} {mine.en}",
                f"{'ce sont' if obj.plural else 'ce est'} {mine.fr}",
            ),
            "?",
            s,
        )
    if roll < 0.8:
        s = third(r)
        while s.plural or s.young or "doctor" in s.en or "teacher" in s.en:
            s = third(r)
        job = r.choice([("a doctor", "médecin"), ("a teacher", "professeur")])
        return say(clause(s, Pred("be", job[0], "être", job[1]), "pres"))
    return say(
        (
            f"whose {his[0].split()[-1]} {'are these' if obj.plural else 'is this'}",
            f"à qui {'sont' if obj.plural else 'est'} {np(noun, 'this').fr}",
        ),
        "?",
    )


@pattern(99)
def quantity(r: Rng) -> Pair:
    """She drank two glasses of water.  My father eats too much meat."""
    s = anyone(r)
    measure = r.choice(list(MEASURES))
    noun = NOUNS[r.choice(MEASURES[measure][1].split())]
    en, fr = f"{measure} {noun.en}", f"{MEASURES[measure][0]} {noun.fr}"
    verb = ("drink", "boire") if noun.kind == "drink" else r.choice([("eat", "manger"), ("buy", "acheter")])
    much = measure in ("a lot of", "too much", "enough")
    tense = r.choice(
        ["past", "past" if measure == "enough" else "pres"] if much else ["past", "past", "want", "near"]
    )
    if s.young and noun.en in ADULT_ONLY:
        s = ME
    p = Pred(verb[0], en, verb[1], fr)
    return say(
        join(clause(s, p, tense), time(r, "past", p) if tense == "past" and r.random() < 0.4 else ("", "")),
        ".",
        s,
    )


@pattern(112)
def likes(r: Rng) -> Pair:
    """Anna loves dancing.  Do you like cheese, Tom?  Nina doesn't like dogs."""
    s = anyone(r)
    if r.random() < 0.35:
        verbs = {
            "dancing": "danser",
            "singing": "chanter",
            "reading": "lire",
            "swimming": "nager",
            "running": "courir",
            "cooking": "cuisiner",
            "driving": "conduire",
            "writing": "écrire",
        }
        en = r.choice(list(verbs)[:6] if s.young else list(verbs))
        fr = verbs[en]
    else:
        token = r.choice(LIKED)
        noun = r.choice(KINDS[token]) if token in KINDS else NOUNS[token]
        if s.young and noun.en in ADULT_ONLY:
            noun = NOUNS["milk"]
        plural = noun.kind not in MASS_KINDS and noun.en != "school"
        en, fr = en_plural(noun.en) if plural else noun.en, np(noun, "the", plural=plural).fr
    p = Pred(*r.choice([("like", en, "aimer", fr), ("love", en, "adorer", fr)]))
    if p.en == "like" and r.random() < 0.3 and s.person in (1, 2, 4, 5):
        return say(question(r, s, p, "pres"), "?", s)
    return say(clause(s, p, "pres", "pas" if p.en == "like" and r.random() < 0.3 else ""), ".", s)


@pattern(132)
def two_steps(r: Rng) -> Pair:
    """I lost my key, but I found it this morning.  She bought a dress, but she never wears it."""
    s = someone(r)
    while s.young:
        s = someone(r)
    one, two, link, how, nouns = (part.split() for part in r.choice(STEPS.strip().splitlines()).split("; "))
    noun = NOUNS[r.choice([n for n in nouns if suits(s, NOUNS[n])])]
    det = {"buy": "a", "write": "a", "find": "a", "lose": "my", "wash": "my"}.get(one[0], "the")
    obj = np(noun, det, s)
    it = ("them", "les") if obj.plural else ("it", "la" if noun.gender == "f" else "le")
    second = Pred(two[0], it[0], two[1], "", clitic=it[1], agrees=(noun.gender, obj.plural))
    p = pronoun(s)
    if how[0] == "never":
        told = en_clause(p, second, "pres", mid="never"), fr_clause(p, second, "pres", "jamais")
    else:
        told = clause(p, second, how[0])
    first = clause(s, Pred(one[0], obj.en, one[1], obj.fr), "past")
    comma = "," if link[0] == "but" else ""
    return say(join((first[0] + comma, first[1] + comma), (link[0], link[1]), told))


# ------------------------------------------------------------------------------------------ output


KEEP = [1.0] * 6 + [0.5] * 3 + [0.45] * 4  # by number of English words: short sentences are favoured


def generate(seed: int = 1) -> list[Pair]:
    """Draw the share of every pattern, keep English sentences unique, and mix the patterns."""
    r, seen, pairs = random.Random(seed), set(), []
    for share, function in PATTERNS:
        kept = 0
        for _ in range(share * 30):
            pair = function(r)
            if r.random() > KEEP[min(len(pair[0].split()), 12)]:
                continue
            if pair[0].lower() not in seen and max(len(side.split()) for side in pair) <= 12:
                seen.add(pair[0].lower())
                pairs.append(pair)
                kept += 1
            if kept == share:
                break
    r.shuffle(pairs)
    return pairs
