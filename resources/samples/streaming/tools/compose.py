#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Renders the music of this sample from the notes in scores.py: standard library only, and opusenc
(package opus-tools) to make the files small. Run it after a score was changed; the result is kept
in version control, so that serving needs neither.

    python3 tools/compose.py [NAME...]
"""
import array
import os
import subprocess
import sys
import tempfile
import wave

import instruments
from scores import SCORES

LIBRARY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "library")
BITRATE = 48
FADE_SECONDS = 1.6
PEAK = 0.86


def mixed(score):
    """(left, right) of a score, as lists of floats."""
    beat = 60.0 / score["tempo"]
    size = int((score["beats"] * beat + score.get("tail", 2.0)) * instruments.RATE)
    sides = [0.0] * size, [0.0] * size
    for part in score["parts"]:
        play = getattr(instruments, part["instrument"])
        cache = {}
        angle = part.get("pan", 0.0)
        gains = part["gain"] * (1 - max(0, angle)), part["gain"] * (1 + min(0, angle))
        for start, pitch, beats, force in part["notes"]:
            key = pitch, beats
            if key not in cache:
                cache[key] = play(pitch, beats * beat)
            addAt(sides, cache[key], int(start * beat * instruments.RATE), gains, force)
    if score.get("echo"):
        echo(sides, int(score["echo"] * beat * instruments.RATE))
    return sides


def addAt(sides, sound, at, gains, force):
    for side, gain in zip(sides, gains):
        loud = gain * force
        end = min(len(side), at + len(sound))
        side[at:end] = [old + loud * new for old, new in zip(side[at:end], sound)]


def echo(sides, distance):
    """Each side answers on the other one, quieter every time."""
    left, right = sides
    for index in range(distance, len(left)):
        left[index] += 0.33 * right[index - distance]
        right[index] += 0.33 * left[index - distance]


def finished(sides):
    """Interleaved 16-bit samples: levelled, and faded out at the end."""
    top = max(max(map(abs, side)) for side in sides) or 1.0
    size, fade = len(sides[0]), int(FADE_SECONDS * instruments.RATE)
    scale = 32767 * PEAK / top
    samples = array.array("h", bytes(4 * size))
    for channel, side in enumerate(sides):
        samples[channel::2] = array.array("h", [
            int(value * scale * min(1.0, (size - index) / fade))
            for index, value in enumerate(side)])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def render(name, score):
    samples = finished(mixed(score))
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        with wave.open(file, "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(instruments.RATE)
            out.writeframes(samples.tobytes())
        file.flush()
        target = os.path.join(LIBRARY, "audio", name + ".opus")
        # A fixed serial number: the same notes give the same file.
        subprocess.run(["opusenc", "--quiet", "--bitrate", str(BITRATE), "--serial", "1",
                        "--discard-comments", "--title", score["title"], file.name, target],
                       check=True)
    print("%-22s %5.1f s %4d KiB" % (name, len(samples) / 2 / instruments.RATE,
                                     os.path.getsize(target) >> 10))


def main():
    os.makedirs(os.path.join(LIBRARY, "audio"), exist_ok=True)
    for name in sys.argv[1:] or SCORES:
        render(name, SCORES[name])


if __name__ == "__main__":
    main()
