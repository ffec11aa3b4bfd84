"""How a process is started and a connection made: where the package meets the engine.

A process object has `descriptor`, `pid`, `folder` (paths are relative to it) and `close()`; a session is what
`_engine.Session` is. Here is the transport inside this process: its endpoints are known by their texts.
"""
import os
import uuid
from typing import Dict, List, Mapping, Optional, Tuple

from . import _engine
from .endpoint import Endpoint
from .hyperexception import HyperException, _make_error

# Settings of a server process that mean nothing to an engine without sockets and log files.
_SERVER_ONLY = frozenset((
    "callback_connection", "domain_socket_dir", "init_user", "language", "listen_connection", "log_config", "log_dir",
    "log_file_max_count", "log_file_size_limit", "no_password", "skip_license", "use_tcp_port"))
# What clients tell a server about themselves.
_ABOUT_CLIENT = frozenset(("api_language", "endpoint", "user_agent"))


def _checked(parameters: Optional[Mapping[str, str]]) -> Dict[str, str]:
    """A copy whose keys and values are texts: AttributeError else, as ever."""
    return {key.encode().decode(): value.encode().decode() for key, value in (parameters or {}).items()}


class EmbeddedProcess:
    """An engine in this process."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self.pid = os.getpid()
        self.folder = os.getcwd()
        self.descriptor = f"tab.domain:///tmp/{uuid.uuid4().hex}/domain/auto"
        self._engine = _engine.Instance(_instance_settings(parameters))
        _embedded[self.descriptor] = self

    def connect(self, path: Optional[str], create_mode: int, parameters: Dict[str, str]) -> "_engine.Session":
        """A new session, with a database if a path is given."""
        if path is not None:
            path = os.path.join(self.folder, path)
        return _engine.Session(self._engine, path, create_mode, parameters)

    def close(self) -> None:
        """Ends all sessions and the engine."""
        _embedded.pop(self.descriptor, None)
        self._engine.close()


_embedded: Dict[str, EmbeddedProcess] = {}


def _instance_settings(parameters: Mapping[str, str]) -> List[Tuple[str, str]]:
    if parameters.get("log_config"):
        raise _make_error("22023", "The parameter \"log_config\" can only be empty, which means no log.")
    settings = {"date_style_lenient": "false"}
    settings.update(parameters)
    return sorted((key, value) for key, value in settings.items() if key not in _SERVER_ONLY)


def _refuse_program(hyper_path: str) -> None:
    program = os.path.join(hyper_path, "hyperd")
    if not os.path.exists(program):
        raise _make_error("58P01", f'The Hyper executable "{program}" does not exist.')
    raise _make_error("0A000", f'The server "{program}" cannot be started: this version runs the engine only in its '
                      "own process.", "Leave out 'hyper_path'.")


def start_process(hyper_path: Optional[str], parameters: Optional[Mapping[str, str]]) -> EmbeddedProcess:
    """Starts an engine; any failure is the cause of the exception."""
    settings = _checked(parameters)
    for key in settings:
        if "-" in key:
            raise _make_error("22023", f"Invalid name of a parameter: {key}. It must not contain '-'.")
    try:
        if hyper_path is not None:
            _refuse_program(hyper_path)
        return EmbeddedProcess(settings)
    except HyperException as reason:
        raise _make_error("58000", "Failed to start a new Hyper instance.") from reason


def find_process(endpoint: Endpoint) -> EmbeddedProcess:
    """The process of an endpoint."""
    descriptor = endpoint.connection_descriptor
    process = _embedded.get(descriptor)
    if process is not None:
        return process
    scheme, separator, rest = descriptor.partition("://")
    if not scheme or not separator or not rest:
        raise _make_error("HY000", f'Invalid connection string "{descriptor}". It must look like "<scheme>://<rest>".')
    raise _make_error("08001", f"Could not connect to the Hyper server at {descriptor}: there is no such engine in this "
                      "process.", "Connect to the endpoint of a HyperProcess that is open in this process.")


def session_parameters(parameters: Optional[Mapping[str, str]]) -> Dict[str, str]:
    """The settings of a session among the parameters of a connection, and `dbname`."""
    return {key: value for key, value in _checked(parameters).items() if key not in _ABOUT_CLIENT}
