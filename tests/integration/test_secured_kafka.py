"""A Kafka that lets nobody in without a name: each way to log in, expiring tickets, and missing rights."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KerberosError, NotAuthorizedError, SettingsError
from ethlogs.kafka.stores import StoreFolder
from ethlogs.run.context import RunContext
from ethlogs.run.journal import Journal
from ethlogs.settings import RunSettings, TopicCreation
from ethlogs.smoketest import Smoketest
from ethlogs.status import fetch_status
from ethlogs.verify import VerifySettings, verify_stream
from ethlogs_devnet import SMALL_PLAN, GethNode, Kdc, LiveHead, Right, SecureKafka, Way
from ethlogs_devnet.kafka.secure_settings import WAYS
from ethlogs_devnet.kerberos.users import USER, VISITOR
from scripts.page_commands import read_file, read_script
from tests.harness.commands import Command
from tests.harness.exporting import FAST, Exported
from tests.harness.pages import Shell, fill
from tests.harness.running import RunInProcess, another_run, run
from tests.harness.streams import (
    Stream,
    assert_exactly_once,
    create_stream,
    create_topic,
    fetch_expected,
)
from tests.integration.secured_runs import REAUTH_SECONDS, TICKET_SECONDS, readable, settings_for, with_ticket

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def kdc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    """A realm whose tickets last 20 seconds."""
    with Kdc(tmp_path_factory.mktemp("kdc"), TICKET_SECONDS) as realm:
        yield realm


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, kdc: Kdc) -> Iterator[SecureKafka]:
    """A broker that asks each connection again who it is every 15 seconds."""
    folder = tmp_path_factory.mktemp("secured")
    with SecureKafka(folder, kdc, reauth_seconds=REAUTH_SECONDS) as broker:
        yield broker


@pytest.fixture
def realm(kdc: Kdc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kdc:
    """The realm, running, and this process in it without a ticket."""
    if kdc.pid is None:
        kdc.start()
    for name, value in kdc.environment(tmp_path / "no-tickets").items():
        monkeypatch.setenv(name, value)
    return kdc


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_each_way_to_log_in(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder, way: Way
) -> None:
    stream, settings = settings_for(secured, geth.url, stores, way, blocks=2)
    readable(secured)
    with with_ticket(settings):
        run(settings).assert_done()
    assert_exactly_once(stream, geth.url, 1, 2)


def test_tickets_lapse_and_connections_are_proven_anew_while_a_run_follows(
    secured: SecureKafka, realm: Kdc, own_geth: GethNode, stores: StoreFolder, tmp_path: Path
) -> None:
    """For longer than two tickets' lives and three sessions, with the KDC away for a while."""
    stream, settings = settings_for(secured, own_geth.url, stores, Way())
    readable(secured)
    with LiveHead(own_geth, 0.5, SMALL_PLAN), RunInProcess(settings, tmp_path).start() as running:
        running.wait_for(lambda progress: (progress["tip"] or 0) > 10, "the run follows")
        time.sleep(TICKET_SECONDS)
        realm.stop()
        time.sleep(6)
        realm.start()
        time.sleep(TICKET_SECONDS + 2)
        tip = running.progress["tip"]
        running.wait_for(lambda progress: progress["tip"] > tip + 5, "the run continues by later tickets")
        running.process.terminate()
        running.wait()
    report = running.report
    assert report["exitStatus"] == 143
    assert_exactly_once(stream, own_geth.url, 1, report["lastBlock"])


def test_a_kdc_that_is_away_for_longer_than_a_ticket_ends_the_run_which_goes_on_later(
    secured: SecureKafka, realm: Kdc, own_geth: GethNode, stores: StoreFolder, tmp_path: Path
) -> None:
    stream, settings = settings_for(secured, own_geth.url, stores, Way("SASL_PLAINTEXT"))
    readable(secured)
    with LiveHead(own_geth, 0.5, SMALL_PLAN):
        with RunInProcess(settings, tmp_path).start() as running:
            running.wait_for(lambda progress: (progress["tip"] or 0) > 10, "the run follows")
            realm.stop()
            assert running.wait() == 5, running.log
            assert "the ticket has expired" in running.report["error"]
        realm.start()
        last = own_geth.height()
        again = another_run(settings, to=last)
        with with_ticket(again):
            run(again).assert_done()
    assert_exactly_once(stream, own_geth.url, 1, last)


@pytest.mark.long
def test_a_keytab_that_is_rotated_under_a_running_driver(
    secured: SecureKafka, realm: Kdc, own_geth: GethNode, stores: StoreFolder, tmp_path: Path
) -> None:
    """A new keytab in the old one's place is taken; a key changed alone ends the run, told in time."""
    stream, settings = settings_for(secured, own_geth.url, stores, Way())
    readable(secured)
    with LiveHead(own_geth, 0.5, SMALL_PLAN):
        with RunInProcess(settings, tmp_path).start() as running:
            running.wait_for(lambda progress: (progress["tip"] or 0) > 10, "the run follows")
            for _ in range(2):
                realm.change_key(USER)
                time.sleep(2.5 * TICKET_SECONDS)
                assert running.is_running, running.log
            realm.change_key(USER, into_keytab=False)
            told = "the keytab's key is not the principal's present one"
            running.wait_for(lambda progress: told in str(progress["notices"]), "it is reported")
            assert running.wait() == 5, running.log
            assert "get a new keytab" in running.report["hint"]
        realm.change_key(USER)
        last = own_geth.height()
        again = another_run(settings, to=last)
        with with_ticket(again):
            run(again).assert_done()
    assert_exactly_once(stream, own_geth.url, 1, last)


def is_above(height: int, progress: dict[str, Any]) -> bool:
    return (progress["tip"] or 0) > height


@pytest.mark.long
def test_a_kdc_that_is_away_for_several_lives_of_a_ticket(
    secured: SecureKafka, realm: Kdc, own_geth: GethNode, stores: StoreFolder, tmp_path: Path
) -> None:
    """Three times: the run ends with status 5 and nothing in doubt, and so does one that begins meanwhile."""
    stream, settings = settings_for(secured, own_geth.url, stores, Way())
    readable(secured)
    with LiveHead(own_geth, 0.5, SMALL_PLAN):
        for number in range(3):
            started = replace(settings, run=f"{settings.run}-{number}")
            if number:
                started = replace(started, range=replace(settings.range, start=None))
            with RunInProcess(started, tmp_path).start() as running:
                begun = stream.heights()[-1] if number else 0
                running.wait_for(partial(is_above, begun + 5), "it follows")
                realm.stop()
                assert running.wait() == 5, running.log
            stream.wait_until_stable()
            with pytest.raises(KerberosError, match="no KDC of the realm answers"), with_ticket(settings):
                pass
            time.sleep(2 * TICKET_SECONDS)
            realm.start()
    assert_exactly_once(stream, own_geth.url, 1, stream.heights()[-1])


@pytest.mark.parametrize("lives", [0, pytest.param(2, marks=pytest.mark.long)])
def test_an_exporter_with_a_keytab_of_its_own_reads_by_two_rights_and_renews_its_ticket(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder, tmp_path: Path, lives: int
) -> None:
    """It sees a block that is produced when its first ticket and its first session are long over."""
    stream, settings = settings_for(secured, geth.url, stores, Way(), blocks=1)
    readable(secured)
    with with_ticket(settings):
        run(settings).assert_done()
    secured.allow(VISITOR, Right("TOPIC", stream.ledger, ("READ", "DESCRIBE")))
    where = {"ETHLOGS_COMMAND_CONFIG": str(secured.client_properties(VISITOR))}
    read = replace(stream, bootstrap=secured.bootstrap)
    with Command(read, geth.url, tmp_path / "exporter", *FAST, name="exporter", where=where) as command:
        exported = Exported(command)
        exported.wait_for(ethlogs_kafka_up=1, ethlogs_stream_up=1, ethlogs_tip_block_number=1)
        time.sleep(lives * TICKET_SECONDS)
        again = another_run(settings, blocks=1)
        with with_ticket(again):
            run(again).assert_done()
        exported.wait_for(ethlogs_kafka_up=1, ethlogs_stream_up=1, ethlogs_tip_block_number=2)
        command.process.terminate()
        assert command.wait() == 143
        assert command.stderr.splitlines()[-1] == f"stopped serving {exported.url}"


WAY_OF_RIGHTS = Way("SASL_PLAINTEXT", "SCRAM-SHA-512")
ON_TOPICS = ("READ", "WRITE", "DESCRIBE_CONFIGS")
LEAST_RIGHTS = {"topic": ON_TOPICS, "ledger": ON_TOPICS, "transactional id": ("WRITE",)}
"""What docs/secured-cluster.md says a run needs."""
OF_ADMINISTRATOR = """security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="{}" password="{}";
"""


def grant(broker: SecureKafka, stream: Stream, rights: dict[str, tuple[str, ...]]) -> None:
    """Give the visitor rights by the kind of what they are on, on exactly these names."""
    for kind, operations in rights.items():
        if operations:
            resource = "TRANSACTIONAL_ID" if kind == "transactional id" else "TOPIC"
            broker.allow(VISITOR, Right(resource, name_of(kind, stream), operations))


def name_of(kind: str, stream: Stream) -> str:
    return {"topic": stream.topic, "ledger": stream.ledger}.get(kind, f"ethlogs:{stream.topic}:follower")


def test_the_pages_principal_and_rights_are_what_a_stream_needs(
    secured: SecureKafka, kdc: Kdc, geth: GethNode, tmp_path: Path
) -> None:
    who, topic = f"stream-{secrets.token_hex(3)}", f"pages_{secrets.token_hex(3)}"
    folder = tmp_path / "shell"
    shell = Shell(folder, KRB5_CONFIG=str(kdc.krb5_conf), KRB5_KDC_PROFILE=str(kdc.files.kdc_conf))
    shell.run(
        read_script("docs/secured-cluster.md", "1. A principal and its keytab"),
        {"ethlogs@EXAMPLE.COM": kdc.full_name(who)},
    )
    login = secured.administrator.login
    properties = OF_ADMINISTRATOR.format(login["sasl_plain_username"], login["sasl_plain_password"])
    (folder / "admin.properties").write_text(properties)
    shell.run(
        read_script("docs/secured-cluster.md", "2. Rights on Kafka"),
        {"kafka:9093": secured.inner_address, "User:NAME": f"User:{who}", "eth_eventlogs": topic},
    )
    readable(secured)
    stream = Stream(login["bootstrap_servers"], topic)
    create_stream(stream)
    client = read_file("docs/secured-cluster.md", "4. The settings", "security.protocol")
    authority = str(secured.people.authority.certificate)
    (folder / "client.properties").write_text(fill(client, {"/etc/pki/company-ca.pem": authority}))
    settings = {
        "NODE_URL": geth.url, "BOOTSTRAP_SERVER": secured.address("SASL_SSL"), "TOPIC": topic,
        "COMMAND_CONFIG": "client.properties", "PRINCIPAL": kdc.full_name(who), "KEYTAB": "ethlogs.keytab",
    }  # fmt: skip
    variables = {f"ETHLOGS_{name}": value for name, value in settings.items()}
    user = Shell(folder, KRB5_CONFIG=str(kdc.krb5_conf), **variables)
    user.run("ethlogs produce --start 1 --blocks 3\nethlogs status\nethlogs verify")
    assert_exactly_once(stream, geth.url, 1, 3, proof="block")


@pytest.mark.parametrize(
    ("kind", "operation"), [(kind, one) for kind, operations in LEAST_RIGHTS.items() for one in operations]
)
def test_a_missing_right_is_named_before_the_first_record_with_the_line_that_grants_it(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder, kind: str, operation: str
) -> None:
    stream, settings = settings_for(secured, geth.url, stores, WAY_OF_RIGHTS, VISITOR, blocks=1, create=False)
    readable(secured)
    create_stream(stream)
    less = tuple(one for one in LEAST_RIGHTS[kind] if one != operation)
    grant(secured, stream, {**LEAST_RIGHTS, kind: less})
    resource = "transactional id" if kind == "transactional id" else "topic"
    spelled, what = operation.title().replace("_", ""), name_of(kind, stream)
    granted = f"--topic {what}"
    if resource == "transactional id":
        granted = f"--transactional-id ethlogs:{stream.topic}: --resource-pattern-type prefixed"
    run(settings).assert_failed(
        NotAuthorizedError,
        f"no {operation} on the {resource} {what}",
        hint=f"--add --allow-principal User:{VISITOR} --operation {spelled} {granted}",
    )
    assert stream.is_untouched()
    grant(secured, stream, LEAST_RIGHTS)
    run(settings).assert_done()


def test_who_may_not_create_topics_is_told(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    stream, settings = settings_for(secured, geth.url, stores, WAY_OF_RIGHTS, VISITOR, blocks=1)
    grant(secured, stream, LEAST_RIGHTS)
    hint = f"--operation Create --topic {stream.topic}"
    run(settings).assert_failed(NotAuthorizedError, f"no CREATE on the topic {stream.topic}", hint=hint)
    secured.allow(VISITOR, Right("TOPIC", stream.topic, ("CREATE",), prefixed=True))
    run(settings).assert_done()


def test_the_least_rights_of_each_command(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    """Those of docs/secured-cluster.md, by prefix; who only looks needs READ alone."""
    stream, settings = settings_for(secured, geth.url, stores, WAY_OF_RIGHTS, VISITOR, blocks=2)
    readable(secured)
    create_stream(stream)
    create_topic(stream.bootstrap, f"{stream.topic}.smoketest", 3)
    write = (
        Right("TOPIC", stream.topic, ON_TOPICS, prefixed=True),
        Right("TRANSACTIONAL_ID", f"ethlogs:{stream.topic}:", ("WRITE",), prefixed=True),
    )
    secured.allow(VISITOR, *write)
    run(settings).assert_done()
    smoketest = replace(settings, job="smoketest", topics=TopicCreation(False))
    journal = Journal("smoketest", 1, lambda _: None)
    Smoketest(RunContext(smoketest, 1, StopSwitch(), journal)).run()
    secured.revoke(VISITOR, *write)
    for look in (look_at_status, verify_all):
        with pytest.raises(NotAuthorizedError, match="no READ on the topic"):
            look(settings)
    secured.allow(VISITOR, Right("TOPIC", stream.topic, ("READ",), prefixed=True))
    for look in (look_at_status, verify_all):
        look(settings)


def look_at_status(settings: RunSettings) -> None:
    assert fetch_status(settings.kafka, settings.stream, settings.node).tip == 2


def verify_all(settings: RunSettings) -> None:
    wanted = VerifySettings(settings.kafka, settings.stream, settings.node, None, None)
    assert verify_stream(wanted, StopSwitch(), print, print, lambda _: None).exit_status == 0


@pytest.mark.parametrize(
    ("example", "way"),
    [("fold_consumer.py", Way()), ("iceberg_table.py", Way("SASL_SSL", "SCRAM-SHA-512"))],
)
def test_the_examples_for_consumers_read_by_the_same_client_properties(
    secured: SecureKafka,
    realm: Kdc,
    geth: GethNode,
    stores: StoreFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    example: str,
    way: Way,
) -> None:
    """With Kerberos the ticket is obtained by the keytab that KRB5_CLIENT_KTNAME names."""
    stream, settings = settings_for(secured, geth.url, stores, way, blocks=2)
    readable(secured)
    with with_ticket(settings):
        run(settings).assert_done()
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{realm.keytab(USER)}")
    properties = secured.client_properties(USER, way)
    command = [sys.executable, str(EXAMPLES / example), secured.address(way.protocol), stream.topic]
    command += [str(tmp_path / "result"), "--command-config", str(properties)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = fetch_expected(geth.url, 1, 2)
    assert done.stdout.splitlines()[-1].startswith(f"{len(expected.records)} event logs in ")


def test_brokers_whose_own_keytab_is_old_are_named(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    """The client's ticket is for a newer key of the service than the brokers have."""
    _stream, settings = settings_for(secured, geth.url, stores, Way(), blocks=1)
    realm.change_key("kafka/localhost", into_keytab=False)
    try:
        with with_ticket(settings):
            outcome = run(settings)
    finally:
        realm.change_key("kafka/localhost")
    outcome.assert_failed(NotAuthorizedError, "Kafka authentication failed", hint="own keytab")


def test_a_wrong_password_ends_the_run_with_status_5_and_is_not_told(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    _stream, settings = settings_for(secured, geth.url, stores, Way("SASL_SSL", "PLAIN"), blocks=1)
    client = dict(settings.kafka.client) | {"sasl.plain.password": "hunter2"}
    outcome = run(replace(settings, kafka=replace(settings.kafka, client=tuple(client.items()))))
    assert outcome.report["exitStatus"] == 5
    assert "hunter2" not in outcome.told


def test_a_certificate_that_nobody_trusts_is_told(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    _stream, settings = settings_for(secured, geth.url, stores, Way("SASL_SSL", "PLAIN"), blocks=1)
    client = tuple(pair for pair in settings.kafka.client if pair[0] != "ssl.cafile")
    outcome = run(replace(settings, kafka=replace(settings.kafka, client=client)))
    outcome.assert_failed(SettingsError, "certificate was not accepted", hint="ssl.truststore.location")


def test_without_a_ticket_the_run_ends_with_status_5(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    _stream, settings = settings_for(secured, geth.url, stores, Way(), blocks=1)
    outcome = run(settings)
    outcome.assert_failed(KerberosError, "no ticket for the brokers", hint="--keytab")
