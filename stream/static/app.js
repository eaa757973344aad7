// The page: what happens when, between the user, the camera and the server.
//
// connecting ─► ready ─► starting ─► live ─► ready       regaining: the connection is lost
//      ╰─► unauthorised, refused         ╰─► regaining ─► (live again)      ended: by the server

import * as actions from "./actions.js";
import { Camera } from "./camera.js";
import { expose } from "./hook.js";
import { Live } from "./live.js";
import { Photos } from "./photos.js";
import { Signalling } from "./signalling.js";
import { FrameMeter, isBlack, nobodyInView } from "./stats.js";
import * as view from "./view.js";
import { Failure, cameraFailure, cameraLost, insecureFailure, nobodyHint, recordingsGone, tokenNeeded } from "./words.js";

const { byId } = view;
const NUMBERS_MS = 500;
const STEADY_MS = 20000;
const GOODBYE_MS = 400;

const signalling = new Signalling();
const photos = new Photos(signalling);
const camera = new Camera();
const countdown = new actions.Countdown();
const watchers = new Set();
const told = (which, video) => (now, metadata) => {
  for (const watcher of watchers) watcher(which, video, now, metadata);
};
const live = new Live(camera, signalling, byId("result"), told("result", byId("result")));
new FrameMeter(byId("own"), told("own", byId("own")));

let state = "connecting";
let welcome = null;
let switches = {};
let wanted = false; // the user wants it to run: after a lost connection it starts again by itself
let looking = false; // the camera is shown before the start
let uploading = 0;
let refused = null;
let wayBack = null; // the failure whose banner leads back to the server, as nothing else does
let regainedAt = -Infinity;
let server = null;
let nobody = false; // is in view
let numbers = {};

expose({
  state: () => state,
  stats: () => numbers,
  firstFrameMs: () => live.firstFrameMs,
  watchers,
});

const updateAwake = actions.keepAwake(() => state === "live");

function show(next = state) {
  const begins = next !== state && next === "live";
  state = next;
  const hasResult = live.firstFrameMs !== null && wanted;
  view.showState(state, {
    canStart: state === "ready" && Boolean(photos.selected),
    canRecord: Boolean(welcome?.recording),
    wanted,
    hasResult,
  });
  // Start is gone: whoever pressed it by key goes on at the first tool.
  if (begins && document.activeElement === document.body) byId("tools").querySelector("button").focus();
  const sending = uploading > 0 || photos.resending;
  // Until the first moved picture comes the photo itself is shown, without its frame.
  const address = photos.previewOf(photos.selectedId);
  const comes = wanted || (photos.resending && !photos.selected);
  const filled = hasResult || looking || (comes && !address);
  view.showStage(photos.selected, address, { filled, framed: !wanted, refused });
  view.showReport(photos.selected, refused?.failure, sending ? uploadText() : "");
  const canRemove = signalling.session !== null;
  view.showPhotos(photos, { canRemove, onChoose: choose, onRemove: remove });
  const own = byId("own");
  own.hidden = !camera.track || (!looking && !wanted);
  own.classList.toggle("alone", looking && !wanted);
  own.classList.toggle("as-mirror", camera.facesUser);
  byId("look").setAttribute("aria-pressed", String(looking));
  showFollowing();
  updateAwake();
}

function showFollowing() {
  view.showFollowing({ wanted, faces: Boolean(switches.faces), live: state === "live" });
}

function uploadText() {
  return signalling.open ? "Looking at the photo…" : "The photo is sent once the server answers…";
}

function fail(failure, options) {
  if (wayBack) view.showStatus([failure.message, failure.hint].filter(Boolean).join(" "));
  else view.showBanner(failure, options);
}

function clearFailure() {
  if (!wayBack) view.showBanner(null);
}

/** Only what this failure's banner offers leads back to the server: it stays. */
function strand(failure, options) {
  wayBack = failure;
  view.showBanner(failure, { ...options, lasts: true });
}

function asFailure(error) {
  if (error instanceof Failure) return error;
  return new Failure("internal", "Something went wrong", String(error?.message ?? error));
}

// The connection to the server

signalling.addEventListener("welcome", async ({ detail }) => {
  const anew = welcome !== null && welcome.session !== detail.session;
  const recorded = switches.recording || byId("recordings").childElementCount > 0;
  welcome = detail;
  wayBack = null;
  view.showBanner(null);
  view.clearRecordings();
  for (const recording of detail.recordings ?? []) addRecording(recording);
  show("ready");
  try {
    await photos.take(detail.photos, detail.limits);
  } catch (error) {
    fail(asFailure(error), { level: "warning" });
  }
  await goOn();
  // Whatever went wrong meanwhile asks for something to be done; this does not.
  if (anew && recorded && byId("banner").hidden) fail(recordingsGone(), { level: "warning" });
});

/** What ran before the connection was lost runs on, if its photo is there. */
async function goOn() {
  if (!wanted || state !== "ready") return;
  if (photos.resending) return; // begun at an earlier welcome, which goes on when it is done
  if (photos.selected && !photos.missed) {
    await start();
    return;
  }
  halt();
  const text = "The server no longer has the photo.";
  fail(new Failure("no_photo", "The photo is gone", text, "Choose it again."), { level: "warning" });
}

signalling.addEventListener("state", ({ detail }) => {
  switches = detail;
  view.showSwitches(detail);
  showFollowing();
  if (detail.photo && !photos.missed) photos.select(detail.photo);
  // The server ended the stream; a notice of its own says why. One that stops says so right after:
  // then the stream is to go on when it is back.
  if (state === "live" && !detail.streaming) setTimeout(haltIfEnded, GOODBYE_MS);
});

signalling.addEventListener("stats", ({ detail }) => {
  if (state !== "live") return;
  nobody = !switches.passthrough && !switches.freeze && nobodyInView(server, detail, nobody);
  view.showHint(nobody ? nobodyHint(isBlack(byId("own"))) : "");
  server = detail;
});

signalling.addEventListener("notice", ({ detail: { level, text } }) => {
  if (level === "info") view.showStatus(text);
  // How a stream came to its end is no news to a user who has stopped it.
  else if (level !== "error" || wanted) {
    fail(new Failure("notice", level === "error" ? "Stopped" : "Please note", text), { level });
  }
});

signalling.addEventListener("error", ({ detail }) => {
  if (state !== "connecting") view.showStatus([detail.text, detail.hint].filter(Boolean).join(" "));
});

signalling.addEventListener("recorded", ({ detail }) => {
  view.showStatus("The recording is ready.");
  addRecording(detail);
});

signalling.addEventListener("forgotten", ({ detail }) => view.removeRecording(detail.id));

function addRecording(recording) {
  view.addRecording(recording, async (button) => {
    button.disabled = true;
    try {
      actions.save(await photos.recording(recording.id), recording.name);
    } catch (error) {
      fail(asFailure(error));
    }
    button.disabled = false;
  });
}

signalling.addEventListener("lost", ({ detail: { waitMs, stopping } }) => {
  silence();
  const again = { level: "warning", action: "Try now", onAction: () => signalling.connect() };
  const seconds = Math.max(1, Math.round(waitMs / 1000));
  const title = stopping ? "The server is stopping" : "The connection is lost";
  fail(new Failure("lost", title, `Trying again in ${seconds} s…`), again);
  show(welcome ? "regaining" : "connecting");
});

signalling.addEventListener("refused", ({ detail }) => {
  halt();
  // Too many wrong tokens, perhaps somebody else's: the right one may pass all the same.
  const guessed = detail.code === "too_many_requests";
  if (detail.code !== "unauthorized" && !guessed) {
    show("refused");
    strand(detail, { action: "Try again", onAction: reconnect });
    return;
  }
  const text = signalling.token ? "That was not the right one." : "Whoever runs it can tell you.";
  show("unauthorised");
  const ask = () => actions.askToken(guessed ? detail.message : text, enter, leave);
  const enter = (token) => {
    signalling.token = token;
    reconnect();
  };
  const told = guessed ? tokenNeeded(detail) : detail;
  const leave = () => strand(told, { level: "warning", action: "Enter the token", onAction: ask });
  if (guessed) leave();
  else ask();
});

signalling.addEventListener("ended", ({ detail }) => {
  halt();
  view.clearRecordings();
  show("ended");
  const action = detail.code === "replaced" ? "Go on here" : "Begin again";
  strand(detail, { level: "warning", action, onAction: reconnect });
});

function reconnect() {
  wayBack = null;
  view.showBanner(null);
  show("connecting");
  signalling.connect();
}

// Start and stop

async function start() {
  if (state !== "ready" || !photos.selected) return;
  wanted = true;
  looking = false;
  clearRefusal();
  server = null;
  clearFailure();
  view.showStatus("");
  show("starting");
  try {
    const accepted = await live.start({
      deviceId: byId("camera").value,
      photoId: photos.selectedId,
      video: welcome.video,
      iceServers: welcome.ice_servers,
      onCamera: showOwn,
    });
    if (accepted) show("live");
  } catch (error) {
    if (state !== "starting") return; // the connection went, and tells so itself
    signalling.send({ type: "stop" }); // the server may have kept a place
    halt();
    fail(asFailure(error), { action: "Try again", onAction: start });
  }
}

function showOwn() {
  byId("own").srcObject = camera.stream;
  byId("own").play().catch(() => undefined);
  show();
}

/** The stream is gone, but may come back: the camera stays open. */
function silence() {
  countdown.cancel();
  live.stop();
  view.showHint("");
}

function haltIfEnded() {
  if (state === "live" && !switches.streaming) halt();
}

/** The stream is over. */
function halt() {
  wanted = looking = false;
  silence();
  camera.close();
  byId("own").srcObject = byId("result").srcObject = null;
  if (document.fullscreenElement) document.exitFullscreen();
  switches = {};
  view.showSwitches(switches);
  numbers = {};
  if (state === "live" || state === "starting") show("ready");
  else show();
}

function stop() {
  signalling.send({ type: "stop" });
  const hadFocus = byId("tools").contains(document.activeElement);
  halt();
  view.showStatus("Stopped. The camera is off.");
  if (hadFocus) byId("start").focus();
}

live.addEventListener("step", ({ detail }) => {
  view.showWaiting(detail);
  if (!detail) show();
});
live.addEventListener("wavering", () => view.showWaiting("The network hangs…"));
live.addEventListener("steady", () => view.showWaiting(""));
live.addEventListener("failed", ({ detail }) => {
  // What ran and broke is started again by itself, once in a while; what never ran is not.
  const again = detail.code === "webrtc_lost" && performance.now() - regainedAt > STEADY_MS;
  signalling.send({ type: "stop" });
  if (again) {
    regainedAt = performance.now();
    silence();
    show("ready");
    start();
    return;
  }
  halt();
  fail(detail, { action: "Try again", onAction: start });
});
camera.addEventListener("lost", () => {
  if (wanted) signalling.send({ type: "stop" });
  halt();
  fail(cameraLost(), { action: "Try again", onAction: start });
});

// Photos

function clearRefusal() {
  if (refused) URL.revokeObjectURL(refused.address);
  refused = null;
}

function choose(photo) {
  clearRefusal();
  photos.select(photo.id);
  signalling.command("photo", { number: photo.number });
  show();
}

async function remove(photo) {
  if (wanted && photos.list.length === 1) stop(); // without a photo there is nobody to move
  try {
    await photos.remove(photo.id);
    view.showStatus(`${photo.name} is removed from the server.`);
  } catch (error) {
    fail(asFailure(error));
    show();
  }
}

async function upload(files) {
  if (state === "ended" && wayBack?.code !== "replaced") reconnect();
  clearRefusal();
  const refusals = [];
  for (const file of files) {
    uploading += 1;
    show();
    try {
      await signalling.admitted();
      choose(await photos.add(file));
    } catch (error) {
      refusals.push({ file, failure: asFailure(error) });
    }
    uploading -= 1;
    show();
  }
  if (!refusals.length) return;
  const { file, failure } = refusals.at(-1);
  if (files.length > 1) {
    const named = refusals.map((one) => `${one.file.name}: ${one.failure.message}`).join(" ");
    refused = { failure: new Failure(failure.code, failure.title, named, failure.hint) };
  } else refused = { failure };
  refused.address = URL.createObjectURL(file);
  show();
}

photos.addEventListener("changed", () => show());

// Camera

async function listCameras() {
  view.showCameras(await camera.list(), byId("camera").value);
}

async function look() {
  view.showStatus("");
  if (looking) {
    looking = false;
    camera.close();
    view.showWaiting("");
    show();
    return;
  }
  try {
    const video = welcome?.video ?? { width: 640, height: 480, rate: 30 };
    if (!(await camera.open(byId("camera").value, video))) return;
    looking = true;
    clearFailure();
    showOwn();
  } catch (error) {
    fail(asFailure(error));
  }
}

byId("look").addEventListener("click", () => {
  if (!wanted) look();
});
byId("camera").addEventListener("change", async ({ target }) => {
  if (!wanted && !looking) return;
  try {
    const opened = wanted
      ? await live.changeCamera(target.value, welcome.video)
      : await camera.open(target.value, welcome.video);
    if (!opened) return;
    view.showWaiting("");
    showOwn();
  } catch (error) {
    fail(error instanceof Failure ? error : cameraFailure(error));
  }
});
byId("own").addEventListener("resize", () => live.fit());
camera.addEventListener("devices", listCameras);
camera.addEventListener("paused", () => view.showWaiting("The camera is paused…"));
camera.addEventListener("resumed", () => view.showWaiting(""));

// Commands

function run(name, number) {
  if (name === "photo") {
    const photo = photos.list.find((one) => one.number === number);
    if (photo) choose(photo);
  } else if (name === "stop") {
    if (wanted) stop();
  } else if (state !== "live" || (name === "record" && !welcome.recording)) {
    return;
  } else if (name === "face" && !switches.faces) {
    return;
  } else if (name === "parts") {
    signalling.command("parts");
  } else if (name === "calibrate") {
    if (countdown.running) countdown.cancel();
    else countdown.start(() => signalling.command("calibrate"));
  } else {
    const on = !(name === "record" ? switches.recording : switches[name]);
    signalling.command(name, { on });
  }
}

byId("start").addEventListener("click", start);
byId("tools").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) run(button.dataset.do);
});
byId("full").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else byId("stage").requestFullscreen?.().catch(() => undefined);
});
byId("banner-close").addEventListener("click", clearFailure);
actions.listenToKeys(run);
actions.listenToFiles(upload);
actions.listenToStrength((strength) => {
  if (state === "live") signalling.command("face", { strength });
});
actions.listenToParts((parts) => {
  if (state === "live") signalling.command("parts", { parts });
});
actions.prepareHelp();

setInterval(async () => {
  if (state !== "live") return;
  const media = await live.report();
  const roundTripMs = media?.roundTripMs ?? signalling.roundTripMs;
  numbers = { roundTripMs, fps: live.fps, ageMs: server?.age_ms?.p50 ?? null, server, media };
  view.showNumbers(numbers);
}, NUMBERS_MS);

show();
listCameras();
if (!isSecureContext) fail(insecureFailure());
signalling.connect();
