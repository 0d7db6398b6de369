"""The cause of a failed contact with the brokers: kafka-python logs it, and raises only a timeout."""

from __future__ import annotations

import socket

import kafka.errors as kafka_errors

from ethlogs.errors import (
    EthlogsError,
    KafkaUnavailableError,
    KerberosError,
    NotAuthorizedError,
    SettingsError,
)
from ethlogs.kafka.client_config import uses_proxy
from ethlogs.kafka.kinds import SETTINGS, describe
from ethlogs.kafka.probe import Listener, probe
from ethlogs.kafka.refusals import UNTRUSTED
from ethlogs.kafka.spelling import MECHANISM, PROTOCOL
from ethlogs.settings import KafkaSettings

REFUSED_HINT = "is there a setting in --command-config or --kafka-config that these brokers do not know?"

_CERTIFICATE = "ssl.certfile"
_ALERT = "ALERT"
"""How OpenSSL names what the other side refused, in the text of an error."""


def explain_no_contact(
    settings: KafkaSettings, failure: BaseException | None, doing: str
) -> EthlogsError | None:
    """Return the error for brokers that could not be reached; ``None`` where nothing more is known.

    ``failure`` is the newest that kafka-python logged.
    """
    refusal = explain_refusal(failure, doing)
    if refusal is not None:
        return refusal
    if uses_proxy(settings):
        # A look past the proxy would say nothing of the way that the client takes.
        return KafkaUnavailableError(
            f"no broker answers through the proxy of proxy.url while {doing}",
            hint="does the proxy answer, and may it connect to --bootstrap-server?",
        )
    listener, problems = _find_listener(settings)
    if listener is None:
        return _explain_silence(problems, doing)
    return _compare(settings, listener, failure, doing)


def explain_refusal(failure: BaseException | None, doing: str) -> EthlogsError | None:
    """Return the error where asking again changes nothing: a wrong login or an untrusted certificate."""
    if isinstance(failure, kafka_errors.SaslAuthenticationFailedError):
        return explain_login(failure, doing)
    if isinstance(failure, SETTINGS):
        return SettingsError(
            f"Kafka refused the settings while {doing} ({describe(failure)})", hint=REFUSED_HINT
        )
    if UNTRUSTED in str(failure):
        return SettingsError(
            f"the brokers' certificate was not accepted while {doing}: {failure}",
            hint="give the company's CA by ssl.truststore.location in --command-config, and brokers by the"
            " names in their certificates",
        )
    # Not by import: the library is in no environment that does not need it.
    if any(kind.__name__ == "GSSError" for kind in type(failure).__mro__):
        return KerberosError(
            f"there is no ticket for the brokers while {doing}: {failure}",
            hint="kinit, or give --principal and --keytab; ethlogs doctor says more",
        )
    return None


def explain_login(reason: BaseException, doing: str) -> EthlogsError:
    """Return the error of a failed login. Other brokers may have accepted it: keys and clocks differ."""
    return NotAuthorizedError(
        f"Kafka authentication failed while {doing} ({describe(reason)})",
        hint="are principal, user and password those that the brokers know? With Kerberos: is their"
        " own keytab that of their present key, and are their clocks right?",
    )


def _find_listener(settings: KafkaSettings) -> tuple[Listener | None, dict[str, OSError | None]]:
    """The first port on which a broker answers, and what is wrong with those before it."""
    problems: dict[str, OSError | None] = {}
    with_tls = dict(settings.client).get(PROTOCOL, "PLAINTEXT").endswith("SSL")
    for address in settings.bootstrap_servers.split(","):
        try:
            listener = probe(address, with_tls)
        except OSError as exc:
            problems[address.strip()] = exc
            continue
        if listener is not None:
            return listener, problems
        problems[address.strip()] = None
    return None, problems


def _explain_silence(problems: dict[str, OSError | None], doing: str) -> EthlogsError:
    said = "; ".join(_say_problem(address, problem) for address, problem in problems.items())
    text = f"no broker answers while {doing}: {said}"
    if all(_is_unknown_host(problem) for problem in problems.values()):
        return SettingsError(
            text, hint="is --bootstrap-server spelled right, and does this machine's DNS know the host?"
        )
    return KafkaUnavailableError(text, hint="is Kafka running, and is --bootstrap-server right?")


def _say_problem(address: str, problem: OSError | None) -> str:
    if problem is None:
        return f"{address} accepts connections and does not answer as a Kafka broker does"
    if isinstance(problem, socket.gaierror):
        return f"the host of {address} is not known ({problem.strerror})"
    if isinstance(problem, ConnectionRefusedError):
        return f"nothing listens on {address} (connection refused)"
    if isinstance(problem, TimeoutError):
        return f"{address} does not answer (a firewall, or no such machine)"
    return f"{address} cannot be reached ({problem.strerror or problem})"


def _is_unknown_host(problem: OSError | None) -> bool:
    """Not where DNS itself is away, which may pass."""
    return isinstance(problem, socket.gaierror) and problem.errno == socket.EAI_NONAME


def _compare(
    settings: KafkaSettings, listener: Listener, failure: BaseException | None, doing: str
) -> EthlogsError | None:
    """Return what of the settings does not fit the port that answered."""
    client = dict(settings.client)
    protocol = client.get(PROTOCOL, "PLAINTEXT")
    with_tls, with_login = protocol.endswith("SSL"), protocol.startswith("SASL")
    if with_tls != listener.tls:
        spoken = "TLS" if listener.tls else "clear text"
        return _wrong_protocol(protocol, listener.address, spoken, listener.protocol(with_login))
    if listener.wants_certificate and _CERTIFICATE not in client:
        return SettingsError(
            f"the broker on {listener.address} asks for a client certificate, and none is given",
            hint="give ssl.keystore.location and its password in --command-config",
        )
    if with_tls and _ALERT in str(failure):
        return SettingsError(
            f"the broker on {listener.address} did not accept this client's TLS connection while {doing}:"
            f" {failure}",
            hint="is the certificate in ssl.keystore.location one that the brokers trust?",
        )
    if listener.mechanisms is None:
        return None
    return _compare_login(client, listener.address, listener.mechanisms, failure, doing)


def _compare_login(
    client: dict[str, str],
    address: str,
    mechanisms: tuple[str, ...],
    failure: BaseException | None,
    doing: str,
) -> EthlogsError | None:
    protocol = client.get(PROTOCOL, "PLAINTEXT")
    with_login, transport = protocol.startswith("SASL"), protocol.removeprefix("SASL_")
    if with_login and not mechanisms:
        return _wrong_protocol(protocol, address, f"{transport} without a login", transport)
    if not with_login and mechanisms:
        spoken = f"{transport} with a login ({', '.join(mechanisms)})"
        return _wrong_protocol(protocol, address, spoken, f"SASL_{transport}")
    if with_login and client.get(MECHANISM) not in mechanisms:
        return SettingsError(
            f"the broker on {address} does not take {MECHANISM}={client.get(MECHANISM)}",
            hint=f"it takes {', '.join(mechanisms)}",
        )
    if with_login:
        return KafkaUnavailableError(
            f"the broker on {address} closed the connection during the login while {doing}"
            f" ({describe(failure) if failure else 'no reason given'})",
            hint="are principal, user and password those that the brokers know?",
        )
    return None


def _wrong_protocol(protocol: str, address: str, spoken: str, right: str) -> SettingsError:
    return SettingsError(
        f"security.protocol is {protocol}, and the broker on {address} speaks {spoken}",
        hint=f"take the port of a {protocol} listener, or set security.protocol={right}",
    )
