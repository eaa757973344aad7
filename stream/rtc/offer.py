"""A browser's offer: what is taken of it (one video), and how the rest is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bunraku.errors import InputError
from bunraku.stream.rtc.ice import is_usable_candidate

MAX_OFFER_CHARS = 64 * 1024
MAX_SECTIONS = 16
MAX_CANDIDATES = 32
# aiortc's work grows with their products, in the event loop. Browsers offer some 250 lines with 50
# codecs, and name each codec that a feedback is for.
MAX_LINES = 512
MAX_CODECS = 64
MAX_FEEDBACKS_FOR_ALL = 16

_SECTION = re.compile(r"m=([a-z]+) ([0-9]{1,5}) ([A-Z/]+) ([ -~]+)")
_SENDING = ("sendrecv", "sendonly")
_DIRECTIONS = ("inactive", "recvonly", *_SENDING)
_TRANSPORT = {
    "ice-ufrag": re.compile(r"[A-Za-z0-9+/]{4,256}"),
    "ice-pwd": re.compile(r"[A-Za-z0-9+/]{22,256}"),
    "fingerprint": re.compile(r"sha-(256|384|512) [0-9A-F]{2}(:[0-9A-F]{2}){31,63}", re.I),
    "setup": re.compile(r"actpass|active|passive"),
}
"""What a section may take from the session, or from the one that it shares its transport with."""


@dataclass
class _Section:
    """One m-line and what belongs to it."""

    kind: str
    protocol: str
    formats: str
    lines: list[str]

    @property
    def mid(self) -> str | None:
        return self.value("mid")

    @property
    def direction(self) -> str:
        given = [line[2:] for line in self.lines if line[2:] in _DIRECTIONS]
        return given[-1] if given else "sendrecv"

    @property
    def candidates(self) -> list[str]:
        return [line for line in self.lines if line.startswith("a=candidate:")]

    def value(self, attribute: str) -> str | None:
        return _value(self.lines, attribute)


@dataclass(frozen=True)
class Offer:
    """An offer that was looked through.

    ``sdp`` holds nothing but the one video section that is taken, with all that it needs.
    ``complete`` gives an answer to that back its refusals of all others.
    """

    sdp: str
    _sections: list[_Section] = field(repr=False)
    _taken: int

    @classmethod
    def parse(cls, text: str) -> Offer:
        """Look through a browser's offer.

        :raises InputError: it is not SDP, offers no video, or lacks what a connection needs.
        """
        if len(text) > MAX_OFFER_CHARS:
            raise InputError(
                f"The offer of {len(text)} characters is longer than {MAX_OFFER_CHARS}."
            )
        lines = [line for line in re.split(r"\r\n|\n|\r", text) if line]
        if not lines or not lines[0].startswith("v="):
            raise _malformed("it does not begin with v=")
        if not all(line.isprintable() for line in lines):
            raise _malformed("it holds control characters")
        session, sections = _split(lines)
        taken = next((i for i, one in enumerate(sections) if _is_sending_video(one)), None)
        if taken is None:
            raise InputError("The offer sends no video.", "Share a camera before connecting.")
        return cls(_reduce(session, sections, taken), sections, taken)

    def complete(self, answer: str) -> str:
        """The answer to ``sdp`` as an answer to the whole offer: each other section is refused."""
        session, (taken,) = _split([line for line in answer.splitlines() if line])
        lines = list(session)
        for index, section in enumerate(self._sections):
            if index == self._taken:
                lines += taken.lines
                continue
            # Port 0 refuses, by RFC 3264; the rest is there for its form.
            lines += [
                f"m={section.kind} 0 {section.protocol} {section.formats}",
                "c=IN IP4 0.0.0.0",
                "a=inactive",
            ]
            if section.mid is not None:
                lines.append(f"a=mid:{section.mid}")
        return "\r\n".join(lines) + "\r\n"


def _split(lines: list[str]) -> tuple[list[str], list[_Section]]:
    session: list[str] = []
    sections: list[_Section] = []
    for line in lines:
        if line.startswith("m="):
            match = _SECTION.fullmatch(line)
            if match is None:
                raise _malformed(f'"{line[:40]}" is no media section')
            sections.append(_Section(match[1], match[3], match[4], [line]))
            if len(sections) > MAX_SECTIONS:
                raise _malformed(f"it has more than {MAX_SECTIONS} media sections")
        elif sections:
            sections[-1].lines.append(line)
        else:
            session.append(line)
    return session, sections


def _is_sending_video(section: _Section) -> bool:
    # A port of 0 refuses a section, unless it rides on another one's transport.
    refused = section.lines[0].split()[1] == "0" and "a=bundle-only" not in section.lines
    return section.kind == "video" and section.direction in _SENDING and not refused


def _reduce(session: list[str], sections: list[_Section], taken: int) -> str:
    """The offer with one section only, which has all it needs in itself."""
    section = sections[taken]
    if section.mid is None:
        raise _malformed("its video has no mid")
    if "a=rtcp-mux" not in section.lines:
        raise _malformed("its video does not share one port with RTCP (rtcp-mux)")
    host = _transport_host(session, sections, section)
    transport = [
        f"a={name}:{_transport_value(name, (section, host), session)}" for name in _TRANSPORT
    ]
    candidates = [
        line for line in section.candidates or host.candidates if is_usable_candidate(line)
    ]
    kept = [
        line
        for line in section.lines[1:]
        if not line.startswith(("a=candidate:", "a=group:", "c=", "b=", "i=", "k="))
        # The browser may still be found by its own checks when those of its candidates that can be
        # used are used up; so it is never told to be all.
        and line not in ("a=end-of-candidates", "a=bundle-only", "a=ice-lite")
        and line[2:] not in _DIRECTIONS
        and line[2:].partition(":")[0] not in _TRANSPORT
    ]
    lines = [
        *("v=0", "o=- 0 0 IN IP4 0.0.0.0", "s=-", "t=0 0"),
        f"a=group:BUNDLE {section.mid}",
        *(["a=ice-lite"] if "a=ice-lite" in session else []),
        *(line for line in session if line.startswith("a=msid-semantic:")),
        f"m=video 9 {section.protocol} {section.formats}",
        "c=IN IP4 0.0.0.0",
        f"a={section.direction}",
        *transport,
        *candidates[:MAX_CANDIDATES],
        *kept,
    ]
    for start, most, what in (
        ("", MAX_LINES, "lines for its video"),
        ("a=rtpmap:", MAX_CODECS, "codecs"),
        ("a=rtcp-fb:*", MAX_FEEDBACKS_FOR_ALL, "kinds of feedback for all codecs"),
    ):
        if sum(line.startswith(start) for line in lines) > most:
            raise _malformed(f"it has more than {most} {what}")
    return "\r\n".join(lines) + "\r\n"


def _transport_host(session: list[str], sections: list[_Section], section: _Section) -> _Section:
    """The section whose transport this one uses: the first of its bundle, or itself."""
    for line in session:
        name, *mids = line.split()
        if name == "a=group:BUNDLE" and section.mid in mids:
            return next((one for one in sections if one.mid == mids[0]), section)
    return section


def _transport_value(name: str, places: tuple[_Section, _Section], session: list[str]) -> str:
    lines = (places[0].lines, places[1].lines, session)
    value = next((found for found in (_value(one, name) for one in lines) if found), None)
    if value is None:
        raise _malformed(f"its video has no {name}")
    if _TRANSPORT[name].fullmatch(value) is None:
        raise _malformed(f"its {name} cannot be used")
    return value


def _value(lines: list[str], attribute: str) -> str | None:
    start = f"a={attribute}:"
    return next((line[len(start) :].strip() for line in lines if line.startswith(start)), None)


def _malformed(why: str) -> InputError:
    return InputError(f"The offer is not usable: {why}.")
