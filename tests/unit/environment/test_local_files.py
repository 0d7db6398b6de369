"""What an environment's file refers to, and under which settings it is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ethlogs.environment.condarc import Condarc, read_condarc
from ethlogs.environment.fingerprint import fingerprint_of, read_content
from ethlogs.environment.local_files import digest_of, find_local_files
from ethlogs.environment.pack import PackSettings, _key_of, pack_environment
from ethlogs.environment.pip import build_environment, build_requirements
from ethlogs.environment.prefix import find_prefix
from ethlogs.environment.spec import read_spec
from ethlogs.errors import PackError


def silent(_text: str) -> None:
    """Nobody watches."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a list of requirements that names another one, a project and a wheel."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "base.txt").write_text("web3\n")
    (tmp_path / "more.txt").write_text("-r lists/base.txt  # the base\n./mine\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "code.py").write_text("A = 1\n")
    (tmp_path / "our-1.0-py3-none-any.whl").write_bytes(b"wheel")
    return tmp_path


def write_env_file(folder: Path, *lines: str) -> Path:
    file = folder / "conda-env.yml"
    file.write_text("dependencies:\n  - python\n  - pip:\n" + "".join(f"      - {line}\n" for line in lines))
    return file


@pytest.mark.parametrize(
    "line", ["-r more.txt", "-rmore.txt", "--requirement=more.txt", "--requirement more.txt"]
)
def test_all_that_a_list_refers_to_is_found(project: Path, line: str) -> None:
    names = ["more.txt", "lists/base.txt", "mine"]
    assert find_local_files([line], project) == [project / name for name in names]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("./mine", "mine"),
        ("-e ./mine[extra]", "mine"),
        ("./our-1.0-py3-none-any.whl", "our-1.0-py3-none-any.whl"),
        ("our @ file://{}/our-1.0-py3-none-any.whl", "our-1.0-py3-none-any.whl"),
    ],
)
def test_projects_and_wheels_are_found(project: Path, line: str, name: str) -> None:
    assert find_local_files([line.format(project)], project) == [project / name]


def test_a_name_is_no_folder(project: Path) -> None:
    assert find_local_files(["mine", "web3 >=7,<9", "it's"], project) == []


@pytest.mark.parametrize("name", ["lists/base.txt", "mine/code.py", "more.txt"])
def test_a_files_key_changes_with_what_it_refers_to(project: Path, name: str) -> None:
    file = write_env_file(project, "-r more.txt")
    before = _key_of(read_spec(file), Condarc(), None)
    (project / name).write_text("# changed\n" + (project / name).read_text())
    assert _key_of(read_spec(file), Condarc(), None) != before


def test_what_a_build_leaves_in_a_project_changes_nothing(project: Path) -> None:
    before = digest_of(project / "mine")
    for name in ("__pycache__", ".git", "build"):
        (project / "mine" / name).mkdir()
        (project / "mine" / name / "file").write_text("x")
    assert digest_of(project / "mine") == before


def test_pyspark_is_refused_wherever_it_is_asked_for(project: Path) -> None:
    (project / "lists" / "base.txt").write_text("pyspark==4.0.0\n")
    with pytest.raises(PackError, match=r"asks for 'pyspark==4\.0\.0'"):
        read_spec(write_env_file(project, "-r more.txt"))
    with pytest.raises(PackError, match=r"asks for 'pyspark==4\.0\.0'"):
        read_spec(project / "more.txt")


def test_what_only_begins_like_pyspark_is_not_refused(project: Path) -> None:
    assert read_spec(write_env_file(project, "pyspark-stubs")).pip == ("pyspark-stubs",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dependencies: [{pip: click}]\n", "pip is not a list of texts"),
        ("dependencies: [{click: 8.1}]\n", "'click' has a colon"),
    ],
)
def test_a_pip_section_of_another_shape_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "conda-env.yml").write_text(text)
    with pytest.raises(PackError, match=message):
        read_spec(tmp_path / "conda-env.yml")


def test_pip_gets_the_section_as_a_file_with_whole_paths(project: Path) -> None:
    """It lies in another folder, and pip looks for a list beside the file that names it."""
    lines = ["-r more.txt", "--constraint=../limits.txt", "-r https://a.example/b.txt", "web3 >=7", "--pre"]
    assert build_requirements(read_spec(write_env_file(project, *lines))).splitlines() == [
        f"-r {project}/more.txt",
        f"--constraint {project}/../limits.txt",
        "-r https://a.example/b.txt",
        "web3 >=7",
        "--pre",
    ]


# ---------------------------------------------------------------- .condarc


def test_defaults_are_what_condarc_says_and_else_refused(tmp_path: Path) -> None:
    (tmp_path / "rc").write_text("default_channels: [main, r]\nchannel_alias: https://conda.example\n")
    condarc = read_condarc({"CONDARC": str(tmp_path / "rc")})
    assert condarc.resolve_all(["ours", "defaults", "main"]) == [
        f"https://conda.example/{name}" for name in ("ours", "main", "r")
    ]
    with pytest.raises(PackError, match="the channel defaults is a name for several"):
        Condarc().resolve_all(["defaults"])


def test_a_dependencys_own_channel_is_where_condarc_says() -> None:
    condarc = Condarc(channel_alias="https://conda.example/")
    assert condarc.resolve_spec("ours::krb5 1.21.*") == "https://conda.example/ours::krb5 1.21.*"
    assert condarc.resolve_spec("krb5") == "krb5"


def test_a_proxy_of_the_users_environment_wins() -> None:
    condarc = Condarc(
        proxies=(("https", "http://a:1"), ("http", "http://b:2"), ("https://host", "http://c:3"))
    )
    assert condarc.environment({"https_proxy": "http://mine:3"}) == {"HTTP_PROXY": "http://b:2"}


@pytest.mark.parametrize("text", ["proxy_servers: [a]\n", "channels: 5\n", "- a\n", "a: [\n"])
def test_a_condarc_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rc").write_text(text)
    with pytest.raises(PackError) as caught:
        read_condarc({"CONDARC": str(tmp_path / "rc")})
    assert (caught.value.hint or "").startswith("fix it")


# ---------------------------------------------------------------- pip


def test_pip_installs_into_its_environment_and_nowhere_else(tmp_path: Path) -> None:
    given = {
        "PYTHONPATH": "/x",
        "PYTHONHOME": "/y",
        "PIP_TARGET": "/z",
        "VIRTUAL_ENV": "/v",
        "PIP_INDEX_URL": "u",
    }
    assert build_environment(given, tmp_path, None) == {
        "PIP_INDEX_URL": "u",
        "PYTHONNOUSERSITE": "1",
        "PIP_USER": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
    }


def test_pip_takes_no_wheel_for_a_newer_glibc(tmp_path: Path) -> None:
    assert build_environment({}, tmp_path, "2.17")["PYTHONPATH"] == str(tmp_path)
    module: dict[str, object] = {}
    exec((tmp_path / "_manylinux.py").read_text(), module)  # noqa: S102 - as pip imports it
    compatible = module["manylinux_compatible"]
    assert callable(compatible)
    assert [compatible(2, minor, "x86_64") for minor in (5, 17, 28)] == [True, True, False]


# ---------------------------------------------------------------- settings and names


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (PackSettings(glibc="old"), "--glibc old is not a version"),
        (PackSettings(output="/nowhere/at/all/x.tar.gz"), "does not exist"),
    ],
)
def test_what_cannot_end_well_is_refused_first(tmp_path: Path, settings: PackSettings, message: str) -> None:
    with pytest.raises(PackError, match=message):
        pack_environment(settings, tmp_path / "cache", silent)
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache" / "pack.lock").mkdir(parents=True)
    with pytest.raises(PackError, match=r"pack\.lock cannot be used: Is a directory"):
        pack_environment(PackSettings(), tmp_path / "cache", silent)


def test_an_environment_in_a_folder_with_a_space_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "my envs" / "mine"
    (folder / "conda-meta").mkdir(parents=True)
    (tmp_path / ".conda").mkdir()
    (tmp_path / ".conda" / "environments.txt").write_text(f"{tmp_path}/gone\n{folder}\n")
    assert find_prefix(None, "mine", {}) == folder


def test_a_fingerprint_does_not_depend_on_where_the_environment_is(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        prefix = tmp_path / name
        folder = prefix / "lib/python3.11/site-packages/rich-14.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text("Name: rich\nVersion: 14.0\n\n")
        (folder / "RECORD").write_text(f"../../../bin/rich,sha256={name},1\nrich/__init__.py,sha256=a,2\n")
        (prefix / "conda-meta").mkdir()
        (prefix / "conda-meta" / "a.json").write_text(json.dumps({"name": "python", "version": "3.11.7"}))
        found.append(fingerprint_of(read_content(prefix)))
    assert found[0] == found[1]
