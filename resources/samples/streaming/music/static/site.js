// SPDX-License-Identifier: Apache-2.0
// Pages are swapped in place, so that the music goes on; what a page offers is wired here.
"use strict";

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// -- from page to page ----------------------------------------------------------------------------

async function visit(address, remember = true) {
  let text;
  try {
    text = await (await fetch(address, {headers: {Accept: "text/html"}})).text();
  } catch {
    say("The server cannot be reached.");
    return;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = document.querySelector("main");
  main.replaceWith(page.querySelector("main"));
  document.title = page.title;
  document.querySelector(".top nav").replaceWith(page.querySelector(".top nav"));
  if (remember) {
    history.pushState(null, "", address);
    scrollTo(0, 0);
    document.querySelector("main").focus({preventScroll: true});
  }
  arrive();
}

/** What every page needs once it is there. */
function arrive() {
  markCurrent();
  showNow();
  watchFigures();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey
      || event.shiftKey || link.origin !== location.origin || link.hasAttribute("download")) return;
  event.preventDefault();
  if (link.classList.contains("play")) playFrom(link.closest(".track"));
  else visit(link.href);
});
addEventListener("popstate", () => visit(location.href, false));
document.querySelector(".search").addEventListener("submit", (event) => {
  event.preventDefault();
  visit("/search?" + new URLSearchParams(new FormData(event.target)));
});

// -- playing --------------------------------------------------------------------------------------

function trackOf(row) {
  const {slug, title, artist, album} = row.dataset;
  return {slug, title, artist, album};
}

function playFrom(row) {
  if (row.classList.contains("current") && row.closest("#queue") === null) return player.toggle();
  const rows = [...row.parentElement.querySelectorAll(".track")];
  if (row.closest("#queue")) return player.go(Number(row.dataset.index));
  player.start(rows.map(trackOf), rows.indexOf(row));
}

function markCurrent() {
  for (const row of document.querySelectorAll("main .track")) {
    const current = row.dataset.slug === player.track?.slug;
    row.classList.toggle("current", current);
    row.querySelector("use").setAttribute("href",
      current && !player.audio.paused ? "#i-pause" : "#i-play");
  }
}

function queueRow(track, index) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", "#i-play");
  icon.append(use);
  const row = element("li", {className: "track"},
    element("a", {className: "play", href: "/audio/" + encodeURIComponent(track.slug) + ".opus",
                  ariaLabel: "Play " + track.title},
      element("span", {className: "figure", textContent: String(index + 1)}), icon),
    element("span", {className: "what"},
      element("span", {className: "name", textContent: track.title}),
      element("small", {textContent: track.artist})));
  Object.assign(row.dataset, track, {index});
  return row;
}

function showNow() {
  const now = byId("now");
  if (!now) return;
  const {track} = player;
  now.hidden = !track;
  byId("nothing").hidden = !!track;
  if (!track) return;
  byId("nowAlbum").href = "/albums/" + encodeURIComponent(track.album);
  const cover = "/covers/" + encodeURIComponent(track.album) + ".svg";
  if (byId("nowCover").getAttribute("src") !== cover) byId("nowCover").src = cover;
  byId("nowTitle").textContent = track.title;
  byId("nowArtist").textContent = track.artist;
  byId("nowState").textContent =
    `${player.audio.paused ? "Paused" : "Playing"} · ${player.index + 1} of ${player.queue.length}`;
  const rest = player.queue.map(queueRow).slice(player.index + 1);
  byId("queue").replaceChildren(...rest.length ? rest
    : [element("li", {className: "note empty", textContent: "This is the last one."})]);
}

player.listeners.add(() => { markCurrent(); showNow(); });

// -- playlists ------------------------------------------------------------------------------------

async function send(address, method, value) {
  const answer = await fetch(address, {method, headers: {"Content-Type": "application/json"},
                                       body: value && JSON.stringify(value)});
  if (!answer.ok) {
    const {detail} = await answer.json().catch(() => ({}));
    throw new Error(typeof detail === "string" ? detail : "That did not work.");
  }
  return answer.status === 204 ? null : answer.json();
}

async function chooseList(slug) {
  const {playlists} = await (await fetch("/api/playlists")).json();
  const dialog = element("dialog", {ariaLabel: "Add to a playlist"});
  const done = async (list) => {
    dialog.close();
    try {
      await send(`/api/playlists/${list.id}/tracks`, "POST", {track: slug});
      say(`Added to “${list.title}”.`);
    } catch (error) {
      say(error.message);
    }
  };
  const choices = element("div", {className: "choices"}, ...playlists.map((list) => {
    const choice = element("button", {type: "button", className: "second",
                                      textContent: list.title});
    choice.addEventListener("click", () => done(list));
    return choice;
  }));
  const form = element("form", {className: "inline"},
    element("input", {name: "title", required: true, maxLength: 80, placeholder: "New playlist",
                      ariaLabel: "Title of a new playlist"}),
    element("button", {textContent: "Create"}));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await done(await send("/api/playlists", "POST", {title: form.title.value}));
    } catch (error) {
      say(error.message);
    }
  });
  const close = element("button", {type: "button", className: "second", textContent: "Cancel"});
  close.addEventListener("click", () => dialog.close());
  dialog.append(element("h2", {textContent: "Add to a playlist"}), choices, form, close);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const {add, remove, then} = button.dataset;
  try {
    if (add) await chooseList(add);
    else if (remove) {
      await send(remove, "DELETE");
      await visit(then || location.href, !!then);
    } else if ("playAll" in button.dataset) {
      const rows = [...document.querySelectorAll("main .track")];
      player.start(rows.map(trackOf), 0);
    }
  } catch (error) {
    say(error.message);
  }
});

document.addEventListener("submit", async (event) => {
  if (event.target.id !== "newPlaylist") return;
  event.preventDefault();
  try {
    const made = await send("/api/playlists", "POST", {title: event.target.elements.title.value});
    await visit("/playlists/" + made.id);
  } catch (error) {
    say(error.message);
  }
});

// -- figures as they change -----------------------------------------------------------------------

let source = null;

function watchFigures() {
  const wanted = !!document.querySelector("[data-live]");
  if (!wanted || document.hidden) {
    source?.close();
    source = null;
    return;
  }
  if (source) return markLive();
  source = new EventSource("/api/statistics/live");
  source.addEventListener("message", (event) => { markLive(); showFigures(JSON.parse(event.data)); });
}

function markLive() {
  document.querySelector("[data-live]")?.classList.add("on");
}

function showFigures(figures) {
  for (const place of document.querySelectorAll("[data-figure]"))
    place.textContent = String(figures[place.dataset.figure]);
  if (!byId("top")) return;
  const most = figures.top[0]?.plays;
  document.querySelector(".ranking").replaceChildren(...figures.top.map((row) =>
    element("li", {}, element("a", {href: "/albums/" + row.album, textContent: row.title}), " ",
      element("small", {textContent: row.artist}), " ",
      element("meter", {min: 0, max: most, value: row.plays}), " ",
      element("span", {className: "figure", textContent: String(row.plays)}))));
  document.querySelector("#top .empty").hidden = figures.top.length > 0;
  byId("current").replaceChildren(...figures.now.map((row) =>
    element("li", {}, row.title + " ",
            element("span", {className: "note", textContent: String(row.listeners)}))));
  byId("silence").hidden = figures.now.length > 0;
}

document.addEventListener("visibilitychange", watchFigures);
player.restore();
arrive();
