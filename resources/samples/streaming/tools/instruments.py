# SPDX-License-Identifier: Apache-2.0
"""Instruments: a function takes a pitch (MIDI number) and a length in seconds and returns samples.
"""
import math
import random

RATE = 24000
TURN = 2 * math.pi


def frequency(pitch):
    return 440.0 * 2 ** ((pitch - 69) / 12)


def shaped(samples, attack, release):
    """Fades a note in and out, so that no note begins or ends with a click."""
    rise, fall, size = max(1, int(attack * RATE)), max(1, int(release * RATE)), len(samples)
    return [value * min(1.0, index / rise, (size - index) / fall)
            for index, value in enumerate(samples)]


def pad(pitch, seconds):
    """Three slightly detuned voices with soft overtones that swell and fade."""
    size = int((seconds + 1.2) * RATE)
    steps = [TURN * frequency(pitch) * detune / RATE for detune in (0.9965, 1.0, 1.0038)]
    sin = math.sin
    sound = [sin(i * steps[0]) + sin(i * steps[1]) + sin(i * steps[2])
             + 0.35 * sin(2 * i * steps[1]) + 0.14 * sin(3 * i * steps[0])
             for i in range(size)]
    return shaped(sound, min(1.1, seconds / 2), 1.6)


def bell(pitch, seconds):
    """Frequency modulation with a ratio that is no whole number, dying away."""
    size = int((seconds + 1.8) * RATE)
    step, second = TURN * frequency(pitch) / RATE, TURN * frequency(pitch) * 3.52 / RATE
    sin, exp = math.sin, math.exp
    return shaped([exp(-2.1 * i / RATE) * sin(i * step + 1.5 * exp(-4.5 * i / RATE)
                                              * sin(i * second))
                   for i in range(size)], 0.004, 0.3)


def electricPiano(pitch, seconds):
    size = int((seconds + 0.5) * RATE)
    step = TURN * frequency(pitch) / RATE
    sin, exp = math.sin, math.exp
    return shaped([exp(-1.5 * i / RATE) * (1 + 0.12 * sin(i * TURN * 4.6 / RATE))
                   * sin(i * step + 1.1 * exp(-3.0 * i / RATE) * sin(i * step)
                         + 0.25 * exp(-9.0 * i / RATE) * sin(14 * i * step))
                   for i in range(size)], 0.004, 0.25)


def pluck(pitch, seconds):
    """Karplus and Strong: noise going round in a delay line that is one period long."""
    size = int((seconds + 1.3) * RATE)
    exact = RATE / frequency(pitch) - 0.5
    period = int(exact)
    noise = random.Random(pitch)
    line = [noise.uniform(-1, 1) for _ in range(period + 1)]
    line = [(line[i] + line[i - 1]) / 2 for i in range(period + 1)]  # a soft finger
    part = exact - period  # tunes between two whole periods
    damping = 0.5 * (0.9975 if pitch < 64 else 0.9945)
    sound = line[:]
    for index in range(period + 1, size):
        at = index - period
        a, b, c = sound[at], sound[at - 1], sound[max(0, at - 2)]
        sound.append(damping * (a * (1 - part) + b * part + b * (1 - part) + c * part))
    return shaped(sound, 0.001, 0.35)


def pulse(pitch, seconds, duty=0.25):
    """The square voice of old game machines, with a little vibrato; overtones above the limit are
    left out, since they would come back as wrong notes."""
    size = int(seconds * RATE)
    base = frequency(pitch)
    tones = [(n, math.sin(math.pi * n * duty) / n)
             for n in range(1, 24) if n * base < RATE * 0.45]
    step = TURN * base / RATE
    table = [sum(loud * math.cos(n * TURN * i / 2048) for n, loud in tones) for i in range(2048)]
    scale = 2048 / TURN
    sin, exp = math.sin, math.exp
    return shaped([exp(-1.8 * i / RATE)
                   * table[int((i * step + 0.05 * sin(i * TURN * 5.5 / RATE)) * scale) & 2047]
                   for i in range(size)], 0.003, min(0.06, seconds / 3))


def square(pitch, seconds):
    return pulse(pitch, seconds, 0.5)


def triangle(pitch, seconds):
    size = int(seconds * RATE)
    step = TURN * frequency(pitch) / RATE
    sin = math.sin
    return shaped([sin(i * step) - sin(3 * i * step) / 9 + sin(5 * i * step) / 25
                   for i in range(size)], 0.004, min(0.07, seconds / 3))


def deep(pitch, seconds):
    """A round bass."""
    size = int((seconds + 0.1) * RATE)
    step = TURN * frequency(pitch) / RATE
    sin, exp = math.sin, math.exp
    return shaped([sin(i * step) + 0.45 * exp(-5.0 * i / RATE) * sin(2 * i * step)
                   + 0.12 * exp(-9.0 * i / RATE) * sin(3 * i * step)
                   for i in range(size)], 0.008, 0.09)


def flute(pitch, seconds):
    size = int((seconds + 0.15) * RATE)
    step = TURN * frequency(pitch) / RATE
    sin, breath = math.sin, random.Random(7 * pitch)
    last, sound = 0.0, []
    for i in range(size):
        last += 0.12 * (breath.uniform(-1, 1) - last)
        phase = i * step + 0.012 * frequency(pitch) / 100 * sin(i * TURN * 4.8 / RATE)
        sound.append(sin(phase) + 0.22 * sin(2 * phase) + 0.06 * sin(3 * phase) + 0.1 * last)
    return shaped(sound, 0.07, 0.14)


# -- drums: the pitch is ignored -------------------------------------------------------------------

def kick(_pitch, _seconds):
    sin, exp = math.sin, math.exp
    return shaped([exp(-9 * i / RATE) * sin(TURN * (46 * i / RATE - 3.4 * exp(-28 * i / RATE)))
                   for i in range(int(0.42 * RATE))], 0.001, 0.05)


def noise(seconds, decay, bright, seed):
    source, last, sound = random.Random(seed), 0.0, []
    for index in range(int(seconds * RATE)):
        value = source.uniform(-1, 1)
        last += (1 - bright) * (value - last)
        sound.append((value - last if bright > 0.5 else last) * math.exp(-decay * index / RATE))
    return sound


def snare(_pitch, _seconds):
    body = [0.5 * math.exp(-22 * i / RATE) * math.sin(i * TURN * 185 / RATE)
            for i in range(int(0.25 * RATE))]
    return shaped([a + 0.6 * b for a, b in zip(noise(0.25, 17, 0.6, 3), body)], 0.001, 0.05)


def hat(_pitch, _seconds):
    return shaped(noise(0.08, 60, 0.93, 5), 0.001, 0.02)


def shaker(_pitch, _seconds):
    return shaped(noise(0.12, 26, 0.9, 9), 0.03, 0.04)


def waves(_pitch, seconds):
    """The sea: dark noise that swells slowly."""
    source, first, second, sound = random.Random(11), 0.0, 0.0, []
    for index in range(int(seconds * RATE)):
        first += 0.05 * (source.uniform(-1, 1) - first)
        second += 0.2 * (first - second)
        sound.append(4 * second * (0.55 - 0.45 * math.cos(index * TURN / (7.5 * RATE))))
    return shaped(sound, 1.5, 2.0)
