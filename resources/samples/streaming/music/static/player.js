// SPDX-License-Identifier: Apache-2.0
// The player: a queue of tracks and one <audio>. It outlives the pages, which site.js swaps below
// it, and remembers its place when the browser's tab is loaded again.
"use strict";

const kTellMs = 5000;
const kKept = "undertow.player";

function byId(id) { return document.getElementById(id); }

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
}

function randomName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)),
                    (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const player = {
  audio: byId("audio"),
  queue: [],
  index: 0,
  session: "",
  play: "",
  seeking: false,
  told: 0,
  listeners: new Set(),

  get track() { return this.queue[this.index]; },

  start(queue, index) {
    this.queue = queue;
    this.go(index);
  },

  go(index, at = 0, playing = true) {
    this.index = index;
    this.play = randomName();
    const {track} = this;
    this.audio.src = "/audio/" + encodeURIComponent(track.slug) + ".opus";
    if (at) this.audio.addEventListener("loadedmetadata", () => { this.audio.currentTime = at; },
                                        {once: true});
    // A browser may refuse to play before the user has touched the page; the button stays there.
    if (playing) this.audio.play().catch(() => this.show());
    byId("player").hidden = false;
    byId("playerCover").src = "/covers/" + encodeURIComponent(track.album) + ".svg";
    byId("playerTitle").textContent = track.title;
    byId("playerArtist").textContent = track.artist;
    if ("mediaSession" in navigator)
      navigator.mediaSession.metadata = new MediaMetadata({title: track.title, artist: track.artist});
    this.show();
  },

  toggle() {
    if (this.audio.paused) this.audio.play().catch(() => {});
    else this.audio.pause();
  },

  previous() {
    if (this.audio.currentTime > 3 || this.index === 0) this.audio.currentTime = 0;
    else this.go(this.index - 1);
  },

  next() {
    if (this.index + 1 < this.queue.length) this.go(this.index + 1);
  },

  show() {
    const playing = !this.audio.paused;
    byId("toggle").setAttribute("aria-label", playing ? "Pause" : "Play");
    byId("toggle").querySelector("use").setAttribute("href", playing ? "#i-pause" : "#i-play");
    byId("next").disabled = this.index + 1 >= this.queue.length;
    this.showTime();
    this.keep();
    for (const listener of this.listeners) listener();
  },

  showTime() {
    const {currentTime, duration} = this.audio;
    byId("at").textContent = clock(currentTime);
    byId("length").textContent = clock(duration);
    if (!this.seeking) byId("seek").value = duration ? 1000 * currentTime / duration : 0;
  },

  keep() {
    try {
      sessionStorage.setItem(kKept, JSON.stringify({
        queue: this.queue, index: this.index, at: this.audio.currentTime, session: this.session,
        volume: this.audio.volume}));
    } catch { /* full or forbidden: it is only forgotten */ }
  },

  restore() {
    let kept = {};
    try { kept = JSON.parse(sessionStorage.getItem(kKept)) || {}; } catch { /* as new */ }
    this.session = kept.session || randomName();
    this.audio.volume = kept.volume ?? 1;
    byId("volume").value = 100 * this.audio.volume;
    if (kept.queue?.length) {
      this.queue = kept.queue;
      this.go(Math.min(kept.index, kept.queue.length - 1), kept.at, false);
    }
  },

  /** Tells the statistics that somebody listens, or has stopped. */
  tell(playing) {
    if (!this.track) return;
    this.told = Date.now();
    fetch("/api/listening", {method: "POST", keepalive: true,
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({session: this.session, play: this.play, track: this.track.slug,
                            playing})}).catch(() => {});
  },
};

player.audio.addEventListener("play", () => { player.show(); player.tell(true); });
player.audio.addEventListener("pause", () => { player.show(); player.tell(false); });
player.audio.addEventListener("durationchange", () => player.showTime());
player.audio.addEventListener("timeupdate", () => {
  player.showTime();
  if (!player.audio.paused && Date.now() - player.told >= kTellMs) {
    player.tell(true);
    player.keep();
  }
});
player.audio.addEventListener("ended", () => player.next());
player.audio.addEventListener("error", () => {
  if (player.track) say(`“${player.track.title}” cannot be played.`);
  player.show();
});
byId("toggle").addEventListener("click", () => player.toggle());
byId("previous").addEventListener("click", () => player.previous());
byId("next").addEventListener("click", () => player.next());
byId("seek").addEventListener("input", (event) => {
  player.seeking = true;
  byId("at").textContent = clock(player.audio.duration * event.target.value / 1000);
});
byId("seek").addEventListener("change", (event) => {
  player.seeking = false;
  if (player.audio.duration)
    player.audio.currentTime = player.audio.duration * event.target.value / 1000;
});
byId("volume").addEventListener("input", (event) => {
  player.audio.volume = event.target.value / 100;
  player.keep();
});
addEventListener("pagehide", () => { player.keep(); if (!player.audio.paused) player.tell(false); });
if ("mediaSession" in navigator) {
  navigator.mediaSession.setActionHandler("previoustrack", () => player.previous());
  navigator.mediaSession.setActionHandler("nexttrack", () => player.next());
}

function say(text) {
  const toast = byId("says");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.hidden = true; }, 4000);
}
