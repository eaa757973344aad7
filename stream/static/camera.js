// The user's camera: opened only when asked for, listed, followed when it goes.

import { cameraFailure, insecureFailure } from "./words.js";

/**
 * Events: "lost" (it was unplugged or taken away), "paused" and "resumed" (as by a phone call),
 * "devices" (the list has changed).
 */
export class Camera extends EventTarget {
  stream = null;
  #wanted = "";
  // Counts what was asked for: a camera that opens after something newer was, is not wanted.
  #turn = 0;

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener("devicechange", () =>
      this.dispatchEvent(new Event("devices")),
    );
  }

  get track() {
    return this.stream?.getVideoTracks()[0] ?? null;
  }

  /** Whether it looks at the user, so that they expect to see themselves as in a mirror. */
  get facesUser() {
    return this.track?.getSettings().facingMode !== "environment";
  }

  /** Whether it is open and the one that is wanted. */
  isOpen(deviceId) {
    return this.track?.readyState === "live" && this.#wanted === deviceId;
  }

  /**
   * Open a camera ("" for the browser's choice) near this size and rate; throws a Failure.
   * The one that was open before stays open until the new one is. Resolves to its stream, or to
   * null if meanwhile another was asked for or all were closed.
   */
  async open(deviceId, { width, height, rate }) {
    if (!navigator.mediaDevices?.getUserMedia) throw insecureFailure();
    const turn = ++this.#turn;
    if (this.isOpen(deviceId)) return this.stream;
    const video = { width: { ideal: width }, height: { ideal: height } };
    video.frameRate = { ideal: rate, max: Math.max(rate, 30) };
    if (deviceId) video.deviceId = { exact: deviceId };
    else video.facingMode = "user";
    let stream;
    try {
      stream = await this.#ask(video, turn);
    } catch (error) {
      // Phones refuse a second camera while the first is open.
      if (error?.name !== "NotReadableError" || !this.stream) throw cameraFailure(error);
      this.#release();
      stream = await this.#ask(video, turn).catch((again) => {
        throw cameraFailure(again);
      });
    }
    if (!stream) return null;
    this.#release();
    this.stream = stream;
    this.#wanted = deviceId;
    const track = this.track;
    // Movement matters more than detail: under pressure the encoder lowers quality, not rate.
    track.contentHint = "motion";
    for (const [type, told] of [["ended", "lost"], ["mute", "paused"], ["unmute", "resumed"]]) {
      track.addEventListener(type, () => {
        if (this.track === track) this.dispatchEvent(new Event(told));
      });
    }
    this.dispatchEvent(new Event("devices"));
    return stream;
  }

  /** Close what is open, and whatever is still opening. */
  close() {
    this.#turn += 1;
    this.#release();
  }

  #release() {
    stopAll(this.stream);
    this.stream = null;
  }

  /** The browser's answer, or null where nobody waits for it any more. */
  async #ask(video, turn) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      if (turn === this.#turn) return stream;
      stopAll(stream);
    } catch (error) {
      if (turn === this.#turn) throw error;
    }
    return null;
  }

  /** The cameras there are: [{id, name}]. Names are known only once a camera was allowed. */
  async list() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    return devices
      .filter((device) => device.kind === "videoinput" && device.deviceId)
      .map((device, index) => ({ id: device.deviceId, name: device.label || `Camera ${index + 1}` }));
  }
}

function stopAll(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
