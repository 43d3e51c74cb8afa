#include "hf_words.h"

static const char even[256][6] = {
    "acorn", "actor", "alarm", "amber", "apple", "april", "apron", "arch",
    "aspen", "atlas", "award", "badge", "bagel", "baker", "banjo", "barn",
    "basil", "beach", "beard", "bison", "blade", "block", "boat",  "book",
    "boots", "brass", "bread", "brick", "bugle", "bulb",  "cabin", "cable",
    "candy", "carol", "chain", "chalk", "charm", "chess", "choir", "cider",
    "civic", "clay",  "cliff", "clove", "coach", "coast", "cobra", "cocoa",
    "comet", "coral", "crane", "crew",  "crisp", "cross", "crown", "cup",
    "daisy", "dance", "dawn",  "delta", "depot", "desk",  "diary", "diver",
    "dome",  "door",  "dream", "dune",  "eagle", "earth", "ebony", "echo",
    "elder", "elk",   "epoch", "equal", "event", "facet", "fairy", "fancy",
    "finch", "flame", "flask", "fleet", "flora", "flute", "forge", "fox",
    "frost", "fruit", "fudge", "game",  "gauge", "glass", "gold",  "goose",
    "guide", "habit", "halo",  "hazel", "heart", "hedge", "hero",  "horn",
    "horse", "hotel", "hymn",  "icon",  "igloo", "index", "ivory", "ivy",
    "jade",  "jam",   "jazz",  "jeep",  "jelly", "july",  "jumbo", "keys",
    "kilo",  "kite",  "kiwi",  "knee",  "lace",  "lamb",  "leaf",  "lemon",
    "lens",  "level", "lilac", "lily",  "lime",  "linen", "liter", "lodge",
    "lotus", "lucky", "lyric", "maize", "maple", "mask",  "medal", "mint",
    "month", "moon",  "motor", "mouse", "mud",   "myth",  "nacho", "navy",
    "noise", "north", "nova",  "nurse", "nylon", "oak",   "oasis", "ocean",
    "omega", "opal",  "opera", "organ", "otter", "oxide", "palm",  "panda",
    "paper", "pearl", "penny", "photo", "pilot", "pine",  "pixel", "pizza",
    "plaza", "plum",  "poem",  "poppy", "porch", "proof", "pulse", "queen",
    "radar", "ranch", "rhyme", "robin", "rodeo", "royal", "ruby",  "salad",
    "salt",  "sand",  "scarf", "scout", "shelf", "ship",  "shoe",  "siren",
    "ski",   "skirt", "slate", "sled",  "smile", "snack", "snow",  "sonic",
    "space", "spark", "spoon", "squid", "steel", "storm", "sugar", "sunny",
    "surf",  "swan",  "syrup", "tempo", "tent",  "theme", "thumb", "token",
    "tower", "toy",   "track", "tulip", "twig",  "ultra", "usher", "valve",
    "vapor", "vase",  "verse", "video", "villa", "visit", "vocal", "voice",
    "wagon", "waltz", "water", "whale", "wheat", "wheel", "width", "wind",
    "wool",  "xenon", "yacht", "yard",  "yeast", "yoga",  "zinc",  "zoom",
};

static const char odd[256][9] = {
    "academy",  "address",  "admiral",  "airport",  "alchemy",  "alphabet",
    "ambition", "amethyst", "anchovy",  "animal",   "antelope", "aquarium",
    "armchair", "autumn",   "bachelor", "backpack", "banana",   "bicycle",
    "biscuit",  "blossom",  "boulder",  "boutique", "bracelet", "broccoli",
    "brother",  "buffalo",  "bungalow", "button",   "cabbage",  "campfire",
    "canary",   "candle",   "canyon",   "capital",  "caravan",  "cardinal",
    "carpet",   "celery",   "chamber",  "cheddar",  "cherry",   "chestnut",
    "cinema",   "cinnamon", "citizen",  "clarinet", "climate",  "coconut",
    "collage",  "column",   "copper",   "corridor", "cousin",   "crystal",
    "cucumber", "curtain",  "customer", "cyclone",  "daffodil", "daughter",
    "december", "desert",   "dialect",  "diploma",  "dolphin",  "domino",
    "editor",   "emerald",  "emperor",  "evening",  "explorer", "fabric",
    "family",   "fashion",  "festival", "filter",   "flavor",   "football",
    "forest",   "formula",  "fortune",  "freckle",  "friday",   "furnace",
    "gallery",  "geyser",   "giraffe",  "glacier",  "gondola",  "guardian",
    "harmony",  "harvest",  "hazelnut", "helmet",   "highway",  "history",
    "holiday",  "iceberg",  "iguana",   "insect",   "interior", "invoice",
    "jaguar",   "jasmine",  "jersey",   "jigsaw",   "journal",  "kangaroo",
    "kerosene", "keyboard", "kingdom",  "ladder",   "laptop",   "laundry",
    "lavender", "lecture",  "leopard",  "letter",   "library",  "lizard",
    "locket",   "lullaby",  "lumber",   "machine",  "magnet",   "mailbox",
    "mammoth",  "mandolin", "marathon", "marble",   "margin",   "marigold",
    "mascot",   "mattress", "melody",   "mercury",  "mermaid",  "message",
    "midnight", "mineral",  "minister", "mirror",   "mittens",  "monday",
    "morning",  "mustard",  "napkin",   "narrator", "nebula",   "necklace",
    "needle",   "neighbor", "november", "nutmeg",   "octagon",  "opinion",
    "orchard",  "ostrich",  "outdoor",  "pacific",  "package",  "painter",
    "pancake",  "parasol",  "parsley",  "partner",  "passport", "peanut",
    "pelican",  "perfume",  "pigeon",   "pioneer",  "platform", "popcorn",
    "portrait", "postcard", "powder",   "prairie",  "pumpkin",  "puzzle",
    "quartz",   "raccoon",  "radiator", "railway",  "rainbow",  "recipe",
    "referee",  "rhythm",   "ribbon",   "sailor",   "sandal",   "sapphire",
    "sardine",  "saturday", "sausage",  "scaffold", "sculptor", "season",
    "seminar",  "shampoo",  "sherbet",  "signal",   "soprano",  "spinach",
    "spiral",   "sponge",   "squirrel", "stadium",  "station",  "stencil",
    "stomach",  "student",  "subway",   "sunrise",  "sweater",  "symbol",
    "symphony", "teapot",   "telegram", "temple",   "terrace",  "thimble",
    "thunder",  "toddler",  "tornado",  "tortoise", "tourist",  "tractor",
    "tribune",  "trombone", "tugboat",  "tunnel",   "turbine",  "turkey",
    "turnip",   "turtle",   "twilight", "umbrella", "unicorn",  "universe",
    "vacation", "vanilla",  "vehicle",  "veranda",  "vineyard", "volcano",
    "voyage",   "waffle",   "wardrobe", "wedding",  "whisper",  "window",
    "workshop", "yogurt",   "zeppelin", "zodiac",
};

const char *
hf_words(const uint8_t *p, size_t n, char *out)
{
    char *at = out;

    for (size_t i = 0; i < n; i++) {
        const char *word = i % 2 == 0 ? even[p[i]] : odd[p[i]];
        const size_t len = strlen(word);

        if (i > 0)
            *at++ = ' ';
        memcpy(at, word, len);
        at += len;
    }
    *at = '\0';
    return out;
}
