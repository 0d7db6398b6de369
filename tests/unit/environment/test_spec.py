"""What an environment is made of, what names its archive, and what is refused."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from ethlogs.environment import find_interpreter, require_packages
from ethlogs.environment.check import IMPORTS
from ethlogs.environment.condarc import Condarc, read_condarc
from ethlogs.environment.fingerprint import fingerprint_of, python_version, read_content
from ethlogs.environment.pack import _key_of
from ethlogs.environment.pip import build_requirements
from ethlogs.environment.prefix import find_prefix
from ethlogs.environment.spec import DEFAULT_FILE, read_spec, to_match_spec
from ethlogs.errors import PackError


def write(folder: Path, text: str, name: str = "conda-env.yml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


# ---------------------------------------------------------------- specifications


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("python=3.11", "python 3.11.*"),
        ("python =3.11", "python 3.11.*"),
        ("python=3.11.*", "python 3.11.*"),
        ("python=3.11=h0_0", "python 3.11 h0_0"),
        ("python==3.11.7", "python==3.11.7"),
        ("click >=8.1,<9", "click >=8.1,<9"),
        ("krb5", "krb5"),
        ("conda-forge::krb5=1.21", "conda-forge::krb5 1.21.*"),
    ],
)
def test_condas_forms_of_a_dependency(text: str, spec: str) -> None:
    assert to_match_spec(text) == spec


def test_the_environment_that_ethlogs_brings() -> None:
    spec = read_spec(DEFAULT_FILE)
    assert spec.channels == ("conda-forge",)
    assert {"python 3.11.*", "krb5", "python-gssapi", "pip"} <= set(spec.conda)
    assert len([line for line in spec.pip if line.startswith("kafka-python")]) == 1
    assert "web3" in IMPORTS


def test_a_file_with_a_pip_section_gets_pip_and_loses_nodefaults(tmp_path: Path) -> None:
    text = "channels: [mine, nodefaults]\ndependencies: [python=3.11, {pip: [web3, -r more.txt]}]\n"
    spec = read_spec(write(tmp_path, text))
    assert spec.channels == ("mine",)
    assert spec.conda == ("python 3.11.*", "pip")
    assert spec.pip == ("web3", "-r more.txt")


def test_a_requirements_file(tmp_path: Path) -> None:
    spec = read_spec(write(tmp_path, "web3\n", "requirements.txt"))
    assert (spec.channels, spec.conda, spec.pip) == ((), ("python 3.11.*", "pip"), ("-r requirements.txt",))
    assert build_requirements(spec) == f"-r {tmp_path / 'requirements.txt'}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dependencies: [a\nb: ", "is not YAML: .*line 2"),
        ("name: x\n", "has no list of dependencies"),
        ("- a\n", "has no list of dependencies"),
        ("dependencies: [1.5]\n", "dependencies is not a list of texts"),
        ("channels: mine\ndependencies: [a]\n", "channels is not a list of texts"),
        ("dependencies: [pyspark=4.0]\n", "asks for 'pyspark 4.0.\\*'"),
        ("dependencies:\n  - pip:\n    - PySpark==3.5\n", "asks for 'PySpark==3.5'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PackError, match=message) as caught:
        read_spec(write(tmp_path, text))
    assert caught.value.hint


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="No such file"):
        read_spec(tmp_path / "nowhere.yml")


# ---------------------------------------------------------------- .condarc


def test_a_condarc(tmp_path: Path) -> None:
    text = (
        "channels: [ours, nodefaults]\nchannel_alias: https://conda.example/\nssl_verify: /etc/ca.pem\n"
        "proxy_servers:\n  https: http://proxy.example:3128\n"
    )
    found = read_condarc({"CONDARC": str(write(tmp_path, text, ".condarc"))})
    assert found.channels == ("ours",)
    assert found.resolve("ours") == "https://conda.example/ours"
    assert found.resolve("https://elsewhere.example/x") == "https://elsewhere.example/x"
    assert found.environment({}) == {
        "HTTPS_PROXY": "http://proxy.example:3128",
        "SSL_CERT_FILE": "/etc/ca.pem",
    }


def test_without_a_condarc_channels_are_named_as_they_are(tmp_path: Path) -> None:
    found = read_condarc({"CONDARC": str(tmp_path / "none")})
    assert found == Condarc()
    assert found.resolve("conda-forge") == "conda-forge"


def test_a_condarc_that_turns_the_check_of_certificates_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="ssl_verify: false"):
        read_condarc({"CONDARC": str(write(tmp_path, "ssl_verify: false\n", ".condarc"))})


# ---------------------------------------------------------------- prefixes and fingerprints


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """The skeleton of an environment."""
    folder = tmp_path / "envs" / "mine"
    (folder / "conda-meta").mkdir(parents=True)
    add_record(folder, "python", "3.11.7")
    add_distribution(folder, "web3", "7.1")
    return folder


def add_record(prefix: Path, name: str, version: str) -> None:
    record = {"name": name, "version": version, "build": "0", "url": f"file:///{name}", "sha256": "00"}
    (prefix / "conda-meta" / f"{name}.json").write_text(json.dumps(record))


def add_distribution(prefix: Path, name: str, version: str, record: str = "a,b,c\n") -> None:
    folder = prefix / "lib" / "python3.11" / "site-packages" / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText\n")
    (folder / "RECORD").write_text(record)


def test_an_environment_is_found_by_its_name(prefix: Path) -> None:
    folder = str(prefix.parent)
    assert find_prefix(None, "mine", {"CONDA_ENVS_PATH": f"/nowhere:{folder}"}) == prefix
    assert find_prefix(None, "mine", {"MAMBA_ROOT_PREFIX": str(prefix.parent.parent)}) == prefix
    with pytest.raises(PackError, match="no environment named other"):
        find_prefix(None, "other", {"CONDA_ENVS_PATH": folder})


def test_a_folder_that_is_not_there_or_no_environment(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="does not exist"):
        find_prefix(str(tmp_path / "nowhere"), None, {})
    with pytest.raises(PackError, match="has no conda-meta"):
        read_content(tmp_path)


def test_a_fingerprint_changes_with_what_is_in_an_environment(prefix: Path) -> None:
    found = [fingerprint_of(read_content(prefix))]
    add_record(prefix, "krb5", "1.21")
    found.append(fingerprint_of(read_content(prefix)))
    add_distribution(prefix, "web3", "7.1", "a,b,d\n")
    found.append(fingerprint_of(read_content(prefix)))
    add_distribution(prefix, "rich", "14.0")
    found.append(fingerprint_of(read_content(prefix)))
    assert len(set(found)) == 4
    assert python_version(read_content(prefix)) == "3.11.7"


def test_a_fingerprint_does_not_change_with_what_is_not_packed(prefix: Path) -> None:
    before = fingerprint_of(read_content(prefix))
    add_distribution(prefix, "pyspark", "4.0.0")
    add_distribution(prefix, "ethlogs", "1.0")
    assert fingerprint_of(read_content(prefix)) == before


def test_a_files_key_changes_with_all_that_it_depends_on(tmp_path: Path) -> None:
    more = write(tmp_path, "rich\n", "more.txt")
    file = write(tmp_path, "dependencies:\n  - python=3.11\n  - pip:\n    - -r more.txt\n")
    keys = [_key_of(read_spec(file), Condarc(), None), _key_of(read_spec(file), Condarc(), "2.17")]
    keys.append(_key_of(read_spec(file), Condarc(channels=("ours",)), None))
    more.write_text("rich<15\n")
    keys.append(_key_of(read_spec(file), Condarc(), None))
    file.write_text(file.read_text() + "    - six\n")
    keys.append(_key_of(read_spec(file), Condarc(), None))
    assert len(set(keys)) == 5
    assert _key_of(read_spec(file), Condarc(), None) == keys[-1]


# ---------------------------------------------------------------- archives


def write_tar(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return path


def write_zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return path


@pytest.mark.parametrize("write_archive", [write_tar, write_zip])
@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("lib/x", "bin/python", "bin/python3"), "bin/python"),
        (("inner/bin/python",), "inner/bin/python"),
        (("./bin/python3",), "bin/python3"),
        (("inner/bin/python", "bin/python"), "bin/python"),
    ],
)
def test_the_interpreter_of_an_archive(
    tmp_path: Path, write_archive: type, names: tuple[str, ...], found: str
) -> None:
    assert find_interpreter(write_archive(tmp_path / "archive", *names)) == found


@pytest.mark.parametrize("name", ["../bin/python", "/bin/python", "bin/../../python"])
def test_an_archive_that_would_leave_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PackError, match="leaves the folder"):
        find_interpreter(write_tar(tmp_path / "archive.tar.gz", "bin/python", name))


def test_an_archive_without_python_or_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="has no bin/python"):
        find_interpreter(write_tar(tmp_path / "archive.tar.gz", "a/b/c/bin/python"))
    (tmp_path / "text.tar.gz").write_text("no archive")
    with pytest.raises(PackError, match="cannot be read as an archive"):
        find_interpreter(tmp_path / "text.tar.gz")


SITE = "lib/python3.11/site-packages"


@pytest.mark.parametrize("write_archive", [write_tar, write_zip])
@pytest.mark.parametrize("place", [SITE, f"./{SITE}", f"inner/{SITE}"])
def test_an_archive_that_has_what_a_run_needs_is_taken(
    tmp_path: Path, write_archive: type, place: str
) -> None:
    archive = write_archive(tmp_path / "archive", "bin/python", f"{place}/gssapi/__init__.py")
    require_packages(archive, {"gssapi": "Kerberos"})


@pytest.mark.parametrize("other", [f"{SITE}/gssapi-1.8.dist-info/RECORD", "lib/gssapi/a.py"])
def test_an_archive_without_gssapi_is_found_before_it_is_shipped(tmp_path: Path, other: str) -> None:
    archive = write_tar(tmp_path / "archive.tar.gz", "bin/python", other)
    with pytest.raises(PackError, match="has no Python package gssapi, which Kerberos needs") as caught:
        require_packages(archive, {"gssapi": "Kerberos"})
    assert caught.value.exit_status == 4
    assert "python-gssapi of conda-forge" in (caught.value.hint or "")
