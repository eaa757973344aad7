// The session's photos: sent, looked at, switched among, and sent again to a server that forgot.

import { serverFailure, unreachable } from "./words.js";

const JPEG_QUALITY = 0.9;
/** What the server reads; of other kinds, those that this browser reads are sent as a JPEG. */
const TAKEN = new Set(["image/jpeg", "image/png", "image/webp"]);
/** Refusals that a photo does not deserve: it is sent again with the next welcome. */
const LATER = new Set([
  "unreachable",
  "stopping",
  "session_expired",
  "too_many_requests",
  "internal",
]);

/** Event: "changed". */
export class Photos extends EventTarget {
  list = [];
  selectedId = null;
  #signalling;
  #limits = {};
  #previews = new Map();
  #files = new Map();
  #resending = new Set();
  // The chosen photo, while the server does not have it any more.
  #missed = null;

  constructor(signalling) {
    super();
    this.#signalling = signalling;
  }

  get selected() {
    return this.list.find((photo) => photo.id === this.selectedId) ?? null;
  }

  /** Whether the chosen photo is one that the server does not have any more, or not yet again. */
  get missed() {
    return this.#missed !== null;
  }

  /** Whether photos are being sent again. */
  get resending() {
    return this.#resending.size > 0;
  }

  /** The address of a photo's preview, once it is here. */
  previewOf(id) {
    return this.#previews.get(id) ?? "";
  }

  select(id) {
    if (!this.list.some((photo) => photo.id === id)) return;
    this.#missed = null;
    if (id === this.selectedId) return;
    this.selectedId = id;
    this.#changed();
  }

  /**
   * Take over what a server says it has; send again what this page sent before and the server no
   * longer knows, as after its restart. Throws the first Failure, after all were tried.
   */
  async take(list, limits) {
    this.#limits = limits;
    const has = (id) => list.some((photo) => photo.id === id);
    const wanted = this.#missed ?? this.selectedId;
    const forgotten = [...this.#files].filter(([id]) => !has(id) && !this.#resending.has(id));
    for (const [id] of forgotten) this.#resending.add(id);
    this.#missed = this.#files.has(wanted) && !has(wanted) ? wanted : null;
    await this.#set(list);
    if (has(wanted)) this.select(wanted);
    let failure = null;
    for (const [id, file] of forgotten) {
      try {
        await this.#resend(id, file);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure) throw failure;
  }

  async #resend(oldId, file) {
    let later = false;
    try {
      const photo = await this.add(file, { select: false });
      if (oldId === this.#missed) this.select(photo.id);
    } catch (error) {
      later = LATER.has(error.code);
      throw error;
    } finally {
      this.#resending.delete(oldId);
      if (!later) {
        this.#files.delete(oldId);
        if (oldId === this.#missed) this.#missed = null;
      }
      this.#changed();
    }
  }

  /**
   * Send a photo to the session that the server has welcomed: without one it would get its own.
   * Resolves to what was found in it, throws a Failure.
   */
  async add(file, { select = true } = {}) {
    const sent = await fitted(file, this.#limits);
    const form = new FormData();
    form.append("photo", sent, file.name || "photo.jpg");
    const answer = await this.#ask("/api/photos", { method: "POST", body: form });
    const photo = await answer.json();
    this.#files.set(photo.id, file);
    await this.#set([...this.list, { own: true, ...photo }]);
    if (select) this.select(photo.id);
    return photo;
  }

  /** Delete one of the page's own photos; the numbers of those behind it change. */
  async remove(id) {
    try {
      await this.#ask(`/api/photos/${encodeURIComponent(id)}`, { method: "DELETE" });
    } catch (error) {
      if (error.code !== "not_found") throw error; // gone already is as good
    }
    this.#files.delete(id);
    const answer = await this.#ask("/api/photos");
    await this.#set((await answer.json()).photos);
  }

  /** Fetch a recording as a blob. */
  async recording(id) {
    return (await this.#ask(`/api/recordings/${encodeURIComponent(id)}`)).blob();
  }

  async #set(list) {
    this.list = list.map((photo, index) => ({ number: index + 1, ...photo }));
    for (const [id, address] of this.#previews) {
      if (list.some((photo) => photo.id === id)) continue;
      URL.revokeObjectURL(address);
      this.#previews.delete(id);
    }
    if (!this.selected) this.selectedId = this.list[0]?.id ?? null;
    await Promise.all(this.list.map((photo) => this.#preview(photo.id)));
    this.#changed();
  }

  async #preview(id) {
    if (this.#previews.has(id)) return;
    try {
      const answer = await this.#ask(`/api/photos/${encodeURIComponent(id)}/preview`);
      this.#previews.set(id, URL.createObjectURL(await answer.blob()));
    } catch {
      // The photo is ready all the same; only its picture is missing.
    }
  }

  async #ask(path, options = {}) {
    const headers = {};
    if (this.#signalling.token) headers.Authorization = `Bearer ${this.#signalling.token}`;
    if (this.#signalling.session) headers["X-Bunraku-Session"] = this.#signalling.session;
    let answer;
    try {
      answer = await fetch(path, { ...options, headers, cache: "no-store" });
    } catch {
      throw unreachable();
    }
    if (answer.ok) return answer;
    const body = await answer.json().catch(() => ({}));
    throw serverFailure(body.error);
  }

  #changed() {
    this.dispatchEvent(new Event("changed"));
  }
}

/** The file, or a JPEG of it where it is of another kind, or more, than the server takes. */
async function fitted(file, { photo_bytes: bytes = Infinity, photo_pixels: pixels = Infinity }) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return file; // not a picture that this browser knows: the server says what is wrong
  }
  const size = image.width * image.height;
  if (TAKEN.has(file.type) && file.size <= bytes && size <= pixels) {
    image.close();
    return file;
  }
  // A pixel of a JPEG takes well below a byte.
  const scale = Math.min(1, Math.sqrt(Math.min(pixels, bytes, 4_000_000) / size));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.floor(image.width * scale)),
    Math.max(1, Math.floor(image.height * scale)),
  );
  const context = canvas.getContext("2d");
  context.fillStyle = "white"; // as the server does behind what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
}
