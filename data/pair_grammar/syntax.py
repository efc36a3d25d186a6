"""French and English morphology, noun phrases and clauses of the sentence-pair grammar."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from lexicon import (
    AFTER,
    BEFORE,
    DOUBLING,
    EN_PLURALS,
    ETRE_VERBS,
    IRREGULAR_EN,
    IRREGULAR_FR,
    MASS_KINDS,
    NOUN_TABLE,
    NUMBERS,
    PAIRED,
    STEM_CHANGES,
    WOMEN,
)

Pair = tuple[str, str]
Rng = random.Random

# --------------------------------------------------------------------------------------- morphology

VOWELS = "aeiouyàâéèêëîïôûœ"
ASPIRATE = ("huit", "haut", "onze")
ELIDING = re.compile(
    r"(?<![\w'-])(je|me|te|se|le|la|ne|de|ce|que|lorsque|puisque) (?=([a-zà-ÿœ]+))", re.IGNORECASE
)


def opens_with_vowel(word: str) -> bool:
    """Tell whether a French word calls for elision (a vowel or a mute h)."""
    return word.lower()[0] in VOWELS + "h" and not word.startswith(ASPIRATE)


def elide(text: str) -> str:
    """Elide je, le, la, ne, de, que ... before a vowel or mute h, and si before il."""
    text = ELIDING.sub(lambda m: m[1][:-1] + "'" if opens_with_vowel(m[2]) else m[0], text)
    return re.sub(r"(?<![\w'-])([Ss])i (?=ils?\b)", r"\1'", text)


def of(phrase: str) -> str:
    """Put de before a French noun phrase, contracting du and des."""
    return contract(phrase, "de", "du", "des")


def to(phrase: str) -> str:
    """Put à before a French noun phrase, contracting au and aux."""
    return contract(phrase, "à", "au", "aux")


def contract(phrase: str, plain: str, masculine: str, plural: str) -> str:
    """Join a preposition to a noun phrase, fusing it with le (unless elided) and les."""
    first, _, rest = phrase.partition(" ")
    if first == "le" and not opens_with_vowel(rest):
        return f"{masculine} {rest}"
    return f"{plural} {rest}" if first == "les" else f"{plain} {phrase}"


def fr_plural(word: str) -> str:
    """Return the plural of a French noun or adjective."""
    if word[-1] in "sxz":
        return word
    if word.endswith("al"):
        return word[:-1] + "ux"
    return word + ("x" if word.endswith("eau") else "s")


def en_plural(word: str) -> str:
    """Return the plural of an English noun, or the third person of a verb."""
    if word in EN_PLURALS:
        return EN_PLURALS[word]
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "sh", "ch", "x", "o")) else "s")


def agree(forms: tuple[str, ...], gender: str, plural: bool) -> str:
    """Choose the form of a French adjective by gender and number."""
    form = forms[gender == "f"]
    return fr_plural(form) if plural else form


IRREGULAR_PAST = {w[0]: w[1:] for w in (row.split() for row in IRREGULAR_EN.replace("\n", "/").split("/"))}


def en_forms(verb: str) -> dict[str, str]:
    """Return base, third person, past, participle and -ing form of an English verb."""
    stem = verb + verb[-1] if verb in DOUBLING else verb
    ing = (stem[:-1] if stem.endswith("e") and not stem.endswith("ee") and stem != "be" else stem) + "ing"
    regular = (
        verb[:-1] + "ied" if re.search(r"[^aeiou]y$", verb) else verb + ("d" if verb[-1] == "e" else "ed")
    )
    past, part = IRREGULAR_PAST.get(verb, (regular, regular))
    third = {"have": "has", "be": "is"}.get(verb) or en_plural(verb)
    return {"base": verb, "third": third, "past": past, "part": part, "ing": ing}


FRENCH: dict[str, list[list[str]]] = {}
for _row in IRREGULAR_FR.strip().splitlines():
    _verb, _, _parts = _row.partition(": ")
    FRENCH[_verb] = [part.split() for part in _parts.split("; ")]


def fr_present(verb: str) -> list[str]:
    """Return the six present forms of a French verb."""
    if verb in FRENCH:
        return FRENCH[verb][0]
    stem = verb[:-2]
    if verb.endswith("er"):
        strong, soft = STEM_CHANGES.get(verb, stem), stem + "e" * stem.endswith("g")
        return [strong + "e", strong + "es", strong + "e", soft + "ons", stem + "ez", strong + "ent"]
    endings = "is is it issons issez issent" if verb.endswith("ir") else "s s - ons ez ent"
    return [stem + ending.strip("-") for ending in endings.split()]


def fr_participle(verb: str) -> str:
    """Return the masculine past participle of a French verb."""
    if verb in FRENCH:
        return FRENCH[verb][1][0]
    return verb[:-2] + {"er": "é", "ir": "i", "re": "u"}[verb[-2:]]


def fr_future_stem(verb: str) -> str:
    """Return the stem of the future and conditional."""
    if verb in FRENCH:
        return FRENCH[verb][2][0]
    return STEM_CHANGES[verb] + "er" if verb in STEM_CHANGES else verb.removesuffix("e")


def fr_verb(verb: str, tense: str, person: int) -> str:
    """Conjugate a French verb in a simple tense: pres, was (imparfait), future, cond or subj."""
    present = fr_present(verb)
    nous = "ét" if verb == "être" else present[3].removesuffix("ons")
    imperfect = ["ais", "ais", "ait", "ions", "iez", "aient"][person]
    weak = nous.removesuffix("e") if imperfect[0] == "i" else nous
    if tense == "pres":
        return present[person]
    if tense == "was":
        return weak + imperfect
    if tense == "future":
        return fr_future_stem(verb) + ["ai", "as", "a", "ons", "ez", "ont"][person]
    if tense == "cond":
        return fr_future_stem(verb) + imperfect
    if len(FRENCH.get(verb, [])) == 4:
        return FRENCH[verb][3][person]
    stem = weak if person in (3, 4) else present[5].removesuffix("ent")
    return stem + ["e", "es", "e", "ions", "iez", "ent"][person]


# ------------------------------------------------------------------------------ subjects and nouns


class Noun(NamedTuple):
    """A noun of the lexicon."""

    en: str
    fr: str
    gender: str
    kind: str


KINDS: dict[str, list[Noun]] = {}
for _row in NOUN_TABLE.strip().splitlines():
    _kind, _, _items = _row.partition(": ")
    KINDS.setdefault(_kind, []).extend(Noun(*i.split(), _kind) for i in _items.strip(",").split(", "))
NOUNS = {noun.en: noun for nouns in KINDS.values() for noun in nouns}


@dataclass(frozen=True)
class Subject:
    """A subject: its words, French person (0 je ... 5 ils), gender, number, and how it is called."""

    en: str
    fr: str
    person: int = 2
    gender: str = "m"
    plural: bool = False
    call_en: str = ""
    call_fr: str = ""
    young: bool = False


class NP(NamedTuple):
    """A noun phrase with its forms after a negation."""

    en: str
    fr: str
    en_neg: str
    fr_neg: str
    gender: str = "m"
    plural: bool = False


@dataclass(frozen=True)
class Pred:
    """A predicate: verb and complement in both languages, French clitic and what it agrees with."""

    en: str
    rest: str
    fr: str
    fr_rest: str
    rest_neg: str = ""
    fr_neg: str = ""
    reflexive: bool = False
    clitic: str = ""
    agrees: tuple[str, bool] | None = None
    noun: Noun | None = None


ME, WE = Subject("I", "je", 0), Subject("we", "nous", 3, plural=True)
HE, SHE = Subject("he", "il"), Subject("she", "elle", gender="f")
THEY, ELLES = Subject("they", "ils", 5, plural=True), Subject("they", "elles", 5, "f", True)
WHO = Subject("who", "qui")
EN_POSSESSIVE = ["my", "your", "his", "our", "your", "their"]
FR_POSSESSIVE = [
    r.split()
    for r in [
        "mon ma mes",
        "ton ta tes",
        "son sa ses",
        "notre notre nos",
        "votre votre vos",
        "leur leur leurs",
    ]
]
REFLEXIVE = ["me", "te", "se", "nous", "vous", "se"]


def fr_name(name: str) -> str:
    """Spell a first name in French."""
    return "Léo" if name == "Leo" else name


def possessive(owner: Subject) -> str:
    """Return the English possessive of an owner."""
    return "her" if (owner.person, owner.gender) == (2, "f") else EN_POSSESSIVE[owner.person]


def named(name: str) -> Subject:
    """Return the subject for a first name."""
    return Subject(name, fr_name(name), gender="f" if name in WOMEN else "m")


def pronoun(s: Subject) -> Subject:
    """Return the pronoun that stands for a subject."""
    if s.person == 2:
        return SHE if s.gender == "f" else HE
    return (ELLES if s.gender == "f" else THEY) if s.person == 5 else replace(s, call_en="", call_fr="")


def np(noun: Noun, det: str, owner: Subject = ME, adj: str = "", plural: bool = False) -> NP:
    """Build a noun phrase; det is a, the, this, my (the owner's), bare or a number."""
    plural = plural or noun.en in PAIRED or det in NUMBERS and det != "one"
    mass = noun.kind in MASS_KINDS
    core = fr_plural(noun.fr) if plural else noun.fr
    before = adj in BEFORE
    if before:
        forms = BEFORE[adj]
        masculine = forms[2] if opens_with_vowel(noun.fr) and not plural else forms[0]
        core = f"{agree((masculine, forms[1]), noun.gender, plural)} {core}"
    elif adj:
        core += " " + agree(AFTER[adj], noun.gender, plural)
    base = f"{adj} {en_plural(noun.en) if plural else noun.en}".strip()
    index = 2 if plural else int(noun.gender == "f" and not (det == "my" and opens_with_vowel(core)))
    if det == "the":
        en, fr = "the " + base, f"{['le', 'la', 'les'][2 if plural else noun.gender == 'f']} {core}"
    elif det == "this":
        word = "cet" if noun.gender == "m" and opens_with_vowel(core) else ["ce", "cette"][noun.gender == "f"]
        en, fr = f"{'these' if plural else 'this'} {base}", f"{'ces' if plural else word} {core}"
    elif det == "my":
        en, fr = f"{possessive(owner)} {base}", f"{FR_POSSESSIVE[owner.person][index]} {core}"
    elif det in NUMBERS:
        en, fr = (
            f"{det} {base}",
            f"{NUMBERS[det] if det != 'one' else ['un', 'une'][noun.gender == 'f']} {core}",
        )
    else:
        return indefinite(noun, det, base, core, mass, plural, before)
    return NP(en, fr, en, fr, noun.gender, plural)


def indefinite(noun: Noun, det: str, base: str, core: str, mass: bool, plural: bool, before: bool) -> NP:
    """Build an indefinite or partitive phrase and its form after a negation."""
    if plural:
        fr = f"{'de' if before else 'des'} {core}"
    elif mass:
        fr = "de l'" + core if opens_with_vowel(core) else f"{['du', 'de la'][noun.gender == 'f']} {core}"
    else:
        fr = f"{['un', 'une'][noun.gender == 'f']} {core}"
    if det == "bare":
        return NP(base, fr, base, "de " + core, noun.gender, plural)
    if mass or plural:
        return NP("some " + base, fr, "any " + base, "de " + core, noun.gender, plural)
    en = article(base)
    return NP(en, fr, en, "de " + core, noun.gender, plural)


def article(words: str) -> str:
    """Put a or an before English words."""
    return ("an " if words[0] in "aeiou" else "a ") + words


# ----------------------------------------------------------------------------------------- clauses

NEGATIVE = {"am": "am not", "can": "can't", "will": "won't"}
SHORT = {"am": "'m", "are": "'re", "is": "'s", "has": "'s", "have": "'ve", "will": "'ll", "would": "'d"}
# English tense: French finite verb, its tense and preposition, then the infinitive.
EMBED = {
    "near": ("aller", "pres", ""),
    "just": ("venir", "pres", "de"),
    "train": ("être", "pres", "en train de"),
    "want": ("vouloir", "pres", ""),
    "can": ("pouvoir", "pres", ""),
    "must": ("devoir", "pres", ""),
    "should": ("devoir", "cond", ""),
    "could": ("pouvoir", "cond", ""),
    "able": ("savoir", "pres", ""),
}
FR_TENSE = {
    "prog": "pres",
    "since": "pres",
    "used": "was",
    "pres": "pres",
    "was": "was",
    "future": "future",
    "cond": "cond",
    "subj": "subj",
    "state": "was",
}


def en_verb(s: Subject, p: Pred, tense: str) -> tuple[str, str, str]:
    """Return the English auxiliary, the verb after it, and the simple form that needs no auxiliary."""
    f, third = en_forms(p.en), s.person == 2
    be = "am" if s.en == "I" else "is" if third else "are"
    was = "was" if third or s.en == "I" else "were"
    if p.en == "be" and tense in ("pres", "past", "state"):
        return (be if tense == "pres" else was), "", ""
    if tense in ("past", "state"):
        return "did", f["base"], f["past"]
    if tense in ("can", "must", "should", "could", "able", "future", "cond"):
        return {"able": "can", "future": "will", "cond": "would"}.get(tense, tense), f["base"], ""
    have = "has" if third else "have"
    fixed = {
        "prog": (be, f["ing"]),
        "train": (be, f["ing"]),
        "was": (was, f["ing"]),
        "near": (be, "going to " + f["base"]),
        "perfect": (have, f["part"]),
        "just": (have, "just " + f["part"]),
        "since": (have, "been " + f["ing"]),
    }
    if tense in fixed:
        return *fixed[tense], ""
    do = "does" if third else "do"
    if tense == "used":
        return "did", "use to " + f["base"], "used to " + f["base"]
    if tense == "want":
        return do, "want to " + f["base"], ("wants" if third else "want") + " to " + f["base"]
    return do, f["base"], f["third" if third else "base"]


def en_clause(s: Subject, p: Pred, tense: str, neg: bool = False, mid: str = "", short: bool = False) -> str:
    """Write an English statement, contracted after a pronoun (or always, when short)."""
    aux, main, simple = en_verb(s, p, tense)
    rest = p.rest_neg or p.rest if neg else p.rest
    if neg:
        aux = NEGATIVE.get(aux, aux + "n't")
    elif simple:
        return join_words(s.en, mid, simple, rest)
    subject = s.en
    verb = aux.split()[0]
    if verb in SHORT and (short or s.en in ("I", "you", "he", "she", "we", "they", "who")):
        subject, aux = subject + SHORT[verb], aux[len(verb) :].strip()
    return join_words(subject, aux, mid, main, rest)


def en_question(s: Subject, p: Pred, tense: str) -> str:
    """Write an English question, with inversion or do-support."""
    aux, main, _ = en_verb(s, p, tense)
    return join_words(aux, s.en, main, p.rest_neg or p.rest)


def join_words(*words: str) -> str:
    """Join the words that are not empty."""
    return " ".join(word for word in words if word)


def infinitive(s: Subject, p: Pred, neg: bool = False) -> str:
    """Write the French infinitive of a predicate, with its pronouns."""
    return join_words(
        REFLEXIVE[s.person] * p.reflexive, p.clitic, p.fr, p.fr_neg or p.fr_rest if neg else p.fr_rest
    )


def fr_pieces(s: Subject, p: Pred, tense: str, neg: str = "", mid: str = "") -> tuple[str, str, str]:
    """Return what stands before the French finite verb, that verb, and what follows it."""
    rest = p.fr_neg if neg and p.fr_neg else p.fr_rest
    first, last = ("", neg) if neg == "personne" else (neg, "")
    if tense in EMBED:
        lead, tense, prep = EMBED[tense]
        verb = fr_verb(lead, tense, s.person)
        return "ne" * bool(neg), verb, join_words(first, mid, prep, infinitive(s, p, bool(neg)), last)
    before = join_words("ne" * bool(neg), REFLEXIVE[s.person] * p.reflexive, p.clitic)
    if tense not in ("past", "perfect"):
        return before, fr_verb(p.fr, FR_TENSE[tense], s.person), join_words(first, mid, rest, last)
    with_etre = p.reflexive or p.fr in ETRE_VERBS
    gender, plural = p.agrees or ((s.gender, s.plural) if with_etre else ("m", False))
    part = fr_participle(p.fr)
    part = agree((part, part + "e"), gender, plural)
    verb = fr_verb("être" if with_etre else "avoir", "pres", s.person)
    return before, verb, join_words(first, mid, part, last, rest)


def fr_clause(s: Subject, p: Pred, tense: str, neg: str = "", mid: str = "") -> str:
    """Write a French statement."""
    return join_words(s.fr, *fr_pieces(s, p, tense, neg, mid))


def inversion(s: Subject, p: Pred, tense: str, neg: str = "", mid: str = "") -> str:
    """Write a French question by inversion, with -t- between vowels; a noun subject is repeated."""
    before, verb, after = fr_pieces(s, p, tense, neg, mid)
    word = pronoun(s).fr
    link = "-t-" if s.person == 2 and verb[-1] in "ae" else "-"
    return join_words("" if word == s.fr else s.fr, before, verb + link + word, after)


def clause(s: Subject, p: Pred, tense: str, neg: str = "", mid: Pair = ("", "")) -> Pair:
    """Write a statement in both languages; neg is the French word (pas, plus, rien, jamais ...)."""
    return en_clause(s, p, tense, bool(neg), mid[0]), fr_clause(s, p, tense, neg, mid[1])


def question(r: Rng, s: Subject, p: Pred, tense: str, lead: Pair = ("", "")) -> Pair:
    """Write a question: est-ce que or intonation with tu, est-ce que or inversion with others."""
    plain = fr_clause(s, p, tense)
    styles = [join_words(lead[1], "est-ce que", plain)]
    if s.person == 1:
        styles += [] if lead[1] else [plain, plain]
    elif s.person:
        styles.append(join_words(lead[1], inversion(s, p, tense)))
    return join_words(lead[0], en_question(s, p, tense)), r.choice(styles)


def order(p: Pred, person: int, neg: bool = False) -> Pair:
    """Write an imperative for tu (1), nous (3) or vous (4)."""
    verb = (fr_present(p.fr) if p.fr not in ("être", "avoir") else FRENCH[p.fr][3])[person]
    if person == 1 and p.fr != "être" and verb.endswith(("es", "as")):
        verb = verb[:-1]
    pronouns = join_words(REFLEXIVE[person] * p.reflexive, p.clitic)
    if neg:
        fr = join_words("ne", pronouns, verb, "pas", p.fr_neg or p.fr_rest)
        return join_words("let's not" if person == 3 else "don't", p.en, p.rest_neg or p.rest), fr
    stressed = {"te": "toi", "me": "moi"}.get(pronouns, pronouns)
    fr = join_words(verb + "-" * bool(stressed) + stressed, p.fr_rest)
    return join_words("let's" * (person == 3), p.en, p.rest), fr


def join(*pairs: Pair) -> Pair:
    """Join pairs of phrases side by side."""
    return join_words(*(p[0] for p in pairs)), join_words(*(p[1] for p in pairs))


def say(pair: Pair, mark: str = ".", s: Subject | None = None) -> Pair:
    """Finish a sentence: vocative, elision, capital and mark."""
    en, fr = pair
    if s and s.call_en:
        en, fr = f"{en}, {s.call_en}", f"{fr}, {s.call_fr}"
    fr = elide(fr)
    return en[0].upper() + en[1:] + mark, fr[0].upper() + fr[1:] + ("" if mark == "." else "\u202f") + mark
