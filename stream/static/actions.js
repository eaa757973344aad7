// What the user does with hands: keys, countdown, dropped and pasted files, dialogs.

import { byId, showCountdown, showStrength } from "./view.js";
import { KEYS } from "./words.js";

const COMMANDS = {
  c: "calibrate",
  m: "mirror",
  f: "freeze",
  e: "face",
  b: "parts",
  p: "passthrough",
  o: "overlay",
  r: "record",
  q: "stop",
};
const SECOND_MS = 1000;
const SLIDE_MS = 150;

/** Call `run(name, number)` for the page's keys, unless something else is being typed into. */
export function listenToKeys(run) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input:not([type=file], [type=range], [type=checkbox]), select, textarea")) return;
    if (event.key === "?") byId("keys-dialog").showModal();
    else if (/^[1-9]$/.test(event.key)) run("photo", Number(event.key));
    else if (COMMANDS[event.key.toLowerCase()]) run(COMMANDS[event.key.toLowerCase()]);
    else return;
    event.preventDefault();
  });
}

/** Call `take(files)` for pictures that are picked, dropped anywhere, or pasted. */
export function listenToFiles(take) {
  for (const id of ["first-file", "file", "shot"]) {
    byId(id).addEventListener("change", ({ target }) => {
      const files = [...target.files];
      target.value = ""; // so that the same file can be picked again
      if (files.length) take(files);
    });
  }
  const drop = byId("drop");
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.hidden = true;
  });
  addEventListener("drop", (event) => {
    drop.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files);
  });
}

/** Call `send(strength)` while the slider of the face is moved, not faster than a server wants. */
export function listenToStrength(send) {
  const slider = byId("strength");
  let timer = null;
  slider.addEventListener("input", () => {
    showStrength(Number(slider.value));
    timer ??= setTimeout(() => {
      timer = null;
      send(Number(slider.value));
    }, SLIDE_MS);
  });
}

/** Call `send(parts)`, those that are to follow, whenever a box is ticked or cleared. */
export function listenToParts(send) {
  const bar = byId("parts-bar");
  bar.addEventListener("change", () => {
    send([...bar.querySelectorAll("input:checked")].map((box) => box.value));
  });
}

/** Three, two, one over the stage, then `done`; a second call takes it back. */
export class Countdown {
  #timer = null;

  get running() {
    return this.#timer !== null;
  }

  start(done) {
    let left = 3;
    const tick = () => {
      showCountdown(left ? String(left) : "");
      this.#timer = left ? setTimeout(tick, SECOND_MS) : null;
      if (!left--) done();
    };
    tick();
  }

  cancel() {
    clearTimeout(this.#timer);
    this.#timer = null;
    showCountdown("");
  }
}

/** Ask for the token; `enter` is called with it, `leave` if the user does not give one. */
export function askToken(text, enter, leave) {
  const dialog = byId("token-dialog");
  byId("token-text").textContent = text;
  const field = byId("token");
  field.value = "";
  dialog.returnValue = "";
  byId("token-form").onsubmit = () => {
    dialog.returnValue = "given";
  };
  dialog.onclose = () => {
    const token = field.value.trim();
    field.value = "";
    if (dialog.returnValue === "given" && token) enter(token);
    else leave();
  };
  if (!dialog.open) dialog.showModal();
  field.focus();
}

/** Fill in the help, and open it by its button. */
export function prepareHelp() {
  byId("keys").replaceChildren(
    ...KEYS.map(([key, meaning]) => {
      const row = document.createElement("div");
      const name = document.createElement("dt");
      const text = document.createElement("dd");
      name.textContent = key;
      text.textContent = meaning;
      row.append(name, text);
      return row;
    }),
  );
  byId("keys-button").addEventListener("click", () => byId("keys-dialog").showModal());
}

/** Offer a blob as a download. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60 * SECOND_MS);
}

/** Keep a phone's screen on while `wanted()`; the browser drops the lock in hidden tabs. */
export function keepAwake(wanted) {
  let lock = null;
  const update = async () => {
    if (!wanted()) {
      await lock?.release();
      lock = null;
    } else if (!lock || lock.released) {
      lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
    }
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") update();
  });
  return update;
}
