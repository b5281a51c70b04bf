// SPDX-License-Identifier: Apache-2.0
"use strict";

const desk = document.getElementById("desk");
const list = document.getElementById("list");
const strip = document.querySelector("#uploads ul");
const kPollMs = 3000;
const kAtOnce = 2;
const kChangesShown = 8;
const uploads = [];
let revision = Number(desk.dataset.revision);

// -- small things ---------------------------------------------------------------------------------

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function sizeText(size) {
  if (size < 1000) return size + " B";
  for (const unit of ["kB", "MB", "GB"]) {
    size /= 1000;
    if (size < 999.5 || unit === "GB") return size.toFixed(size < 9.95 ? 1 : 0) + " " + unit;
  }
}

/** The server tells UTC; the reader lives elsewhere. */
function localTime(iso) {
  const at = new Date(iso);
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `
    + `${two(at.getHours())}:${two(at.getMinutes())}`;
}

function timeElement(iso) {
  return element("time", {dateTime: iso, textContent: localTime(iso)});
}

function say(text) {
  const toast = document.getElementById("says");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.hidden = true; }, 5000);
}

/** A question with named answers; resolves to the value chosen, "" when dismissed. */
function question(title, text, answers) {
  const dialog = document.getElementById("ask");
  document.getElementById("askTitle").textContent = title;
  document.getElementById("askText").textContent = text;
  document.getElementById("askButtons").replaceChildren(...answers.map(([label, value], index) =>
    element("button", {textContent: label, value, className: index ? "second" : ""})));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue), {once: true});
  });
}

/** "a/report.txt" becomes "a/report (2).txt", the first that is free. */
function freeName(name) {
  const [, folder, stem, ending] = name.match(/^(.*\/)?(.+?)(\.[^./]*)?$/);
  for (let number = 2; ; ++number) {
    const tried = `${folder || ""}${stem} (${number})${ending || ""}`;
    if (!rowOf(tried)) return tried;
  }
}

// -- the list -------------------------------------------------------------------------------------

function rowOf(name) {
  return [...list.rows].find((row) => row.dataset.name === name);
}

function makeRow(file) {
  const cut = file.name.lastIndexOf("/") + 1;
  const link = element("a", {href: fileUrl(file.name), download: ""}, file.name.slice(cut));
  if (cut) link.prepend(element("span", {className: "folder", textContent: file.name.slice(0, cut)}));
  const remove = element("button", {type: "button", className: "plain delete", textContent: "Delete",
                                    ariaLabel: "Delete " + file.name});
  const row = element("tr", {},
    element("td", {className: "name"}, link),
    element("td", {className: "number", textContent: sizeText(file.size)}),
    element("td", {className: "when"}, timeElement(file.modified)),
    element("td", {className: "actions"}, remove));
  row.dataset.name = file.name;
  row.dataset.sha256 = file.sha256;
  return row;
}

function showList(files, total) {
  const before = new Map([...list.rows].map((row) => [row.dataset.name, row.dataset.sha256]));
  const focused = document.activeElement?.closest?.("#list tr")?.dataset.name;
  list.replaceChildren(...files.map((file) => {
    const row = makeRow(file);
    if (before.get(file.name) !== file.sha256) row.classList.add("fresh");
    return row;
  }));
  if (focused) rowOf(focused)?.querySelector("button").focus();
  document.getElementById("summary").textContent =
    `${files.length} file${files.length === 1 ? "" : "s"} · ${sizeText(total)}`;
  filter();
}

function filter() {
  const words = document.getElementById("filter").value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const row of list.rows) {
    const name = row.dataset.name.toLowerCase();
    row.hidden = !words.every((word) => name.includes(word));
    shown += !row.hidden;
  }
  const empty = document.getElementById("empty");
  empty.hidden = shown > 0;
  empty.textContent = list.rows.length ? "No file has these words in its name."
                                       : "Nothing here yet. Drop files on this page.";
}

async function refresh() {
  const answer = await (await ask("/api/files")).json();
  revision = answer.revision;
  showList(answer.files, answer.files.reduce((sum, file) => sum + file.size, 0));
}

/** Asks what changed since the revision shown; nothing but a 304 travels while nothing does. */
async function poll() {
  try {
    const answer = await (await ask("/api/changes?since=" + revision)).json();
    if (answer.changes.length) {
      const shown = document.getElementById("changes");
      for (const change of answer.changes.slice(-kChangesShown)) {
        shown.prepend(element("li", {},
          element("span", {className: "kind " + change.kind, textContent: change.kind}), " ",
          element("span", {className: "what", textContent: change.name}), " ",
          timeElement(change.at)));
      }
      while (shown.children.length > kChangesShown) shown.lastElementChild.remove();
      await refresh();
    }
  } catch (error) {
    if (error.status === 410) await refresh().catch(() => {});
  }
}

async function everySoOften() {
  if (!document.hidden) await poll();
  setTimeout(everySoOften, kPollMs);
}

list.addEventListener("click", async (event) => {
  const row = event.target.closest("button.delete")?.closest("tr");
  if (!row) return;
  const {name, sha256} = row.dataset;
  if (await question(`Delete “${name}”?`, "It is deleted from every folder that is kept in step.",
                     [["Delete", "yes"], ["Keep", ""]]) !== "yes") return;
  try {
    await ask(fileUrl(name), {method: "DELETE", headers: {"If-Match": `"${sha256}"`}});
    say(`“${name}” is deleted.`);
  } catch (error) {
    say(error.status === 412 ? `“${name}” was changed meanwhile and is kept.` : error.message);
  }
  await poll();
});
document.getElementById("filter").addEventListener("input", filter);

// -- uploads --------------------------------------------------------------------------------------

function stateText(upload) {
  const parts = [`${sizeText(upload.sent)} of ${sizeText(upload.file.size)}`];
  return upload.text ? upload.text + " · " + parts : parts.join(" · ");
}

function buttonsOf(upload) {
  const button = (label, action) => {
    const made = element("button", {type: "button", className: "plain", textContent: label});
    made.addEventListener("click", action);
    return made;
  };
  switch (upload.state) {
  case "waiting": return [button("Cancel", () => upload.cancel())];
  case "sending": return [button("Pause", () => upload.pause()),
                          button("Cancel", () => upload.cancel())];
  case "paused": case "failed": return [button("Continue", () => upload.run().then(next)),
                                        button("Cancel", () => upload.cancel())];
  case "conflict": return [button("Decide…", () => decide(upload))];
  default: return [button("Hide", () => upload.cancel())];
  }
}

function showUpload(upload) {
  const {item} = upload;
  if (upload.state === "cancelled") {
    item.remove();
    uploads.splice(uploads.indexOf(upload), 1);
  } else {
    item.className = upload.state;
    item.querySelector("progress").value = upload.file.size ? upload.sent / upload.file.size : 1;
    item.querySelector(".state").textContent = stateText(upload);
    if (item.dataset.state !== upload.state) {
      item.dataset.state = upload.state;
      item.querySelector(".buttons").replaceChildren(...buttonsOf(upload));
    }
  }
  document.getElementById("uploads").hidden = !uploads.length;
}

async function decide(upload) {
  const copy = freeName(upload.name);
  const choice = await question(`“${upload.name}” is there already`,
    "Another version is on the server. Nothing has been overwritten yet.",
    [["Keep both", "both"], ["Replace it", "replace"], ["Do not upload", "drop"]]);
  if (choice === "both") await upload.settle(copy, "");
  else if (choice === "replace") {
    await refresh();
    await upload.settle(upload.name, rowOf(upload.name)?.dataset.sha256 || "");
  } else if (choice === "drop") await upload.cancel();
  await poll();
}

async function next() {
  const busy = uploads.filter((upload) => upload.state === "sending").length;
  const upload = uploads.find((one) => one.state === "waiting");
  if (!upload || busy >= kAtOnce) return;
  upload.tell("sending", "Starting");
  next();
  await upload.run();
  await poll();
  if (upload.state === "conflict" && !document.getElementById("ask").open) await decide(upload);
  next();
}

function add(name, file) {
  if (file.size > Number(desk.dataset.largest)) {
    say(`“${name}” is larger than ${sizeText(Number(desk.dataset.largest))}.`);
    return;
  }
  // A name that is taken is never replaced without a question, so no version is named here.
  const upload = new Upload(name, file, Number(desk.dataset.chunk), "");
  upload.item = element("li", {}, element("span", {className: "what", textContent: name}),
    element("span", {className: "state", role: "status"}), element("span", {className: "buttons"}),
    element("progress", {max: 1, value: 0, ariaLabel: "Progress of " + name}));
  strip.append(upload.item);
  uploads.push(upload);
  upload.addEventListener("change", () => showUpload(upload));
  showUpload(upload);
  next();
}

const input = document.getElementById("input");
document.getElementById("choose").addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  for (const file of input.files) add(file.name, file);
  input.value = "";
});

/** Folders are walked, and keep their place in the names. */
async function addEntry(entry, prefix) {
  if (entry.isFile)
    return add(prefix + entry.name, await new Promise((done, no) => entry.file(done, no)));
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, no) => reader.readEntries(done, no));
    if (!some.length) return;
    for (const inner of some) await addEntry(inner, prefix + entry.name + "/");
  }
}

const veil = document.getElementById("veil");
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
let depth = 0;
addEventListener("dragenter", (event) => { if (carriesFiles(event)) veil.hidden = !++depth; });
addEventListener("dragleave", (event) => { if (carriesFiles(event)) veil.hidden = --depth <= 0; });
addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
addEventListener("drop", async (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth = 0;
  veil.hidden = true;
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
  if (entries.some(Boolean))
    for (const entry of entries.filter(Boolean)) await addEntry(entry, "").catch((e) => say(e.message));
  else
    for (const file of event.dataTransfer.files) add(file.name, file);
});
addEventListener("beforeunload", (event) => {
  if (uploads.some((upload) => upload.state === "sending")) event.preventDefault();
});
for (const time of document.querySelectorAll("time")) time.textContent = localTime(time.dateTime);
everySoOften();
