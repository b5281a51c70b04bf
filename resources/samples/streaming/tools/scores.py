# SPDX-License-Identifier: Apache-2.0
"""The notes of every piece. A note is (beat it starts at, MIDI pitch, length in beats, force).
"""
import random

MAJOR, MINOR = (0, 4, 7), (0, 3, 7)
MAJOR7, MINOR7, SEVENTH, MINOR9 = (0, 4, 7, 11), (0, 3, 7, 10), (0, 4, 7, 10), (0, 3, 7, 14)
SUSPENDED, ADD9 = (0, 5, 7), (0, 4, 7, 14)


def part(instrument, gain, notes, pan=0.0):
    return {"instrument": instrument, "gain": gain, "pan": pan, "notes": list(notes)}


def chords(progression, each, length=None):
    """A chord every `each` beats, its notes a little apart."""
    for place, (root, shape) in enumerate(progression):
        for index, step in enumerate(shape):
            yield place * each + 0.02 * index, root + step, length or each, 1.0


def roots(progression, each, pattern, drop=12):
    """A bass: pattern is (beat within the chord, step above the root, length)."""
    for place, (root, _shape) in enumerate(progression):
        for beat, step, length in pattern:
            yield place * each + beat, root - drop + step, length, 1.0


def broken(progression, each, pace, order, length=None, force=1.0):
    """A chord's notes one by one; order counts up its notes, and on into the next octave."""
    for place, (root, shape) in enumerate(progression):
        for index in range(int(each / pace)):
            octave, which = divmod(order[index % len(order)], len(shape))
            accent = force * (1.0 if index % 4 == 0 else 0.72)
            yield (place * each + index * pace, root + shape[which] + 12 * octave,
                   length or pace, accent)


def tune(start, text, transpose=0, force=1.0):
    """'60:1 -:.5 62:.5' : pitches with their lengths; a dash is a rest."""
    at = start
    for word in text.split():
        pitch, _, length = word.partition(":")
        if pitch != "-":
            yield at, int(pitch) + transpose, float(length), force
        at += float(length)


def beats(total, every, places, force=1.0):
    for bar in range(0, total, every):
        for place in places:
            yield bar + place, 0, 0.25, force


def strewn(seed, total, pitches, chance, step=1.0, length=2.0):
    """Single notes here and there, the same ones every time."""
    dice = random.Random(seed)
    at = 0.0
    while at < total:
        if dice.random() < chance:
            yield at, dice.choice(pitches), length, dice.uniform(0.45, 1.0)
        at += step


# -- Tidal Rooms: Low Water ------------------------------------------------------------------------

HARBOUR = [(50, ADD9), (45, MINOR9), (43, MAJOR7), (45, SUSPENDED)]
GLASS = [(53, MAJOR7), (52, MINOR7), (50, MINOR9), (48, ADD9)]
FERRY = [(45, MINOR9), (41, MAJOR7), (48, ADD9), (43, SUSPENDED)]

# -- Cedar & Wire: Kitchen Songs -------------------------------------------------------------------

KETTLE = [(55, MAJOR), (52, MINOR), (48, MAJOR), (50, MAJOR)] * 2 + [(48, MAJOR), (50, MAJOR),
                                                                    (55, MAJOR), (55, MAJOR)]
PORCH = [(48, MAJOR), (45, MINOR), (53, MAJOR), (55, MAJOR)] * 3
SHED = [(50, MINOR), (53, MAJOR), (48, MAJOR), (45, MINOR)] * 3

# -- Pixel Harbour: Save Point ---------------------------------------------------------------------

START = [(57, MINOR), (53, MAJOR), (48, MAJOR), (55, MAJOR)] * 3
LEVEL = [(52, MINOR), (48, MAJOR), (50, MAJOR), (47, MINOR)] * 3
CREDITS = [(53, MAJOR), (55, MAJOR), (52, MINOR), (57, MINOR)] * 3

# -- Night Buses: Line 41 --------------------------------------------------------------------------

SEAT = [(50, MINOR9), (55, SEVENTH), (48, MAJOR7), (57, MINOR7)] * 2
TERMINUS = [(53, MAJOR7), (52, MINOR7), (57, MINOR9), (55, SEVENTH)] * 2
NEON = [(51, MAJOR7), (48, MINOR7), (56, MAJOR7), (58, SEVENTH)] * 2

WALTZ = ("74:2 71:1 | 76:1 74:1 71:1 | 72:2 76:1 | 74:2 -:1 | 79:2 78:1 | 76:1 74:1 71:1 | "
         "72:1 71:1 69:1 | 69:2 -:1 | 72:1 74:1 76:1 | 78:1 76:1 74:1 | 79:3 | 67:3").replace(
             "|", "")
PORCH_TUNE = ("67:1 72:1 76:1.5 74:.5 | 72:2 69:2 | 69:1 72:1 77:1.5 76:.5 | 74:3 -:1 | "
              "79:1 76:1 72:1.5 74:.5 | 76:2 72:2 | 69:1 72:1 74:1 72:1 | 71:3 -:1 | "
              "67:1 72:1 76:1.5 79:.5 | 81:2 76:2 | 77:1 76:1 74:1 72:1 | 72:4").replace("|", "")
SHED_TUNE = ("-:2 69:1 74:1 | 77:1.5 76:.5 74:2 | 72:1 76:1 79:1 76:1 | 72:3 -:1 | "
             "-:1 74:1 77:1 81:1 | 79:1.5 77:.5 76:1 77:1 | 79:2 76:2 | 76:1 74:1 72:1 69:1 | "
             "74:1 77:1 74:1 69:1 | 72:1.5 74:.5 77:2 | 76:1 74:1 72:1 71:1 | 69:4").replace(
                 "|", "")
START_TUNE = ("76:.5 -:.5 76:.5 74:.5 76:1 81:1 | 79:.5 77:.5 76:.5 77:.5 72:2 | "
              "76:.5 77:.5 79:1 84:1 79:1 | 78:.5 79:.5 83:1 79:1 74:1 |" * 2
              + "81:.5 83:.5 84:.5 83:.5 81:1 76:1 | 77:.5 79:.5 81:.5 84:.5 81:2 | "
              "79:.5 76:.5 72:.5 76:.5 79:.5 84:.5 88:1 | 86:1 83:1 81:2").replace("|", "")
LEVEL_TUNE = ("71:1 -:.5 71:.5 76:1 79:1 | 79:.5 78:.5 76:1 72:2 | 74:1 78:1 81:1.5 79:.5 | "
              "78:2 74:2 | 83:1 81:.5 79:.5 76:2 | 79:.5 81:.5 79:.5 76:.5 72:2 | "
              "74:.5 76:.5 78:.5 81:.5 86:1 81:1 | 83:4 | 71:.5 76:.5 79:.5 83:.5 79:1 76:1 | "
              "72:.5 76:.5 79:.5 84:.5 79:2 | 78:1 81:1 79:.5 78:.5 76:.5 74:.5 | 76:4").replace(
                  "|", "")
CREDITS_TUNE = ("-:1 69:.5 72:.5 77:2 | 76:.5 74:.5 74:3 | -:1 67:.5 71:.5 76:2 | "
                "74:.5 72:.5 72:3 | -:1 72:.5 77:.5 81:2 | 79:.5 77:.5 79:3 | "
                "83:1 79:1 76:1 74:1 | 76:1.5 74:.5 72:2 | 69:.5 72:.5 77:.5 81:.5 84:2 | "
                "83:.5 81:.5 79:1 74:2 | 76:1 79:1 83:1 86:1 | 88:2 84:2").replace("|", "")
SEAT_TUNE = ("-:4 | -:2 74:.5 76:.5 77:1 | 76:1.5 74:.5 71:2 | -:1 72:1 76:.5 74:1.5 | "
             "77:1 76:.5 74:.5 72:2 | -:.5 74:.5 77:.5 81:.5 79:2 | 76:1 74:1 71:1 72:1 | 69:4"
             ).replace("|", "")
TERMINUS_TUNE = ("-:2 76:1 77:1 | 79:1.5 76:.5 74:2 | 72:1 76:1 79:1 81:1 | 83:2 79:2 | "
                 "-:1 81:.5 79:.5 76:2 | 74:.5 76:.5 79:1 83:2 | 84:1 83:.5 81:.5 79:1 76:1 | 77:4"
                 ).replace("|", "")
NEON_TUNE = ("-:2 70:.5 74:.5 77:1 | 75:2 72:2 | -:1 75:.5 77:.5 79:1 80:1 | 77:3 74:1 | "
             "79:1 77:.5 75:.5 74:2 | 75:.5 79:.5 82:1 79:2 | 80:1 79:1 75:1 72:1 | 70:4").replace(
                 "|", "")


def chip(title, tempo, progression, melody, order):
    total = 4 * len(progression)
    return {"title": title, "tempo": tempo, "beats": total, "tail": 0.6, "parts": [
        part("pulse", 0.30, tune(0, melody), 0.15),
        part("square", 0.10, broken(progression, 4, 0.25, order, force=0.9), -0.5),
        part("triangle", 0.42, roots(progression, 4, [
            (0, 0, .5), (.75, 0, .25), (1, 12, .5), (2, 0, .5), (2.75, 0, .25), (3, 7, .5),
            (3.5, 12, .5)], 24)),
        part("kick", 0.5, beats(total, 4, (0, 1.5, 2))),
        part("snare", 0.28, beats(total, 4, (1, 3))),
        part("hat", 0.16, beats(total, 1, (0, .5)), 0.3)]}


def lateNight(title, tempo, progression, melody, kicks):
    total = 4 * len(progression)
    return {"title": title, "tempo": tempo, "beats": total, "tail": 1.6, "parts": [
        part("electricPiano", 0.20, chords(progression, 4, 3.4), -0.2),
        part("electricPiano", 0.09, broken(progression, 4, 1, (2, 3, 1, 3), 1), 0.5),
        part("bell", 0.13, tune(0, melody), 0.3),
        part("deep", 0.52, roots(progression, 4, [(0, 0, 1.4), (1.5, 0, .4), (2.5, 7, 1.2)])),
        part("kick", 0.62, beats(total, 4, kicks)),
        part("snare", 0.25, beats(total, 4, (1, 3))),
        part("hat", 0.12, beats(total, 1, (0, .58)), 0.3)]}


def ambient(title, tempo, progression, seed, scale, second):
    total = 8 * len(progression)
    return {"title": title, "tempo": tempo, "beats": total, "tail": 4.0, "echo": 1.5, "parts": [
        part("pad", 0.13, chords(progression, 8)),
        part("deep", 0.30, roots(progression, 8, [(0, 0, 7)], 12)),
        part("bell", 0.20, strewn(seed, total, scale, 0.5), -0.5),
        part(second, 0.16, strewn(seed + 1, total, [n - 12 for n in scale], 0.3, 1.5, 3), 0.5),
        part("waves", 0.16, [(0, 0, total, 1.0)])]}


SCORES = {
    "harbour-at-four": ambient("Harbour at Four", 72, HARBOUR, 3, (74, 76, 78, 81, 83, 86),
                               "flute"),
    "salt-glass": ambient("Salt Glass", 78, GLASS, 8, (72, 74, 76, 79, 81, 84, 88), "bell"),
    "last-ferry": ambient("Last Ferry", 74, FERRY, 21, (69, 72, 74, 76, 79, 81), "flute"),
    "kettle-waltz": {"title": "Kettle Waltz", "tempo": 132, "beats": 72, "tail": 2.5, "parts": [
        part("pluck", 0.34, roots(KETTLE * 2, 3, [(0, 0, 1.5)]), -0.2),
        part("pluck", 0.16, ((at + beat, pitch, 1, force) for beat in (1, 2)
                             for at, pitch, _, force in chords(KETTLE * 2, 3)), -0.4),
        part("pluck", 0.36, list(tune(0, WALTZ)) + list(tune(36, WALTZ)), 0.35),
        part("flute", 0.13, tune(36, WALTZ, 0, 0.8), 0.1)]},
    "porch-light": {"title": "Porch Light", "tempo": 108, "beats": 48, "tail": 2.5, "parts": [
        part("pluck", 0.26, broken(PORCH, 4, 0.5, (0, 2, 3, 4, 2, 4, 3, 2), 1), -0.35),
        part("pluck", 0.34, roots(PORCH, 4, [(0, 0, 2), (2, 7, 2)])),
        part("flute", 0.17, tune(0, PORCH_TUNE), 0.3),
        part("shaker", 0.14, beats(48, 1, (0, .5)), 0.5)]},
    "rain-on-the-shed": {"title": "Rain on the Shed", "tempo": 112, "beats": 48, "tail": 2.5,
                         "parts": [
        part("pluck", 0.28, broken(SHED, 4, 0.5, (0, 1, 2, 3, 4, 3, 2, 1), 1), -0.35),
        part("deep", 0.30, roots(SHED, 4, [(0, 0, 2), (2, 0, 1.5)])),
        part("pluck", 0.40, tune(0, SHED_TUNE), 0.35),
        part("shaker", 0.20, beats(48, 1, (0, .25, .5, .75), 0.8), 0.2)]},
    "press-start": chip("Press Start", 126, START, START_TUNE, (0, 1, 2, 3)),
    "lighthouse-level": chip("Lighthouse Level", 116, LEVEL, LEVEL_TUNE, (0, 2, 1, 2)),
    "credits": chip("Credits", 104, CREDITS, CREDITS_TUNE, (0, 1, 2, 1)),
    "front-seat": lateNight("Front Seat", 82, SEAT, SEAT_TUNE, (0, 2.5)),
    "terminus": lateNight("Terminus", 76, TERMINUS, TERMINUS_TUNE, (0, 1.75, 2.5)),
    "wet-neon": lateNight("Wet Neon", 88, NEON, NEON_TUNE, (0, .75, 2.5)),
}
