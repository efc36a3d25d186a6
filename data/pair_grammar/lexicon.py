"""The lexicon of the sentence-pair grammar: plain tables of words and of what goes with what."""

from __future__ import annotations

MEN = ["Paul", "Louis", "Hugo", "Jules", "Tom", "Leo", "Marc", "Simon"]
WOMEN = ["Anna", "Marie", "Emma", "Alice", "Clara", "Sarah", "Nina", "Lucy"]

# Nouns by kind: English, French, gender.
NOUN_TABLE = """
food: bread pain m, cheese fromage m, soup soupe f, meat viande f, fish poisson m, rice riz m
snack: apple pomme f, cake gâteau m, egg œuf m
drink: water eau f, milk lait m, coffee café m, tea thé m, wine vin m
reading: book livre m, letter lettre f, newspaper journal m
clothes: coat manteau m, dress robe f, shirt chemise f, hat chapeau m, shoe chaussure f
vehicle: car voiture f, bike vélo m
transport: train train m, bus bus m, plane avion m
thing: key clé f, bag sac m, phone téléphone m
gift: box boîte f, flower fleur f
animal: dog chien m, cat chat m, horse cheval m, bird oiseau m
furniture: table table f, chair chaise f, bed lit m
opening: door porte f, window fenêtre f
home: house maison f, bedroom chambre f, kitchen cuisine f, garden jardin m
public: shop magasin m, school école f, hotel hôtel m, hospital hôpital m, station gare f, market marché m,
public: park parc m, beach plage f, street rue f, town ville f
media: film film m, song chanson f, story histoire f
mind: question question f, lesson leçon f
mass: music musique f, money argent m, work travail m
nature: tree arbre m
child: boy garçon m, girl fille f, child enfant m
adult: man homme m, woman femme f, teacher professeur m, neighbour voisin m, doctor médecin m
kin: mother mère f, father père m, brother frère m, sister sœur f, son fils m, daughter fille f
kin: uncle oncle m, aunt tante f, grandmother grand-mère f, friend ami m
"""
MASS_KINDS = {"food", "drink", "mass"}
MASCULINE_ONLY_WITH_NAME = {"friend"}
PAIRED = {"shoe", "flower"}  # said in the plural
EN_PLURALS = {"man": "men", "woman": "women", "child": "children"}

# Adjectives: masculine, feminine, masculine before a vowel.
BEFORE = {
    "big": ("grand", "grande", "grand"),
    "small": ("petit", "petite", "petit"),
    "little": ("petit", "petite", "petit"),
    "beautiful": ("beau", "belle", "bel"),
    "new": ("nouveau", "nouvelle", "nouvel"),
    "old": ("vieux", "vieille", "vieil"),
    "young": ("jeune", "jeune", "jeune"),
    "good": ("bon", "bonne", "bon"),
    "bad": ("mauvais", "mauvaise", "mauvais"),
    "pretty": ("joli", "jolie", "joli"),
    "long": ("long", "longue", "long"),
}
AFTER = {
    "red": ("rouge", "rouge"),
    "blue": ("bleu", "bleue"),
    "green": ("vert", "verte"),
    "white": ("blanc", "blanche"),
    "black": ("noir", "noire"),
    "expensive": ("cher", "chère"),
    "cold": ("froid", "froide"),
    "hot": ("chaud", "chaude"),
    "clean": ("propre", "propre"),
    "dirty": ("sale", "sale"),
    "empty": ("vide", "vide"),
    "easy": ("facile", "facile"),
    "difficult": ("difficile", "difficile"),
    "heavy": ("lourd", "lourde"),
    "fast": ("rapide", "rapide"),
    "interesting": ("intéressant", "intéressante"),
    "open": ("ouvert", "ouverte"),
    "closed": ("fermé", "fermée"),
    "funny": ("drôle", "drôle"),
}
PEOPLE_ADJECTIVES = {
    "tired": ("fatigué", "fatiguée"),
    "happy": ("content", "contente"),
    "sad": ("triste", "triste"),
    "ill": ("malade", "malade"),
    "ready": ("prêt", "prête"),
    "alone": ("seul", "seule"),
    "busy": ("occupé", "occupée"),
    "tall": ("grand", "grande"),
    "kind": ("gentil", "gentille"),
    "strong": ("fort", "forte"),
    "young": ("jeune", "jeune"),
    "funny": ("drôle", "drôle"),
}
STATES = ["tired", "happy", "sad", "ill", "ready", "alone", "busy"]
TRAITS = ["tall", "kind", "strong", "young", "funny"]
# "Paul is hungry": avoir + noun, or être + phrase.
HAVING = {
    "hungry": "faim",
    "thirsty": "soif",
    "cold": "froid",
    "hot": "chaud",
    "afraid": "peur",
    "right": "raison",
    "wrong": "tort",
    "sleepy": "sommeil",
}
BEING = {"late": "en retard", "at home": "à la maison", "on holiday": "en vacances"}
# Adjectives that may stand beside a noun, and those that may follow "is".
ATTRIBUTES = {
    "snack": "small good",
    "reading": "long good interesting",
    "clothes": "new old red blue black white green",
    "vehicle": "new old red blue small green expensive",
    "thing": "new old small black",
    "gift": "small big",
    "animal": "small old beautiful white black",
    "furniture": "small big old new",
    "food": "good",
    "home": "big small beautiful",
    "drink": "cold good hot",
    "child": "little",
    "adult": "young old",
    "media": "good bad long beautiful",
    "mind": "good easy difficult long",
    "nature": "big beautiful old",
    "opening": "big small green old",
    "transport": "new old",
    "public": "big small beautiful old",
}
QUALITIES = {
    "food": "hot cold good",
    "drink": "hot cold good",
    "reading": "long interesting funny",
    "gift": "beautiful",
    "clothes": "new old dirty clean expensive beautiful",
    "vehicle": "new old dirty fast expensive red",
    "thing": "new expensive old",
    "furniture": "new old dirty clean expensive",
    "opening": "open closed",
    "home": "big small clean dirty",
    "media": "long funny good bad",
    "mind": "easy difficult interesting",
    "animal": "beautiful dirty old",
    "public": "big small beautiful",
    "transport": "fast",
}
QUALITY_EXTRA = {"bag": "heavy empty heavy empty", "box": "heavy empty heavy empty", "shop": "open closed"}
NOT_SAID = {
    ("flower", "big"),
    ("water", "good"),
    ("wine", "hot"),
    ("milk", "good"),
    ("teacher", "young"),
    ("doctor", "old"),
    ("bread", "cold"),
    ("cheese", "hot"),
    ("cheese", "cold"),
    ("street", "closed"),
    ("song", "big"),
}
COMPARATIVES = {
    "tall": "taller",
    "strong": "stronger",
    "young": "younger",
    "big": "bigger",
    "kind": "kinder",
    "small": "smaller",
    "expensive": "more expensive",
    "fast": "faster",
    "funny": "funnier",
    "old": "older",
}

IRREGULAR_EN = """\
be was been/have had had/do did done/go went gone/come came come
eat ate eaten/drink drank drunk/read read read/write wrote written/buy bought bought
sell sold sold/see saw seen/find found found/lose lost lost/wear wore worn
know knew known/take took taken/bring brought brought/learn learnt learnt/speak spoke spoken
sing sang sung/sleep slept slept/run ran run/swim swam swum/leave left left
fall fell fallen/get got got/wake woke woken/sit sat sat/give gave given
think thought thought/drive drove driven/say said said/understand understood understood
forget forgot forgotten/meet met met"""
DOUBLING = {"run", "swim", "sit", "get", "forget"}

IRREGULAR_FR = """
être: suis es est sommes êtes sont; été; ser; sois sois soit soyons soyez soient
avoir: ai as a avons avez ont; eu; aur; aie aies ait ayons ayez aient
aller: vais vas va allons allez vont; allé; ir; aille ailles aille allions alliez aillent
faire: fais fais fait faisons faites font; fait; fer; fasse fasses fasse fassions fassiez fassent
pouvoir: peux peux peut pouvons pouvez peuvent; pu; pourr; puisse puisses puisse puissions puissiez puissent
vouloir: veux veux veut voulons voulez veulent; voulu; voudr
savoir: sais sais sait savons savez savent; su; saur; sache saches sache sachions sachiez sachent
devoir: dois dois doit devons devez doivent; dû; devr
dire: dis dis dit disons dites disent; dit; dir
venir: viens viens vient venons venez viennent; venu; viendr
revenir: reviens reviens revient revenons revenez reviennent; revenu; reviendr
partir: pars pars part partons partez partent; parti; partir
sortir: sors sors sort sortons sortez sortent; sorti; sortir
dormir: dors dors dort dormons dormez dorment; dormi; dormir
prendre: prends prends prend prenons prenez prennent; pris; prendr
apprendre: apprends apprends apprend apprenons apprenez apprennent; appris; apprendr
comprendre: comprends comprends comprend comprenons comprenez comprennent; compris; comprendr
voir: vois vois voit voyons voyez voient; vu; verr
boire: bois bois boit buvons buvez boivent; bu; boir
lire: lis lis lit lisons lisez lisent; lu; lir
écrire: écris écris écrit écrivons écrivez écrivent; écrit; écrir
ouvrir: ouvre ouvres ouvre ouvrons ouvrez ouvrent; ouvert; ouvrir
connaître: connais connais connaît connaissons connaissez connaissent; connu; connaîtr
courir: cours cours court courons courez courent; couru; courr
rire: ris ris rit rions riez rient; ri; rir
sourire: souris souris sourit sourions souriez sourient; souri; sourir
conduire: conduis conduis conduit conduisons conduisez conduisent; conduit; conduir
asseoir: assieds assieds assied asseyons asseyez asseyent; assis; assiér
"""
ETRE_VERBS = {"aller", "venir", "revenir", "partir", "sortir", "arriver", "rester", "rentrer", "tomber"}
# Infinitive: stem before a silent ending and in the future.
STEM_CHANGES = {"acheter": "achèt", "lever": "lèv", "appeler": "appell", "nettoyer": "nettoi"}

# Verbs without object: English, French, adverbs that suit it, places that suit it.
INTRANSITIVE = """
sleep dormir; well badly a.lot; at.home in.the.garden on.the.beach
work travailler; well a.lot too.much late alone; at.home in.Paris in.London in.the.garden in.town
sing chanter; well badly; in.the.kitchen in.the.street in.the.garden at.school
dance danser; well badly; in.the.kitchen in.the.street in.the.garden
run courir; fast; in.the.park in.the.street on.the.beach
walk marcher; fast; in.the.park in.the.street on.the.beach in.town
swim nager; well fast badly;
laugh rire; a.lot; at.school in.the.street
smile sourire; a.lot;
cry pleurer; a.lot; in.the.street in.the.garden
play jouer; well; in.the.garden in.the.park on.the.beach at.school in.the.street
talk parler; a.lot too.much too.fast; in.the.kitchen in.the.street
eat manger; well a.lot too.much too.fast; in.the.kitchen in.the.garden at.school at.home in.town
wait attendre; ; in.the.car at.the.station in.the.street
drive conduire; well badly fast too.fast;
leave partir; late early;
arrive arriver; late early; at.the.station in.Paris in.London in.France
come.back revenir; late early;
go.out sortir; a.lot alone late;
stay rester; ; at.home at.school in.the.kitchen in.the.car in.Lyon
fall tomber; ; in.the.street in.the.garden
get.up se.lever; late early;
wake.up se.réveiller; late early;
go.to.bed se.coucher; late early;
rest se.reposer; ; at.home in.the.garden on.the.beach
have.fun s.amuser; ; in.the.garden at.school in.the.park on.the.beach
"""
LONELY = [
    "sleep",
    "work",
    "sing",
    "dance",
    "run",
    "swim",
    "laugh",
    "smile",
    "cry",
    "play",
    "eat",
    "wait",
    "leave",
    "arrive",
    "fall",
    "rest",
    "drive",
]
ADVERBS = {
    "well": "bien",
    "badly": "mal",
    "a lot": "beaucoup",
    "too much": "trop",
    "fast": "vite",
    "too fast": "trop vite",
    "late": "tard",
    "early": "tôt",
    "alone": "seul",
}
PLACES = {
    "at home": "à la maison",
    "at school": "à l'école",
    "in the garden": "dans le jardin",
    "in the kitchen": "dans la cuisine",
    "in the street": "dans la rue",
    "in the park": "dans le parc",
    "on the beach": "sur la plage",
    "in town": "en ville",
    "in the car": "dans la voiture",
    "at the station": "à la gare",
    "in Paris": "à Paris",
    "in London": "à Londres",
    "in Lyon": "à Lyon",
    "in France": "en France",
    "in England": "en Angleterre",
}
CITIES = ["in Paris", "in London", "in Lyon", "in France", "in England"]
# Verbs with object.  p: may be in progress, i: may be ordered, f: may be planned.
# Objects: kind or noun, then a (a/some), t (the), s (this), m (my).
ACTIONS = """
eat manger pif; food:at snack:at
drink boire pif; drink:at
read lire pif; book:atsm letter:tsm newspaper:tsm
write écrire pf; letter:a
buy acheter pf; food:a snack:a drink:a clothes:as vehicle:as book:as newspaper:t bag:as flower:a
buy acheter f; table:a phone:a house:as bed:a horse:a dog:a
sell vendre pf; house:mts car:mts bike:mts horse:m table:ms
see voir f; film:s child:t adult:t uncle:m aunt:m grandmother:m horse:ts bird:ts animal:t
look.for chercher p; thing:m clothes:m dog:m cat:m book:m hotel:a station:t brother:m sister:m mother:m
find trouver f; thing:mt clothes:m dog:m cat:m book:m hotel:a
open ouvrir pif; opening:t box:ts letter:ts bag:m
close fermer pif; opening:t box:t bag:m shop:t
wash laver pif; car:m bike:m clothes:m dog:m horse:m apple:t
clean nettoyer pif; bedroom:m kitchen:t car:m table:t window:t house:t bike:m
listen.to écouter pif; song:ts story:ts teacher:t music:a
watch regarder pif; film:ats bird:t horse:t
wait.for attendre p; bus:t train:t kin:m teacher:t doctor:t
help aider pif; mother:m father:m brother:m sister:m grandmother:m friend:m adult:t child:t
call appeler f; mother:m father:m brother:m sister:m uncle:m aunt:m grandmother:m doctor:t friend:m
take prendre if; train:t bus:t bag:m key:t coat:m plane:t
bring apporter pif; bread:a cheese:a fish:a drink:a cake:a flower:a book:sm chair:a soup:t
learn apprendre pf; song:as lesson:t
cook préparer pf; soup:at meat:t fish:t rice:at
finish finir if; book:ms letter:ms work:m soup:m lesson:t
"""
ENDINGS = """
lose perdre -; thing:m hat:m coat:m book:m cat:m dog:m money:m
forget oublier -; thing:m hat:m coat:m book:m lesson:t
meet rencontrer -; teacher:t doctor:t neighbour:t brother:m uncle:m friend:m woman:t
"""
KNOWING = """
know connaître -; song:ts story:ts adult:ts child:ts hotel:s town:s street:s
understand comprendre -; question:ts lesson:t story:s letter:s teacher:t film:s
love adorer -; song:s film:s story:s town:s dress:s house:sm school:m garden:s garden:m
"""
HABITS = """
eat manger -; food:x apple:a egg:a fish:x meat:x
drink boire -; drink:x
read lire -; newspaper:t
take prendre -; bus:t train:t
listen.to écouter -; music:x
help aider -; mother:m father:m sister:m brother:m grandmother:m
clean nettoyer -; kitchen:t bedroom:m
wash laver -; car:m
call appeler -; mother:m father:m sister:m friend:m
buy acheter -; bread:x newspaper:t milk:x flower:x
"""
ADULT_ONLY = {
    "wine",
    "coffee",
    "house",
    "car",
    "sell",
    "drive",
    "doctor",
    "hotel",
    "travel",
    "son",
    "daughter",
}
LIKED = [
    "food",
    "drink",
    "animal",
    "flower",
    "apple",
    "cake",
    "egg",
    "music",
    "train",
    "film",
    "school",
    "song",
]

TIMES = {
    "past": {
        "yesterday": "hier",
        "this morning": "ce matin",
        "last night": "hier soir",
        "last week": "la semaine dernière",
        "on Monday": "lundi",
        "two days ago": "il y a deux jours",
        "an hour ago": "il y a une heure",
        "last year": "l'année dernière",
    },
    "future": {
        "tomorrow": "demain",
        "tonight": "ce soir",
        "next week": "la semaine prochaine",
        "on Sunday": "dimanche",
        "on Saturday": "samedi",
        "this afternoon": "cet après-midi",
        "in an hour": "dans une heure",
        "next year": "l'année prochaine",
    },
    "habit": {
        "every day": "tous les jours",
        "every morning": "tous les matins",
        "on Sundays": "le dimanche",
        "every evening": "tous les soirs",
        "every week": "toutes les semaines",
    },
    "now": {"now": "maintenant", "today": "aujourd'hui", "": ""},
}
LONG_TIMES = ("last year", "next year")  # only for great deeds
DISTANT = ("last week", "next week", "two days ago")  # not for these daily deeds
DAILY = [
    "eat",
    "drink",
    "open",
    "close",
    "take",
    "cook",
    "wash",
    "bring",
    "watch",
    "say",
    "sleep",
    "rest",
    "wait",
    "listen",
    "clean",
    "show",
    "call",
    "cry",
    "laugh",
]
DUTIES = "read open close wash clean help bring finish listen"
OWNED = [
    "new",
    "old",
    "small",
    "red",
    "blue",
    "green",
    "black",
    "white",
]  # with my, his ...
HOURS = {
    "get up": "five six seven eight nine ten",
    "wake up": "five six seven eight nine ten",
    "go to bed": "eight nine ten eleven",
}
FORBIDDABLE = ["open", "close", "take", "eat", "drink", "buy", "forget", "sell"]
EXCLAIMED = ["beautiful", "big", "small", "pretty", "good", "long", "difficult", "interesting", "old"]
MIDS = {"often": "souvent", "always": "toujours", "sometimes": "parfois"}
NUMBERS = dict(
    zip(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "twenty",
        ],
        [
            "un",
            "deux",
            "trois",
            "quatre",
            "cinq",
            "six",
            "sept",
            "huit",
            "neuf",
            "dix",
            "onze",
            "douze",
            "vingt",
        ],
        strict=True,
    )
)
DATIVES = [("me", "me"), ("him", "lui"), ("her", "lui"), ("us", "nous"), ("them", "leur")]
GIVEN = "give donner; show montrer; bring apporter"

SPOTS = {
    "on the table": ("sur la table", "snack reading thing food gift"),
    "on the chair": ("sur la chaise", "thing reading clothes animal"),
    "on the bed": ("sur le lit", "clothes reading thing"),
    "under the table": ("sous la table", "dog cat bag shoe box"),
    "under the bed": ("sous le lit", "cat shoe box key"),
    "in the garden": ("dans le jardin", "animal child tree flower table"),
    "in the kitchen": ("dans la cuisine", "cat dog food snack table chair"),
    "in the street": ("dans la rue", "dog vehicle child hotel"),
    "in the box": ("dans la boîte", "key letter cake hat"),
    "in the bag": ("dans le sac", "key phone book apple hat"),
    "in front of the house": ("devant la maison", "vehicle tree dog"),
    "behind the door": ("derrière la porte", "cat bag shoe"),
    "next to the school": ("à côté de l'école", "shop hotel park hospital market"),
    "near the station": ("près de la gare", "hotel shop park"),
}

MEASURES = {
    "a glass of": ("un verre de", "water milk wine"),
    "a bottle of": ("une bouteille de", "water milk wine"),
    "a cup of": ("une tasse de", "tea coffee"),
    "a piece of": ("un morceau de", "bread cheese meat fish"),
    "a lot of": ("beaucoup de", "bread cheese meat fish rice water milk coffee tea"),
    "too much": ("trop de", "bread cheese meat fish coffee wine"),
    "enough": ("assez de", "water bread rice fish"),
}

STEPS = """
buy acheter; sell vendre; but mais; past; car bike house
find trouver; lose perdre; but mais; past; key hat bag phone
lose perdre; find trouver; but mais; past; key hat bag phone coat dog cat
buy acheter; read lire; and et; prog; book newspaper
open ouvrir; close fermer; and et; past; door window box bag
wash laver; wear porter; and et; past; shirt dress coat hat
buy acheter; eat manger; and et; past; apple cake egg bread cheese meat fish
write écrire; forget oublier; but mais; past; letter
cook préparer; eat manger; and et; past; soup fish meat rice
buy acheter; wear porter; but mais; never; shirt dress coat hat shoe
"""
