// SPDX-License-Identifier: Apache-2.0
// One upload in pieces. It can be paused, continued after any failure, and continued after a reload
// when the same file is chosen again: the server is asked how far it got.
"use strict";

const kAttemptsMax = 6;
const kRetryMs = 700;
const kRemembered = "filesync.uploads";

function fileUrl(name) {
  return "/files/" + name.split("/").map(encodeURIComponent).join("/");
}

/** What the server said, as an Error with its status. */
class Refusal extends Error {
  constructor(status, body) {
    super(body.error || "The server answered " + status + ".");
    this.status = status;
    this.body = body;
  }
  /** Whether asking again later may help: the worker died, or another request holds the upload. */
  get passes() { return [0, 423, 429, 502, 503, 504].includes(this.status); }
}

async function ask(url, options = {}) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, {error: "The server cannot be reached."});
  }
  if (answer.ok) return answer;
  throw new Refusal(answer.status, await answer.json().catch(() => ({})));
}

function sendJson(url, method, value, headers = {}) {
  return ask(url, {method, headers: {...headers, "Content-Type": "application/json"},
                   body: JSON.stringify(value)});
}

/** Content-Digest of a piece. Browsers offer the checksum on safe origins only. */
async function digestOf(bytes) {
  if (!globalThis.crypto?.subtle) return {};
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return {"Content-Digest": "sha-256=:" + btoa(String.fromCharCode(...sum)) + ":"};
}

const remembered = {
  all() {
    try { return JSON.parse(localStorage.getItem(kRemembered)) || {}; } catch { return {}; }
  },
  key(name, file) { return [name, file.size, file.lastModified].join("|"); },
  get(name, file) { return this.all()[this.key(name, file)]; },
  set(name, file, id) {
    const all = this.all();
    if (id) all[this.key(name, file)] = id; else delete all[this.key(name, file)];
    try { localStorage.setItem(kRemembered, JSON.stringify(all)); } catch { /* full or forbidden */ }
  },
};

class Upload extends EventTarget {
  /** baseline: checksum of the version this file replaces, "" when the name is new. */
  constructor(name, file, chunk, baseline) {
    super();
    Object.assign(this, {name, file, chunk, baseline, sent: 0, state: "waiting", text: "Waiting"});
  }

  tell(state, text = "") {
    this.state = state;
    this.text = text;
    this.dispatchEvent(new Event("change"));
  }

  async run() {
    this.stopped = new AbortController();
    for (let failures = 0; ;) {
      try {
        const before = this.sent;
        await this.sendAll(() => { failures = 0; });
        if (this.sent > before) failures = 0;
        return await this.finish();
      } catch (error) {
        if (this.stopped.signal.aborted) return this.tell("paused", "Paused");
        if (error.status === 412) return this.tell("conflict", error.message);
        if (error.status === 409 && error.body.offset !== undefined) continue; // ask how far, go on
        if (!error.passes || ++failures >= kAttemptsMax) return this.tell("failed", error.message);
        this.tell("sending", "Trying again: " + error.message);
        await new Promise((done) => setTimeout(done, kRetryMs * failures));
      }
    }
  }

  async sendAll(onProgress) {
    this.id = this.id || remembered.get(this.name, this.file);
    if (this.id) {
      try {
        const known = await (await ask("/api/uploads/" + this.id)).json();
        this.sent = known.offset;
      } catch (error) {
        if (error.status !== 404) throw error;
        this.id = "";
      }
    }
    if (!this.id) {
      const made = await (await sendJson("/api/uploads", "POST",
                                         {name: this.name, size: this.file.size})).json();
      this.id = made.id;
      this.sent = 0;
      remembered.set(this.name, this.file, this.id);
    }
    while (this.sent < this.file.size) {
      this.tell("sending");
      const bytes = await this.file.slice(this.sent, this.sent + this.chunk).arrayBuffer();
      const answer = await ask("/api/uploads/" + this.id, {
        method: "PATCH", body: bytes, signal: this.stopped.signal,
        headers: {"Upload-Offset": String(this.sent),
                  "Content-Type": "application/octet-stream", ...await digestOf(bytes)}});
      this.sent = Number(answer.headers.get("Upload-Offset"));
      onProgress();
    }
  }

  /** The conditions say which version this one may replace: without them nothing is lost. */
  async finish(name = this.name, baseline = this.baseline) {
    this.tell("sending", "Checking");
    const condition = baseline ? {"If-Match": `"${baseline}"`} : {"If-None-Match": "*"};
    await sendJson("/api/uploads/" + this.id, "PUT", {name}, condition);
    remembered.set(this.name, this.file, null);
    this.tell("done", name === this.name ? "Done" : "Kept as " + name);
  }

  /** After a conflict: under another name, or over the version that is there now. */
  async settle(name, baseline) {
    try {
      await this.finish(name, baseline);
    } catch (error) {
      this.tell(error.status === 412 ? "conflict" : "failed", error.message);
    }
  }

  pause() { this.stopped?.abort(); }

  async cancel() {
    this.pause();
    if (this.id && this.state !== "done")
      await ask("/api/uploads/" + this.id, {method: "DELETE"}).catch(() => {});
    remembered.set(this.name, this.file, null);
    this.tell("cancelled");
  }
}
