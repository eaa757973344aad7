// The WebRTC connection: the camera's picture out, the moved photo in, with as little waiting as
// browsers allow.

import { iceFailed, unsupported, videoLost } from "./words.js";

const GATHER_MS = 2000;
const CONNECT_MS = 15000;
const REGAIN_MS = 6000;

/**
 * One connection, for one stream. Events: "track" (detail: MediaStream), "failed" (detail:
 * Failure), "wavering" and "steady" (the network hangs, and is back).
 */
export class Peer extends EventTarget {
  #connection;
  #transceiver;
  #video;
  #timer = null;
  #wasUp = false;

  /**
   * @param iceServers the server's, and only those
   * @param video what the server says of it: codec, rate, start_kbps, max_kbps, max_side_px
   */
  constructor(iceServers, video) {
    super();
    if (!globalThis.RTCPeerConnection) throw unsupported();
    this.#video = video;
    this.#connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.#connection.addEventListener("connectionstatechange", () => this.#changed());
    this.#connection.addEventListener("track", (event) => {
      hurry(event.receiver);
      const detail = new MediaStream([event.track]);
      this.dispatchEvent(new CustomEvent("track", { detail }));
    });
  }

  /**
   * Connect.
   * @param stream the camera's
   * @param exchange takes the offer's SDP and resolves to that of the answer
   */
  async start(stream, exchange) {
    const connection = this.#connection;
    const { codec, rate, max_kbps: maxKbps } = this.#video;
    const track = stream.getVideoTracks()[0];
    const encoding = { maxBitrate: maxKbps * 1000, maxFramerate: rate };
    encoding.scaleResolutionDownBy = this.#shrinkage(track);
    this.#transceiver = connection.addTransceiver(track, {
      direction: "sendrecv",
      streams: [stream],
      sendEncodings: [encoding],
    });
    preferCodec(this.#transceiver, codec);
    await connection.setLocalDescription();
    await gathered(connection);
    // Stopped meanwhile: the server must not start, or end, a stream for this offer.
    if (connection.signalingState === "closed") return;
    const sdp = await exchange(connection.localDescription.sdp);
    if (connection.signalingState === "closed") return;
    await connection.setRemoteDescription({ type: "answer", sdp: withBitrates(sdp, this.#video) });
    await this.#tune(this.#transceiver.sender);
    if (!this.#wasUp) this.#arm(CONNECT_MS, iceFailed);
  }

  /** Send another camera's picture from now on. */
  async replace(track) {
    await this.#transceiver?.sender.replaceTrack(track);
    await this.fit();
  }

  /** Send no larger pictures than the server takes, whatever size the camera has now. */
  async fit() {
    const sender = this.#transceiver?.sender;
    if (sender?.track) await this.#tune(sender);
  }

  /** {roundTripMs, bufferMs, downKbps…} of the media, as the browser measures them; may be null. */
  async report() {
    const found = { roundTripMs: null, codec: null, lost: 0 };
    const reports = await this.#connection.getStats();
    for (const item of reports.values()) {
      if (item.type === "candidate-pair" && item.nominated && item.currentRoundTripTime) {
        found.roundTripMs = item.currentRoundTripTime * 1000;
      } else if (item.type === "inbound-rtp" && item.kind === "video") {
        found.lost = item.packetsLost ?? 0;
        found.codec = reports.get(item.codecId)?.mimeType?.replace("video/", "") ?? null;
      }
    }
    return found;
  }

  close() {
    clearTimeout(this.#timer);
    this.#connection.close();
  }

  /** How many times too large a camera's picture is: the server takes none above its limit. */
  #shrinkage(track) {
    const { width = 0, height = 0 } = track.getSettings();
    return Math.max(1, Math.max(width, height) / this.#video.max_side_px);
  }

  async #tune(sender) {
    const parameters = sender.getParameters();
    parameters.degradationPreference = "maintain-framerate";
    for (const encoding of parameters.encodings) {
      encoding.scaleResolutionDownBy = this.#shrinkage(sender.track);
    }
    // Not every browser knows the preference; the video works without it.
    await sender.setParameters(parameters).catch(() => undefined);
  }

  #changed() {
    const state = this.#connection.connectionState;
    clearTimeout(this.#timer);
    if (state === "connected") {
      if (this.#wasUp) this.dispatchEvent(new Event("steady"));
      this.#wasUp = true;
    } else if (state === "disconnected") {
      this.dispatchEvent(new Event("wavering"));
      this.#arm(REGAIN_MS, videoLost);
    } else if (state === "failed") {
      this.#fail(this.#wasUp ? videoLost() : iceFailed());
    } else if (state === "connecting") {
      this.#arm(CONNECT_MS, iceFailed);
    }
  }

  #arm(ms, failure) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(failure()), ms);
  }

  #fail(failure) {
    this.close();
    this.dispatchEvent(new CustomEvent("failed", { detail: failure }));
  }
}

/** Show pictures as they come, instead of gathering some first. */
function hurry(receiver) {
  try {
    if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
    if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0;
  } catch {
    // A wish that a browser may refuse.
  }
}

function preferCodec(transceiver, codec) {
  const known = RTCRtpReceiver.getCapabilities?.("video")?.codecs ?? [];
  const wanted = known.filter((one) => one.mimeType.toLowerCase() === `video/${codec}`);
  if (!wanted.length || !transceiver.setCodecPreferences) return;
  // The others stay in the offer, behind: a server that has not the wanted one still answers.
  transceiver.setCodecPreferences([...wanted, ...known.filter((one) => !wanted.includes(one))]);
}

/** All candidates go with the offer; a server that is slow to answer must not hold the start up. */
function gathered(connection) {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * The answer, with the bitrates the page's own encoder begins and ends with: by itself Chromium
 * begins at 300 kbit/s and takes seconds to a clear picture. Other browsers ignore it.
 */
export function withBitrates(sdp, { start_kbps: start, max_kbps: max }) {
  const lines = sdp.split("\r\n");
  const extra = `x-google-start-bitrate=${start};x-google-max-bitrate=${max}`;
  const codecs = lines
    .map((line) => /^a=rtpmap:(\d+) (?:VP8|VP9|AV1|H264)\//i.exec(line)?.[1])
    .filter(Boolean);
  for (const payload of codecs) {
    const format = lines.findIndex((line) => line.startsWith(`a=fmtp:${payload} `));
    if (format >= 0) lines[format] += `;${extra}`;
    else {
      const map = lines.findIndex((line) => line.startsWith(`a=rtpmap:${payload} `));
      lines.splice(map + 1, 0, `a=fmtp:${payload} ${extra}`);
    }
  }
  return lines.join("\r\n");
}
