// Reads the frames' numbers off the page's videos, whichever page it is: what plays the camera is
// the "own" picture, what plays a peer connection's track is the "result". The layout of the code
// is told in stream/sources/barcode.py; the second row is that of benchmarks/live/stages.py.
(() => {
  if (window.benchProbe) return;
  const CELLS = 24, BITS = 16, SCALE = 4, LEAST_CONTRAST = 60;
  const canvas = document.createElement("canvas");
  canvas.width = CELLS * SCALE;
  canvas.height = SCALE;
  const paper = canvas.getContext("2d", { willReadFrequently: true });

  const peers = new Set(), received = new Set(), watched = new WeakSet();
  let own = [], result = [], messages = [];
  const misread = { own: 0, result: 0 };
  const first = { own: null, result: null };
  let newest = { own: null, result: null };

  const codeHeight = (height) => Math.min(height, Math.max(8, Math.floor(height / 16)));

  function readRow(video, top, rows) {
    const quarter = Math.floor(rows / 4);
    paper.drawImage(video, 0, top + quarter, video.videoWidth, Math.max(1, rows - 2 * quarter),
      0, 0, canvas.width, canvas.height);
    const data = paper.getImageData(0, 0, canvas.width, canvas.height).data;
    const levels = [];
    for (let cell = 0; cell < CELLS; cell++) {
      let sum = 0;
      for (let y = 1; y < 3; y++) {
        for (let x = 1; x < 3; x++) {
          const at = 4 * (y * canvas.width + cell * SCALE + x);
          sum += data[at] + data[at + 1] + data[at + 2];
        }
      }
      levels.push(sum / 12);
    }
    if (levels[0] - levels[1] < LEAST_CONTRAST) return null;
    const middle = (levels[0] + levels[1]) / 2;
    let number = 0, check = 0;
    for (let i = 0; i < BITS; i++) number |= (levels[2 + i] > middle) << i;
    for (let i = 0; i < CELLS - 2 - BITS; i++) check |= (levels[2 + BITS + i] > middle) << i;
    return check === (7 * number + 3) % 61 ? number : null;
  }

  function watch(video) {
    const look = (_, metadata) => {
      const at = performance.now();
      video.requestVideoFrameCallback(look);
      const track = video.srcObject && video.srcObject.getVideoTracks()[0];
      if (!track || !video.videoWidth) return;
      const kind = received.has(track.id) ? "result" : "own";
      const rows = codeHeight(video.videoHeight);
      const number = readRow(video, 0, rows);
      if (first[kind] === null) first[kind] = at;
      if (number === null) {
        misread[kind] += 1;
        return;
      }
      const about = kind === "own" ? null
        : readRow(video, rows, codeHeight(video.videoHeight - rows));
      newest[kind] = number;
      (kind === "own" ? own : result).push([number, at, metadata.receiveTime ?? null, about]);
    };
    video.requestVideoFrameCallback(look);
  }

  setInterval(() => {
    for (const video of document.querySelectorAll("video")) {
      if (video.srcObject && !watched.has(video)) {
        watched.add(video);
        watch(video);
      }
    }
  }, 20);

  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...given) {
      super(...given);
      peers.add(this);
      this.addEventListener("track", (event) => received.add(event.track.id));
    }
    close() {
      peers.delete(this);
      super.close();
    }
  };

  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", (event) => {
        if (typeof event.data !== "string") return;
        try {
          const message = JSON.parse(event.data);
          if (["stats", "notice", "error", "bye", "state"].includes(message.type)) {
            messages.push({ at: performance.now(), ...message });
          }
        } catch { /* not ours */ }
      });
    }
  };

  const RTP = ["jitterBufferDelay", "jitterBufferTargetDelay", "jitterBufferEmittedCount",
    "totalDecodeTime", "framesDecoded", "framesDropped", "framesReceived", "packetsLost",
    "freezeCount", "totalFreezesDuration", "nackCount", "pliCount", "bytesReceived", "frameWidth",
    "frameHeight", "totalEncodeTime", "framesEncoded", "framesSent", "bytesSent",
    "qualityLimitationReason", "keyFramesDecoded"];

  window.benchProbe = {
    // What was read since the last call; keeps the page's memory small over long runs.
    take() {
      const taken = { own, result, messages, misread: { ...misread }, first: { ...first },
        now: performance.now() };
      own = [];
      result = [];
      messages = [];
      return taken;
    },
    reset() {
      this.take();
      misread.own = misread.result = 0;
      first.own = first.result = null;
      newest = { own: null, result: null };
    },
    newest: () => ({ ...newest, now: performance.now() }),
    // The live connection's counters, as RTCPeerConnection.getStats names them.
    async counters() {
      const found = { now: performance.now() };
      for (const peer of peers) {
        if (peer.connectionState !== "connected") continue;
        const stats = await peer.getStats();
        stats.forEach((item) => {
          if (item.kind === "video" && ["inbound-rtp", "outbound-rtp"].includes(item.type)) {
            const codec = stats.get(item.codecId);
            found[item.type] = { codec: codec ? codec.mimeType : null };
            for (const key of RTP) if (key in item) found[item.type][key] = item[key];
          } else if (item.type === "candidate-pair" && item.nominated) {
            found.roundTripTime = item.currentRoundTripTime;
          }
        });
      }
      return found;
    },
    // The camera's size, for a while, as a phone that turns or a browser that saves power does it.
    async resize(width, height) {
      for (const peer of peers) {
        for (const sender of peer.getSenders()) {
          if (sender.track) await sender.track.applyConstraints({ width, height });
        }
      }
    },
  };
})();
