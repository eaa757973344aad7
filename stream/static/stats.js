// Numbers that the page measures itself, and what follows from those of the server.

const SPAN_MS = 2000;
const STALLED_MS = 1000;
const NOBODY_SHARE = 0.8;
const BLACK = 24; // of 255: a lens behind its shutter, with the noise of its sensor
const NO_TIME_MS = 0.5; // what is shown as 0

/** Follows the pictures that a video element really shows. */
export class FrameMeter {
  #video;
  #times = [];
  #handle = null;
  #last = -1;

  /** @param onFrame called for each picture shown, with (now, metadata) */
  constructor(video, onFrame = () => undefined) {
    this.#video = video;
    const next = video.requestVideoFrameCallback
      ? (seen) => video.requestVideoFrameCallback(seen)
      : (seen) => requestAnimationFrame((now) => seen(now, null));
    const seen = (now, metadata) => {
      this.#handle = next(seen);
      // Without callbacks for pictures, each repaint looks whether there is a new one.
      if (!metadata && video.currentTime === this.#last) return;
      this.#last = video.currentTime;
      this.#times.push(performance.now());
      while (this.#times[0] < this.#times.at(-1) - SPAN_MS) this.#times.shift();
      onFrame(now, metadata ?? {});
    };
    this.#handle = next(seen);
  }

  /** Pictures a second over the last seconds. */
  get fps() {
    const times = this.#times;
    if (times.length < 2 || performance.now() - times.at(-1) > STALLED_MS) return 0;
    return ((times.length - 1) * 1000) / (times.at(-1) - times[0]);
  }

  /** Milliseconds since the last picture; Infinity before the first. */
  get silentMs() {
    return this.#times.length ? performance.now() - this.#times.at(-1) : Infinity;
  }

  stop() {
    if (this.#handle === null) return;
    if (this.#video.cancelVideoFrameCallback) this.#video.cancelVideoFrameCallback(this.#handle);
    else cancelAnimationFrame(this.#handle);
    this.#handle = null;
  }
}

/**
 * Whether most of the frames between two of the server's reports showed nobody; where none came,
 * as on a slow machine, it is as it was.
 */
export function nobodyInView(before, now, was = false) {
  if (!before || !now) return false;
  const frames = now.frames_out - before.frames_out;
  return frames > 0 ? now.lost - before.lost >= frames * NOBODY_SHARE : was;
}

/** Whether a video shows nothing but black, as behind a closed shutter. */
export function isBlack(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [32, 24];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.every((value, index) => index % 4 === 3 || value < BLACK);
}

const STAGES = { densepose: "DensePose", motion: "Motion", blend: "Blend" };

/**
 * The server's stage times as bars: [{name, p50, p95, part, tail}], the last two of 1; none of a
 * stage that has nothing to do, as the networks' motion where the body drives.
 */
export function stageBars(stages) {
  const rows = Object.entries(stages ?? {}).filter(([, spread]) => spread?.p95 >= NO_TIME_MS);
  const longest = Math.max(40, ...rows.map(([, spread]) => spread.p95));
  return rows.map(([key, { p50, p95 }]) => ({
    name: STAGES[key] ?? key,
    p50,
    p95,
    part: p50 / longest,
    tail: p95 / longest,
  }));
}

/** How many frames made way for newer ones, wherever that was. */
export function droppedIn(stats) {
  return Object.values(stats?.dropped ?? {}).reduce((sum, count) => sum + count, 0);
}
