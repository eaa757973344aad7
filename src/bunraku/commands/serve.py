"""``bunraku serve``: a page on which browsers drive a photo."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bunraku.commands.loading import Loading
from bunraku.commands.options import (
    AUTO,
    BundleOption,
    EngineOption,
    FaceOption,
    HandsOption,
    IuvBundleOption,
    LiveDriverOption,
    NoFaceOption,
    PartsOption,
    PoseOption,
    ResolutionOption,
    StageThreadsOption,
    WindowOnlyOption,
    parse_size,
    photo_path,
)
from bunraku.errors import InputError, OutputError
from bunraku.runtime.options import DRIVER, FACE, HANDS
from bunraku.runtime.parts import ALL, parse_parts

if TYPE_CHECKING:
    from bunraku.runtime.models import Models
    from bunraku.stream.rtc.options import Codec, IceServer
    from bunraku.stream.server.options import ServerOptions, Tls

log = logging.getLogger(__name__)

TOKEN_VARIABLE = "BUNRAKU_TOKEN"
TURN_VARIABLE = "BUNRAKU_TURN_CREDENTIAL"
GETTING_READY = "Getting ready: the networks are loaded, and compiled the first time."


def serve(
    photos: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PHOTO]...",
            parser=photo_path,
            help="Photos that every visitor is offered.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for all, with TLS and a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 for any that is free.")] = 8090,
    token: Annotated[
        str | None,
        typer.Option(
            help="What visitors must know. Better in a file or in the variable: other users of "
            "the machine see arguments.",
            envvar=TOKEN_VARIABLE,
            show_default=False,
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File whose first line is the token.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate with its chain, PEM.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Key of the certificate, PEM.")
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Further address under which the page is opened, as behind a proxy: "
            "https://example.org. May be repeated.",
        ),
    ] = None,
    sessions: Annotated[int, typer.Option(min=1, help="Browsers that may stream at once.")] = 4,
    session_minutes: Annotated[
        float, typer.Option(min=1, help="How long one visitor may stay.")
    ] = 60.0,
    idle_minutes: Annotated[
        float, typer.Option(min=0.1, help="After how long a visitor who does nothing is let go.")
    ] = 5.0,
    max_photo_mib: Annotated[
        # What can be read at all is less, as Limits says; infinity has no number of bytes.
        float, typer.Option(min=0.1, max=1024, help="Largest photo that is taken.")
    ] = 15.0,
    size: Annotated[
        str, typer.Option(metavar="WxH", help="Size that cameras are asked for.")
    ] = "640x480",
    rate: Annotated[float, typer.Option(help="Frames a second that cameras are asked for.")] = 30.0,
    codec: Annotated[
        str, typer.Option(help="Video codec of both directions: auto, vp8 or h264.")
    ] = "auto",
    start_kbps: Annotated[int, typer.Option(help="Bitrate at the start.")] = 1500,
    max_kbps: Annotated[int, typer.Option(help="Largest bitrate.")] = 4000,
    max_side: Annotated[
        int, typer.Option(min=64, help="Longest side of pictures, either way, in pixels.")
    ] = 1280,
    ice_server: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="STUN server, stun:host:port. May be repeated."),
    ] = None,
    turn: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="TURN server, turn:host:port. May be repeated."),
    ] = None,
    turn_user: Annotated[str | None, typer.Option(help="User name at the TURN servers.")] = None,
    turn_credential: Annotated[
        str | None,
        typer.Option(
            help="Password at the TURN servers; better in the variable.",
            envvar=TURN_VARIABLE,
            show_default=False,
        ),
    ] = None,
    window_only: WindowOnlyOption = False,
    driver: LiveDriverOption = DRIVER,
    pose: PoseOption = AUTO,
    face: FaceOption = FACE,
    no_face: NoFaceOption = False,
    hands: HandsOption = HANDS,
    parts: PartsOption = ALL,
    resolution: ResolutionOption = None,
    bundle: BundleOption = "live",
    iuv_bundle: IuvBundleOption = "iuv",
    engine: EngineOption = AUTO,
    threads: StageThreadsOption = None,
) -> None:
    """Serve a page on which visitors' cameras drive a photo.

    Only animate people who have agreed to it. What is recorded is marked as synthetic.

    Listens on this machine alone. For others: a certificate (--tls-cert, --tls-key) and a token.
    Logs are JSON lines on stderr. Ctrl-C, SIGTERM or SIGHUP says goodbye to everybody and
    ends.
    """
    from bunraku.stream.rtc.options import PeerOptions
    from bunraku.stream.server.logs import configure
    from bunraku.stream.server.options import Limits, ServerOptions
    from bunraku.stream.server.run import run_server

    limits = replace(
        Limits(),
        sessions=sessions,
        connections=max(Limits.connections, 4 * sessions),
        session_s=60.0 * session_minutes,
        idle_s=60.0 * idle_minutes,
        photo_bytes=round(max_photo_mib * 2**20),
    )
    peer = PeerOptions(
        codec=_codec(codec),
        start_kbps=start_kbps,
        min_kbps=min(PeerOptions.min_kbps, start_kbps),
        max_kbps=max_kbps,
        max_side_px=max_side,
        ice_servers=ice_servers(ice_server or [], turn or [], turn_user, turn_credential),
    )
    options = ServerOptions(
        host=host,
        port=port,
        token=read_token(token, token_file),
        tls=_tls(tls_cert, tls_key),
        origins=tuple(origin or ()),
        photos=tuple(photos or ()),
        size=parse_size(size),
        rate=rate,
        window_only=window_only,
        face=None if no_face else face,
        parts=parse_parts(parts),
        peer=peer,
        limits=limits,
    )
    options.check()
    configure()
    loading = Loading(
        bundle=bundle,
        iuv=iuv_bundle,
        threads=threads,
        driver=driver,
        pose=pose,
        face=options.face,
        hands=hands,
        resolution=resolution,
        engine=engine,
        parts=options.parts,
    )

    def load() -> Models:
        with telling(GETTING_READY):
            return load_engines(loading, options.limits.sessions)

    run_server(options, load, _tell_ready(options))


@contextlib.contextmanager
def telling(line: str, after_s: float = 1.0) -> Iterator[None]:
    """Print a line if what is done here takes longer."""

    def tell() -> None:
        with contextlib.suppress(OutputError, BrokenPipeError):
            typer.echo(line)

    timer = threading.Timer(after_s, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def load_engines(loading: Loading, sessions: int) -> Models:
    """Load the networks and let them run once: visitors do not wait for what is done once.

    :param sessions: how many may stream at once.
    """
    from bunraku.runtime.plan import SERVER_SPARE, live_shares
    from bunraku.runtime.warming import warm_up
    from bunraku.stream.rtc.encoders import nvenc_works

    nvenc_works()  # asking a GPU for the first time takes a moment
    threads = live_shares(spare=SERVER_SPARE).threads
    # stderr is for JSON
    models = loading.models(live=True, threads=threads, sessions=sessions, say=log.info)
    warm_up(models)
    return models


def read_token(token: str | None, file: Path | None) -> str | None:
    """The token, wherever it stands.

    :raises InputError: it stands in two places, or the file cannot be read or is empty.
    """
    if file is None:
        return token
    if token is not None and token != os.environ.get(TOKEN_VARIABLE):
        raise InputError("There is a --token and a --token-file.", "Give one of them.")
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise InputError(f"{file} cannot be read: {why}.") from error
    if not lines or not lines[0].strip():
        raise InputError(f"{file} is empty.", "Write the token into its first line.")
    return lines[0].strip()


def ice_servers(
    stun: list[str], turn: list[str], user: str | None, credential: str | None
) -> tuple[IceServer, ...]:
    """The servers that help where no direct way leads to a browser.

    :raises InputError: an address is not one, or a TURN server lacks its credentials.
    """
    from bunraku.stream.rtc.options import IceServer

    for url in stun:
        if not url.startswith(("stun:", "stuns:")):
            raise InputError(f"--ice-server {url} is not a STUN server.", "Give --turn for TURN.")
    if turn and (not user or not credential):
        raise InputError(
            "A TURN server needs a user name and a password.",
            f"Give --turn-user, and the password in the variable {TURN_VARIABLE}.",
        )
    plain = (IceServer(tuple(stun)),) if stun else ()
    return (*plain, IceServer(tuple(turn), user, credential)) if turn else plain


def _codec(text: str) -> Codec:
    from bunraku.stream.rtc.options import Codec

    try:
        return Codec(text.casefold())
    except ValueError as error:
        raise InputError(f"--codec {text} is not known.", f"Use {', '.join(Codec)}.") from error


def _tls(cert: Path | None, key: Path | None) -> Tls | None:
    from bunraku.stream.server.options import Tls

    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise InputError("TLS needs a certificate and its key.", "Give --tls-cert and --tls-key.")
    return Tls(cert, key)


def _tell_ready(options: ServerOptions) -> Callable[[str], None]:
    def tell(url: str) -> None:
        # The log has it too, and visitors can come whether or not this can be read.
        with contextlib.suppress(OutputError, BrokenPipeError):
            typer.echo(f"Bunraku is served at {url}")
        if options.token is not None:
            typer.echo("The page asks for the token.", err=True)

    return tell
