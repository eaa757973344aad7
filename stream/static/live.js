// One run from the start button to the end: camera, connection, and the pictures shown.

import { Peer } from "./peer.js";
import { FrameMeter } from "./stats.js";

/**
 * Events: "step" (detail: what is waited for, or "" when the first picture is there), "failed"
 * (detail: Failure), "wavering", "steady".
 */
export class Live extends EventTarget {
  /** Milliseconds from the start button to the first moved picture; null before it. */
  firstFrameMs = null;

  #camera;
  #signalling;
  #result;
  #onFrame;
  #peer = null;
  #meter = null;
  #run = 0;

  /**
   * @param result the video element for the moved photo
   * @param onFrame called for each picture shown in it, with (now, metadata)
   */
  constructor(camera, signalling, result, onFrame) {
    super();
    this.#camera = camera;
    this.#signalling = signalling;
    this.#result = result;
    this.#onFrame = onFrame;
  }

  get running() {
    return this.#peer !== null;
  }

  /** Pictures a second that are really shown. */
  get fps() {
    return this.#meter?.fps ?? 0;
  }

  /** What the browser knows of the media's way, or null. */
  async report() {
    return (await this.#peer?.report().catch(() => null)) ?? null;
  }

  /**
   * Begin; resolves to true when the server has accepted, to false if stopped meanwhile.
   * Throws a Failure.
   */
  async start({ deviceId, photoId, video, iceServers, onCamera }) {
    this.stop();
    const run = ++this.#run;
    const begun = performance.now();
    this.firstFrameMs = null;
    this.#step("Asking for the camera…");
    const stream = await this.#camera.open(deviceId, video);
    if (!stream || run !== this.#run) return false;
    onCamera();
    this.#step("Connecting…");
    const peer = new Peer(iceServers, video);
    this.#peer = peer;
    this.#meter = new FrameMeter(this.#result, (now, metadata) => {
      if (this.firstFrameMs === null) {
        this.firstFrameMs = performance.now() - begun;
        this.#step("");
      }
      this.#onFrame(now, metadata);
    });
    peer.addEventListener("track", ({ detail }) => {
      this.#result.srcObject = detail;
      // A browser that saves power refuses to play a hidden tab; it plays when it is shown again.
      this.#result.play().catch(() => undefined);
    });
    for (const type of ["failed", "wavering", "steady"]) {
      peer.addEventListener(type, ({ detail }) => {
        if (run === this.#run) this.dispatchEvent(new CustomEvent(type, { detail }));
      });
    }
    try {
      await peer.start(stream, (sdp) => this.#signalling.offer(sdp, photoId));
    } catch (error) {
      if (run !== this.#run) return false;
      this.stop();
      throw error;
    }
    if (run !== this.#run) return false;
    if (this.firstFrameMs === null) this.#step("Waiting for the first picture…");
    return true;
  }

  /** The camera's picture has another size. */
  fit() {
    this.#peer?.fit();
  }

  /** Change the camera while it runs; resolves as ``Camera.open`` does. Throws a Failure. */
  async changeCamera(deviceId, video) {
    const run = this.#run;
    const stream = await this.#camera.open(deviceId, video);
    if (stream && run === this.#run && this.#peer) await this.#peer.replace(this.#camera.track);
    return stream;
  }

  /** End; the camera stays open for whoever goes on. */
  stop() {
    this.#run += 1;
    this.#meter?.stop();
    this.#peer?.close();
    this.#peer = this.#meter = null;
    this.#step("");
  }

  #step(detail) {
    this.dispatchEvent(new CustomEvent("step", { detail }));
  }
}
