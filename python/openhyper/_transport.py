"""How a process is started and a connection made: where the package meets the engine.

There are three kinds of processes, all of one class: an engine inside this process, whose endpoint is known by its
text; a server that this process starts (`hyper_path`); and whatever answers at an endpoint, for which there is
nothing to start. `_engine` hides the difference behind them.
"""
import os
import uuid
from typing import Dict, List, Mapping, Optional, Tuple

from . import _engine
from .endpoint import Endpoint
from .hyperexception import HyperException, _make_error

# Settings of a server process that mean nothing to an engine without sockets and log files.
_SERVER_ONLY = frozenset((
    "callback_connection", "domain_socket_dir", "init_user", "language", "listen_connection", "log_file_max_count",
    "log_file_size_limit", "no_password", "skip_license", "use_tcp_port"))
# What the original tells a server.
_SERVER_DEFAULTS = {"date_style": "MDY", "date_style_lenient": "false", "init_user": "tableau_internal_user",
                    "language": "en_US", "no_password": "true", "skip_license": "true"}
# What clients tell a server about themselves.
_ABOUT_CLIENT = frozenset(("api_language", "endpoint", "user_agent"))


def _checked(parameters: Optional[Mapping[str, str]]) -> Dict[str, str]:
    """A copy whose keys and values are texts: AttributeError else, as ever."""
    return {key.encode().decode(): value.encode().decode() for key, value in (parameters or {}).items()}


class Process:
    """What connections are made to.

    :ivar descriptor: the text of its endpoint.
    :ivar pid: the id of the process in which the engine is.
    :ivar folder: from which relative paths count; None: it knows that itself.
    """

    def __init__(self, engine: "_engine.Instance", descriptor: str, folder: Optional[str], listen: Optional[str] = None
                 ) -> None:
        self._engine = engine
        self._listen = listen  # where it shall listen when somebody asks
        self.descriptor = descriptor
        self.pid = engine.process
        self.folder = folder

    def connect(self, path: Optional[str], create_mode: int, parameters: Dict[str, str]) -> "_engine.Session":
        """A new session, with a database if a path is given."""
        if path is not None:
            path = path_from(self.folder, path)
        return _engine.Session(self._engine, path, create_mode, parameters)

    def announce(self) -> None:
        """The address is given away: other processes may come. That they cannot is no fault of who reads it."""
        listen, self._listen = self._listen, None
        if listen is not None and self.pid == os.getpid() and self._engine.is_open:
            try:
                self._engine.listen(listen)
            except HyperException:
                pass

    def close(self, timeout_ms: int = -1) -> None:
        """Ends all sessions, and the engine if it is ours."""
        if _embedded.get(self.descriptor) is self:
            del _embedded[self.descriptor]
        self._engine.close(timeout_ms)


_embedded: Dict[str, Process] = {}


def _announce_all() -> None:
    for process in list(_embedded.values()):
        process.announce()


# The engine does not survive in a fork, which therefore connects to the one of its parent.
os.register_at_fork(before=_announce_all)


def path_from(folder: Optional[str], path: str) -> str:
    """A path as the engine shall see it."""
    return path if folder is None else os.path.join(folder, path)


def _instance_settings(parameters: Mapping[str, str]) -> List[Tuple[str, str]]:
    settings = {"date_style_lenient": "false"}
    settings.update(parameters)
    return sorted((key, value) for key, value in settings.items() if key not in _SERVER_ONLY)


def _start_embedded(parameters: Mapping[str, str]) -> Process:
    engine = _engine.Instance(_instance_settings(parameters))
    listen = parameters.get("listen_connection")
    port = parameters.get("use_tcp_port")
    if not listen and port:
        listen = f"tab.tcp://localhost:{port}"
    folder = parameters.get("domain_socket_dir") or f"/tmp/{uuid.uuid4().hex}"
    descriptor = f"tab.domain://{folder}/domain/.s.PGSQL.{os.getpid()}"
    if listen:
        engine.listen(listen)
        descriptor = engine.endpoint or listen
    elif descriptor in _embedded:
        descriptor += f".{uuid.uuid4().hex[:8]}"
    process = Process(engine, descriptor, os.getcwd(), None if listen else descriptor)
    _embedded[descriptor] = process
    return process


def _start_server(hyper_path: str, parameters: Mapping[str, str]) -> Process:
    engine = _engine.Instance.start(hyper_path, sorted({**_SERVER_DEFAULTS, **parameters}.items()))
    return Process(engine, engine.endpoint or "", None)


def start_process(hyper_path: Optional[str], parameters: Optional[Mapping[str, str]]) -> Process:
    """Starts an engine; any failure is the cause of the exception."""
    settings = _checked(parameters)
    for key in settings:
        if "-" in key:
            raise _make_error("22023", f"Invalid name of a parameter: {key}. It must not contain '-'.")
    try:
        if settings.get("log_config"):
            raise _make_error("22023", "The parameter \"log_config\" can only be empty, which means no log.")
        return _start_embedded(settings) if hyper_path is None else _start_server(hyper_path, settings)
    except HyperException as reason:
        raise _make_error("58000", "Failed to start a new Hyper instance.") from reason


def find_process(endpoint: Endpoint) -> Process:
    """The process of an endpoint."""
    descriptor = endpoint._descriptor
    process = _embedded.get(descriptor)
    if process is not None and process.pid == os.getpid():
        return process
    return Process(_engine.Instance.at(descriptor), descriptor, None)


def session_parameters(parameters: Optional[Mapping[str, str]]) -> Dict[str, str]:
    """The settings of a session among the parameters of a connection, and `dbname`."""
    return {key: value for key, value in _checked(parameters).items() if key not in _ABOUT_CLIENT}
