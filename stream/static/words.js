// What can go wrong, in words for people: what it is, and what helps.

/** Something the user must know: a title, a text, what helps, and a code for programs. */
export class Failure extends Error {
  constructor(code, title, text, hint = "") {
    super(text);
    this.code = code;
    this.title = title;
    this.hint = hint;
  }
}

const CAMERA = {
  NotAllowedError: [
    "camera_refused",
    "The camera is not allowed",
    "Your browser, or you, refused the camera to this page.",
    "Press the camera or lock sign beside the address, allow it, and start again.",
  ],
  NotFoundError: [
    "no_camera",
    "No camera was found",
    "This device has no camera that the browser can see.",
    "Plug one in or switch it on, then start again.",
  ],
  NotReadableError: [
    "camera_in_use",
    "The camera cannot be opened",
    "Another program or tab seems to be using it.",
    "Close that program, or choose another camera, then start again.",
  ],
  OverconstrainedError: [
    "no_camera",
    "That camera is gone",
    "The camera that was chosen is not there any more.",
    "Choose another one and start again.",
  ],
};
CAMERA.SecurityError = CAMERA.NotAllowedError;
CAMERA.AbortError = CAMERA.NotReadableError;

/** What getUserMedia threw, in words. */
export function cameraFailure(error) {
  const known = CAMERA[error?.name];
  if (known) return new Failure(...known);
  return new Failure("camera_failed", "The camera did not start", String(error?.message ?? error));
}

/** The page has no access to any camera: browsers give none to a page on plain http. */
export function insecureFailure() {
  return new Failure(
    "not_https",
    "The browser gives this page no camera",
    "Cameras work only on pages opened by https, or on this machine itself as localhost.",
    "Open the page by https://, or through an SSH tunnel as http://localhost.",
  );
}

export const cameraLost = () =>
  new Failure(
    "camera_lost",
    "The camera stopped",
    "It was unplugged, or another program took it.",
    "Check it and start again.",
  );

/** What to do where nobody is in view; the camera's picture may be black. */
export const nobodyHint = (black) =>
  black
    ? "The camera’s picture is black: open its shutter or switch on a light"
    : "Nobody is in view: step back until the camera sees you";

export const recordingsGone = () =>
  new Failure("recordings_gone", "The recordings are gone", "They went with the session that was lost.");

export const iceFailed = () =>
  new Failure(
    "webrtc_failed",
    "No way for the video was found",
    "Page and server can talk, but video cannot pass between them: a firewall or a strict network "
      + "is in between.",
    "Try another network. Whoever runs the server can add a TURN server, which helps here.",
  );

export const videoLost = () =>
  new Failure(
    "webrtc_lost",
    "The video was cut off",
    "The connection for video broke and could not be restored.",
    "Check your network and start again.",
  );

export const unsupported = () =>
  new Failure(
    "unsupported",
    "This browser is too old",
    "It has no WebRTC video.",
    "Use a present Chrome, Edge, Firefox or Safari.",
  );

const TITLES = {
  unauthorized: "A token is needed",
  forbidden: "The server refuses this page",
  server_full: "The server is full",
  stopping: "The server is stopping",
  session_expired: "The session has ended",
  idle: "The session has ended",
  replaced: "Going on in another tab",
  no_person: "This photo cannot be used",
  unreadable_photo: "The photo cannot be read",
  photo_too_large: "The photo is too large",
  unsupported_type: "This file cannot be used",
  too_many_photos: "No room for another photo",
  too_many_offers: "Too many starts",
  too_many_requests: "Too fast",
  no_photo: "A photo is needed",
  bad_offer: "The video could not be agreed on",
};

/** What the server answered, in words: its own text under a title of ours. */
export function serverFailure({ code, text, hint } = {}) {
  return new Failure(
    code ?? "internal",
    TITLES[code] ?? "Something went wrong",
    text || "The server could not do that.",
    hint ?? "",
  );
}

/** A refusal for wrong tokens, perhaps somebody else's: it is a token that the page wants. */
export const tokenNeeded = ({ code, message, hint }) =>
  new Failure(code, TITLES.unauthorized, message, hint);

/** A request that never got an answer. */
export const unreachable = () =>
  new Failure(
    "unreachable",
    "The server does not answer",
    "Nothing came back from it.",
    "Check your network, then try again.",
  );

/** What was found in a photo, in a few words. */
export function foundText({ people, half }) {
  const body = half ? "half body" : "full body";
  if (people > 1) return `${people} people found, the framed one moves: ${body}`;
  return `One person found: ${body}`;
}

export const KEYS = [
  ["1 – 9", "switch to that photo"],
  ["C", "calibrate to your present pose"],
  ["M", "mirror the movement"],
  ["F", "freeze the picture"],
  ["E", "let the face follow yours"],
  ["B", "which parts of the body follow"],
  ["P", "pass the camera through"],
  ["O", "overlay: skeleton and times"],
  ["R", "record, and stop recording"],
  ["Q", "stop"],
  ["?", "this help"],
];
