// The one WebSocket to the server: hello, commands, offers, round trips, and coming back when it
// is lost. Token and session id go in the first message, never into an address.

import { serverFailure, unreachable } from "./words.js";

const PING_MS = 1000;
const DEAD_MS = 6000;
const OPEN_MS = 8000;
const ANSWER_MS = 20000;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 10000;
const GIVE_UP = new Set([4401, 4403]);
const KEPT = "bunraku";

/**
 * Events: "welcome" (detail: the message), "lost" (detail: {waitMs}), "refused" (detail: Failure),
 * "ended" (detail: Failure; the server closed the session for good), and each other message of the
 * server by its type.
 */
export class Signalling extends EventTarget {
  token = null;
  session = null;
  /** Milliseconds to the server and back, smoothed; null before the first answer. */
  roundTripMs = null;

  #socket = null;
  #opened = false;
  #timer = null;
  #pinger = null;
  #attempt = 0;
  #pinged = null;
  #offers = new Map();
  #nextOffer = 1;
  #farewell = null;
  #refusal = null;

  constructor() {
    super();
    Object.assign(this, recall());
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN && this.#pinger !== null;
  }

  /** Connect now, in place of any connection or attempt there is. */
  connect() {
    this.#drop();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`);
    this.#socket = socket;
    this.#opened = false;
    this.#farewell = this.#refusal = null;
    this.#timer = setTimeout(() => this.#closed(socket, 1006), OPEN_MS);
    socket.onopen = () => {
      this.#opened = true;
      const hello = { type: "hello" };
      if (this.token) hello.token = this.token;
      if (this.session) hello.session = this.session;
      this.send(hello);
    };
    socket.onmessage = (event) => this.#heard(socket, JSON.parse(event.data));
    socket.onclose = (event) => this.#closed(socket, event.code);
  }

  /** Resolves when the server knows this page: at once, or with its next welcome. */
  admitted() {
    if (this.open) return Promise.resolve();
    return new Promise((resolve) => this.addEventListener("welcome", resolve, { once: true }));
  }

  /** Send a message; dropped when there is no connection, as nobody waits for it then. */
  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  command(name, rest = {}) {
    this.send({ type: "command", name, ...rest });
  }

  /** Send an offer; resolves to the answer's SDP, rejects with a Failure. */
  offer(sdp, photo) {
    const id = this.#nextOffer++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, "reject", unreachable()), ANSWER_MS);
      this.#offers.set(id, { resolve, reject, timer });
      this.send({ type: "offer", id, sdp, photo });
    });
  }

  #heard(socket, message) {
    if (socket !== this.#socket) return;
    switch (message.type) {
      case "welcome":
        clearTimeout(this.#timer);
        this.#attempt = 0;
        this.session = message.session;
        remember(this);
        this.#pinged = null;
        this.#pinger = setInterval(() => this.#ping(), PING_MS);
        this.#ping();
        break;
      case "pong":
        this.#pinged = null;
        this.#measured(performance.now() - message.t);
        return;
      case "answer":
        this.#settle(message.id, "resolve", message.sdp);
        return;
      case "error":
        if (this.#settle(message.id, "reject", serverFailure(message))) return;
        // A server that stops is waited for, as if it were gone already.
        if (!this.open && message.code !== "stopping") this.#refusal = serverFailure(message);
        break;
      case "bye":
        this.#farewell = { ...message, code: message.reason };
        break;
    }
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  #ping() {
    const now = performance.now();
    // Timers sleep in hidden tabs: only an unanswered ping tells that the line is dead.
    if (this.#pinged !== null && now - this.#pinged > DEAD_MS) {
      this.#closed(this.#socket, 1006);
    } else if (this.#pinged === null) {
      this.#pinged = now;
      this.send({ type: "ping", t: now });
    }
  }

  #measured(ms) {
    this.roundTripMs = this.roundTripMs === null ? ms : this.roundTripMs * 0.7 + ms * 0.3;
  }

  #settle(id, how, value) {
    const waiting = this.#offers.get(id);
    if (!waiting) return false;
    this.#offers.delete(id);
    clearTimeout(waiting.timer);
    waiting[how](value);
    return true;
  }

  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#drop();
    const bye = this.#farewell;
    if (GIVE_UP.has(code) || this.#refusal) {
      const refusal = this.#refusal ?? refused(code);
      this.dispatchEvent(new CustomEvent("refused", { detail: refusal }));
    } else if (bye && bye.reason !== "stopping") {
      if (bye.reason !== "replaced") this.session = null;
      remember(this);
      this.dispatchEvent(new CustomEvent("ended", { detail: serverFailure(bye) }));
    } else {
      this.#comeBack(bye !== null);
      if (!this.#opened) this.#askWhy();
    }
  }

  /** A WebSocket is refused without a word; another request with an origin is told the reason. */
  async #askWhy() {
    const asked = { method: "DELETE", signal: AbortSignal.timeout(OPEN_MS) };
    const response = await fetch("/api/photos/none", asked).catch(() => null);
    if (response?.status !== 403) return;
    const { error } = await response.json().catch(() => ({}));
    if (this.#opened) return;
    this.#drop();
    const detail = error ? serverFailure(error) : refused(4403);
    this.dispatchEvent(new CustomEvent("refused", { detail }));
  }

  #comeBack(stopping) {
    const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempt++);
    const waitMs = backoff * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => this.connect(), waitMs);
    this.dispatchEvent(new CustomEvent("lost", { detail: { waitMs, stopping } }));
  }

  #drop() {
    clearTimeout(this.#timer);
    clearInterval(this.#pinger);
    this.#pinger = null;
    this.roundTripMs = null;
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    for (const id of [...this.#offers.keys()]) this.#settle(id, "reject", unreachable());
  }
}

/** A reload within the server's patience goes on with the same photos; a closed tab forgets. */
function remember({ token, session }) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ token, session }));
  } catch {
    // Storage is switched off: a reload begins anew.
  }
}

function recall() {
  try {
    const { token = null, session = null } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    return { token, session };
  } catch {
    return {};
  }
}

function refused(code) {
  if (code === 4401) return serverFailure({ code: "unauthorized", text: "The token is missing." });
  return serverFailure({ code: "forbidden", text: "It does not take this page’s address." });
}
