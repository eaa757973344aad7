/**
 * `window.bunraku`, for tests and benchmarks; nothing in it changes anything.
 *
 * state: "connecting", "unauthorised", "refused", "ready", "starting", "live", "regaining", "ended".
 * stats: {roundTripMs, fps, ageMs, server, media}, the numbers that are shown: the server's own as
 * it sent them, and the browser's of the media.
 * firstFrameMs: from the start button to the first moved picture; null before it.
 * watch(callback): calls it with ("own" | "result", video element, now, metadata) for every picture
 * shown, as requestVideoFrameCallback gives them; returns a function that ends it.
 */
export function expose({ state, stats, firstFrameMs, watchers }) {
  window.bunraku = Object.freeze({
    get state() {
      return state();
    },
    get stats() {
      return structuredClone(stats());
    },
    get firstFrameMs() {
      return firstFrameMs();
    },
    watch(callback) {
      watchers.add(callback);
      return () => watchers.delete(callback);
    },
  });
}
