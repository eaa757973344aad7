// What the page shows; it is told everything and decides nothing.

import { droppedIn, stageBars } from "./stats.js";
import { foundText } from "./words.js";

export const byId = (id) => document.getElementById(id);

const LINKS = {
  connecting: "Connecting…",
  unauthorised: "Token needed",
  ready: "Connected",
  starting: "Starting…",
  live: "Live",
  regaining: "Connection lost",
  refused: "Not connected",
  ended: "Ended",
};

/** Make an element; text goes in as text, never as HTML. */
function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function put(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

/** The page's state as a whole: what can be seen and pressed. */
export function showState(state, { canStart, canRecord, wanted, hasResult }) {
  document.body.dataset.state = state;
  put("link", LINKS[state]);
  const live = state === "live";
  // Whatever has opened the camera can be stopped, also while the connection is regained.
  const busy = wanted || live || state === "starting";
  byId("before").hidden = busy;
  byId("tools").hidden = !busy;
  byId("consent-live").hidden = !busy;
  for (const button of byId("tools").querySelectorAll("button")) {
    button.disabled = button.dataset.do !== "stop" && !live;
  }
  byId("record").hidden = !canRecord;
  byId("start").disabled = !canStart;
  byId("numbers").hidden = !busy;
  byId("result").hidden = !hasResult;
  byId("badges").hidden = !live;
  byId("full").hidden = !hasResult || !document.fullscreenEnabled;
  byId("camera").disabled = state === "starting";
  byId("look").disabled = busy;
}

/** The stage before the start: the photo with what was found in it, or the invitation. */
export function showStage(photo, address, { filled, framed, refused }) {
  const image = byId("preview");
  const shown = refused?.address || address;
  byId("empty").hidden = Boolean(filled || shown);
  byId("picture").hidden = Boolean(filled || !shown);
  byId("picture").classList.toggle("refused", Boolean(refused));
  if (shown && image.getAttribute("src") !== shown) image.src = shown;
  image.alt = photo ? `The photo ${photo.name}` : "The refused photo";
  byId("found").toggleAttribute("hidden", Boolean(refused || !photo || !framed));
  if (!photo || refused) return;
  const [left, top, side] = photo.box;
  byId("found").setAttribute("viewBox", `0 0 ${photo.width} ${photo.height}`);
  // The box may reach beyond the photo; its line stays inside.
  const x = Math.max(1, left);
  const y = Math.max(1, top);
  const frame = byId("found-box");
  frame.setAttribute("x", x);
  frame.setAttribute("y", y);
  frame.setAttribute("width", Math.min(left + side, photo.width - 1) - x);
  frame.setAttribute("height", Math.min(top + side, photo.height - 1) - y);
}

/** What was found in the chosen photo, or why one was refused. */
export function showReport(photo, refusal, busy) {
  const report = byId("report");
  report.hidden = !photo && !refusal && !busy;
  report.classList.toggle("refusal", Boolean(refusal));
  const lines = refusal ? [refusal.message, refusal.hint] : (photo?.notes ?? []);
  put("report-title", busy || (refusal ? refusal.title : photo ? foundText(photo) : ""));
  const list = byId("report-notes");
  list.replaceChildren(...(busy ? [] : lines).filter(Boolean).map((line) => make("li", "", line)));
}

/** The photos that are ready; the chosen one is marked. */
export function showPhotos(photos, { canRemove, onChoose, onRemove }) {
  const focused = document.activeElement?.dataset?.photo;
  const items = photos.list.map((photo) => {
    const item = make("li");
    const choose = make("button", "thumb");
    choose.type = "button";
    choose.dataset.photo = photo.id;
    choose.title = photo.name;
    choose.setAttribute("aria-pressed", String(photo.id === photos.selectedId));
    choose.setAttribute("aria-label", `Photo ${photo.number}: ${photo.name}`);
    const image = make("img");
    image.alt = "";
    const address = photos.previewOf(photo.id);
    if (address) image.src = address;
    choose.append(image, make("span", "number", String(photo.number)));
    choose.addEventListener("click", () => onChoose(photo));
    item.append(choose);
    if (photo.own && canRemove) {
      const remove = make("button", "remove", "✕");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove ${photo.name}`);
      remove.addEventListener("click", (event) => {
        if (event.detail > 1) return; // the list has moved under the second click
        remove.disabled = true;
        onRemove(photo);
      });
      item.append(remove);
    }
    return item;
  });
  byId("photos").hidden = !items.length;
  byId("photos").replaceChildren(...items);
  if (focused) byId("photos").querySelector(`[data-photo="${CSS.escape(focused)}"]`)?.focus();
}

/** The switches as the server has them. */
export function showSwitches(state) {
  for (const name of ["mirror", "freeze", "passthrough", "face", "overlay", "record"]) {
    const on = Boolean(name === "record" ? state.recording : state[name]);
    byId("tools").querySelector(`[data-do="${name}"]`).setAttribute("aria-pressed", String(on));
  }
  byId("face").hidden = !state.faces;
  const slider = byId("strength");
  // While it is moved the server's last word is not its own.
  if (!slider.matches(":active")) slider.value = state.face ? state.strength : 0;
  showStrength(Number(slider.value));
  for (const box of byId("parts-bar").querySelectorAll("input")) {
    box.checked = Boolean(state.parts?.includes(box.value));
    if (box.value === "face") box.parentElement.hidden = !state.faces;
  }
  const badges = [
    [state.recording, "rec", "Recording"],
    [state.freeze, "", "Frozen"],
    [state.passthrough, "", "Camera passes through"],
    [state.failing && !state.passthrough, "", "Engine is failing"],
  ];
  byId("badges").replaceChildren(
    ...badges.filter(([on]) => on).map(([, kind, text]) => make("span", `badge ${kind}`, text)),
  );
}

/** The slider of the face, where faces can follow, and the boxes of the parts. */
export function showFollowing({ wanted, faces, live }) {
  byId("strength-bar").hidden = !wanted || !faces;
  byId("strength").disabled = !live;
  byId("parts-bar").hidden = !wanted;
  for (const box of byId("parts-bar").querySelectorAll("input")) box.disabled = !live;
}

/** How strongly the face follows, beside its slider. */
export function showStrength(strength) {
  put("strength-said", strength > 0 ? `${Math.round(100 * strength)} %` : "off");
}

/**
 * A failure or a warning, with at most one thing to press. Null takes it away; one that lasts
 * cannot be taken away by the user.
 */
export function showBanner(failure, { level = "error", action, onAction, lasts = false } = {}) {
  const banner = byId("banner");
  banner.hidden = !failure;
  if (!failure) return;
  banner.dataset.level = level;
  banner.dataset.code = failure.code ?? "";
  put("banner-title", failure.title);
  put("banner-text", [failure.message, failure.hint].filter(Boolean).join(" "));
  const button = byId("banner-action");
  button.hidden = !action;
  button.textContent = action ?? "";
  button.onclick = onAction ?? null;
  byId("banner-close").hidden = lasts;
}

export const showStatus = (text) => put("status", text ?? "");

function showLine(id, text) {
  byId(id).hidden = !text;
  put(id, text ?? "");
}

export const showWaiting = (text) => showLine("waiting", text);
export const showHint = (text) => showLine("hint", text);
export const showCountdown = (text) => showLine("countdown", text);

/** The cameras there are; keeps the choice. */
export function showCameras(cameras, chosen) {
  const options = [new Option("Default camera", "")];
  for (const camera of cameras) options.push(new Option(camera.name, camera.id));
  const select = byId("camera");
  select.replaceChildren(...options);
  select.value = cameras.some((camera) => camera.id === chosen) ? chosen : "";
}

/** The live numbers. */
export function showNumbers({ roundTripMs, fps, ageMs, server, media }) {
  const whole = (value) => (value === null || value === undefined ? "–" : String(Math.round(value)));
  put("n-rtt", whole(roundTripMs));
  put("n-fps", whole(fps));
  put("n-age", whole(ageMs));
  const rows = stageBars(server?.stages_ms);
  const list = byId("stages");
  while (list.children.length > rows.length) list.lastChild.remove();
  while (list.children.length < rows.length) {
    const row = make("div");
    const track = make("dd", "track");
    track.append(make("i", "tail"), make("i", "part"));
    row.append(make("dt"), track, make("dd", "value"));
    list.append(row);
  }
  rows.forEach(({ name, p50, p95, part, tail }, index) => {
    const row = list.children[index];
    row.querySelector("dt").textContent = name;
    row.querySelector(".value").textContent = `${p50.toFixed(0)}, ${p95.toFixed(0)} ms`;
    row.querySelector(".part").style.width = `${Math.min(100, part * 100)}%`;
    row.querySelector(".tail").style.width = `${Math.min(100, tail * 100)}%`;
  });
  const more = [`${droppedIn(server)} dropped for newer ones`];
  if (server?.lost) more.push(`${server.lost} with nobody in view`);
  if (media?.codec) more.push(media.codec);
  put("n-more", more.join(" · "));
}

/** A recording that can be fetched; onSave is called when it is wanted. */
export function addRecording({ id, name, bytes, seconds }, onSave) {
  const item = make("li");
  item.dataset.recording = id;
  const size = bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
  const text = make("span", "", `${Math.round(seconds)} s, ${size}`);
  const save = make("button", "plain", "Download");
  save.type = "button";
  save.setAttribute("aria-label", `Download ${name}`);
  save.addEventListener("click", () => onSave(save));
  item.append(text, save);
  byId("recordings").prepend(item);
  byId("recordings-card").hidden = false;
}

/** One that the server has deleted. */
export function removeRecording(id) {
  byId("recordings").querySelector(`[data-recording="${CSS.escape(id)}"]`)?.remove();
  byId("recordings-card").hidden = !byId("recordings").children.length;
}

export function clearRecordings() {
  byId("recordings").replaceChildren();
  byId("recordings-card").hidden = true;
}
